import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { readPicture } from '../../../../src/io/image.js'
import { textureSet } from '../../../../src/run/segment/textures/generate.js'
import { writeTextures } from '../../../../src/run/segment/textures/write.js'
import { fileErrorOf, temporaryFolder } from '../../../io/helpers.js'

const path = temporaryFolder()
const options = { texture: 'grid', height: 24, width: 20, seed: 3, train: 2, test: 1, defective: 1 } as const

it("writes MVTec's layout, pixel for pixel what the set gives", async () => {
  const counts: number[] = []
  const folder = await writeTextures(path('.'), { ...options, kinds: ['spot', 'stain'], progress: n => counts.push(n) })
  expect(folder).toBe(path('grid'))
  const files = (await readdir(folder, { recursive: true })).filter(name => name.includes('.')).sort()
  expect(files).toEqual([
    'ground_truth/spot/000_mask.png',
    'ground_truth/stain/000_mask.png',
    'test/good/000.png',
    'test/spot/000.png',
    'test/stain/000.png',
    'textures.json',
    'train/good/000.png',
    'train/good/001.png',
  ])
  expect(counts).toEqual([1, 2, 3, 4, 5])
  const expected = textureSet(options).sample('test', 'spot', 0)
  expect((await readPicture(`${folder}/test/spot/000.png`)).data).toEqual(expected.image.data)
  expect((await readPicture(`${folder}/ground_truth/spot/000_mask.png`)).data).toEqual(expected.mask.data)
  expect(JSON.parse(await readFile(`${folder}/textures.json`, 'utf8'))).toMatchObject({ texture: 'grid', seed: 3 })
})

it('refuses a name that is taken, and leaves nothing when stopped', async () => {
  expect((await fileErrorOf(writeTextures(path('.'), options))).message).toMatch(/grid: expected a free name/)
  const stop = new AbortController()
  const stopped = writeTextures(path('other'), { ...options, signal: stop.signal, progress: () => stop.abort() })
  await expect(stopped).rejects.toThrow(/abort/)
  expect(await readdir(path('other'))).toEqual([])
})

it('refuses bad counts and kinds', async () => {
  await expect(writeTextures(path('bad'), { ...options, train: -1 })).rejects.toThrow(/train is -1/)
  const metal = { ...options, texture: 'metal', kinds: ['missing-thread'] } as const
  await expect(writeTextures(path('bad'), metal)).rejects.toThrow(/metal cannot have the defect 'missing-thread'/)
})
