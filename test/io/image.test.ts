import { readFile, writeFile } from 'node:fs/promises'
import sharp, { type Sharp } from 'sharp'
import { expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { encodePng, pictureInfo, readPicture, writePng, type Picture } from '../../src/io/image.js'
import { fileErrorOf, flipBits, temporaryFolder } from './helpers.js'

const path = temporaryFolder()
const ramp = (shape: number[]): Picture =>
  array(
    Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 37) % 256),
    shape,
  )

it.each([[[5, 7, 1]], [[5, 7, 3]], [[1, 1, 1]]])('writes and reads %o exactly', async shape => {
  await writePng(path('a.png'), ramp(shape))
  const found = await readPicture(path('a.png'))
  expect(found.shape).toEqual(shape)
  expect(Array.from(found.data)).toEqual(Array.from(ramp(shape).data))
  expect(await pictureInfo(path('a.png'))).toEqual({ height: shape[0], width: shape[1], channels: shape[2] })
})

it('writes a transposed view and a picture without an axis of channels', async () => {
  await writePng(path('b.png'), ramp([4, 6]).transpose(1, 0))
  const found = await readPicture(path('b.png'))
  expect(found.shape).toEqual([6, 4, 1])
  expect(found.get(5, 2, 0)).toBe(ramp([4, 6]).get(2, 5))
  await expect(encodePng(ramp([4, 6, 2]))).rejects.toThrow(/got \[4, 6, 2\]/)
})

it('reads JPEG, 16 bits, palettes, alpha and another depth as 8 bits of the channels that they hold', async () => {
  const raw = { raw: { height: 8, width: 8, channels: 3 as const } }
  const flat = new Uint8Array(8 * 8 * 3).map((_, i) => [200, 100, 50][i % 3]!)
  const make = async (name: string, image: Sharp): Promise<Picture> => {
    await writeFile(path(name), await image.toBuffer())
    return readPicture(path(name))
  }
  const jpeg = await make('c.JPG', sharp(flat, raw).jpeg({ quality: 100 }))
  expect(jpeg.shape).toEqual([8, 8, 3])
  jpeg.data.forEach((v, i) => expect(Math.abs(v - flat[i]!)).toBeLessThanOrEqual(3))
  const palette = await make('palette.png', sharp(flat, raw).png({ palette: true }))
  expect(palette.shape).toEqual([8, 8, 3])
  const alpha = await make('alpha.png', sharp(flat, raw).ensureAlpha(0.5).png())
  expect(Array.from(alpha.data)).toEqual(Array.from(flat))
  const deep = Uint16Array.from({ length: 16 }, (_, i) => i * 4096)
  const grey16 = await make(
    'deep.png',
    sharp(deep, { raw: { height: 4, width: 4, channels: 1 } })
      .toColourspace('grey16')
      .png(),
  )
  expect(grey16.shape).toEqual([4, 4, 1])
  grey16.data.forEach((v, i) => expect(Math.abs(v - deep[i]! / 257)).toBeLessThan(1))
  const cmyk = await make('cmyk.jpg', sharp(flat, raw).toColourspace('cmyk').jpeg())
  expect(cmyk.shape).toEqual([8, 8, 3])
})

it('turns grey into colour and back, resizes, and obeys the orientation that a camera stores', async () => {
  await writePng(path('grey.png'), ramp([4, 6, 1]))
  const colour = await readPicture(path('grey.png'), { channels: 3 })
  expect(colour.shape).toEqual([4, 6, 3])
  expect(Array.from(colour.data)).toEqual(Array.from(ramp([4, 6, 1]).data).flatMap(v => [v, v, v]))
  await writePng(path('colour.png'), colour)
  expect(Array.from((await readPicture(path('colour.png'), { channels: 1 })).data)).toEqual(Array.from(ramp([4, 6, 1]).data)) // prettier-ignore
  expect((await readPicture(path('grey.png'), { size: [2, 3] })).shape).toEqual([2, 3, 1])
  await writeFile(path('turned.jpg'), await sharp(path('grey.png')).withMetadata({ orientation: 6 }).jpeg().toBuffer())
  expect((await readPicture(path('turned.jpg'))).shape).toEqual([6, 4, 3])
  expect(await pictureInfo(path('turned.jpg'))).toEqual({ height: 6, width: 4, channels: 3 })
})

it('refuses what is missing, empty, no picture, or of another format', async () => {
  expect((await fileErrorOf(readPicture(path('none.png')))).message).toMatch(/none\.png: expected an existing file/)
  await writeFile(path('empty.png'), '')
  expect((await fileErrorOf(readPicture(path('empty.png')))).message).toMatch(/found an empty file\. Save/)
  await writeFile(path('text.png'), 'not a picture')
  expect((await fileErrorOf(pictureInfo(path('text.png')))).message).toMatch(
    /expected a PNG or JPEG.*cannot be decoded/,
  )
  await writeFile(path('x.webp'), await sharp(path('grey.png')).webp().toBuffer())
  expect((await fileErrorOf(readPicture(path('x.webp')))).message).toMatch(/found the format webp/)
})

it.each(['png', 'jpeg'] as const)('a %s cut anywhere is refused; damaged bits are refused or read', async format => {
  await writePng(path('whole.png'), ramp([16, 16, 3]))
  const file = path(`whole.${format}`)
  if (format === 'jpeg') await writeFile(file, await sharp(path('whole.png')).jpeg().toBuffer())
  const bytes = await readFile(file)
  // The last bytes are the end mark: without them the pixels can still be whole.
  for (let length = 0; length < bytes.length - 20; length += 9) {
    await writeFile(path('cut'), bytes.subarray(0, length))
    expect((await fileErrorOf(readPicture(path('cut')))).message).toContain(path('cut'))
  }
  expect(await flipBits(file, path('flipped'), readPicture, 60)).toBeGreaterThan(0)
})
