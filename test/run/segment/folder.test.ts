import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { array } from '../../../src/io/array.js'
import { FileError } from '../../../src/io/error.js'
import { writePng } from '../../../src/io/image.js'
import { readBatches, readMask, survey, type Batch, type BatchOptions } from '../../../src/run/segment/batches.js'
import { listPictures, openDataset, type Item } from '../../../src/run/segment/folder.js'
import { textureSet } from '../../../src/run/segment/textures/generate.js'
import { writeTextures } from '../../../src/run/segment/textures/write.js'
import { fileErrorOf, temporaryFolder } from '../../io/helpers.js'

const path = temporaryFolder()
const options = { texture: 'grid', height: 24, width: 20, seed: 3, train: 5, test: 2, defective: 2, kinds: ['spot', 'stain'] } as const // prettier-ignore

beforeAll(async () => {
  await writeTextures(path('sets'), options)
  await writeTextures(path('sets'), { ...options, texture: 'metal' })
})

/** A copy of the grid category, changed. */
let copies = 0
async function changed(change: (folder: (name: string) => string) => Promise<unknown>): Promise<string> {
  const folder = path(`copy-${copies++}`)
  await cp(path('sets/grid'), folder, { recursive: true })
  await change(name => `${folder}/${name}`)
  return folder
}

async function collect(items: readonly Item[], given: BatchOptions): Promise<Batch[]> {
  const found: Batch[] = []
  for await (const batch of readBatches(items, given)) found.push(batch)
  return found
}

describe('openDataset', () => {
  it("reads MVTec's layout, sorted by name", async () => {
    const found = await openDataset(path('sets'), 'grid')
    expect(found.train.map(item => item.id)).toEqual([0, 1, 2, 3, 4].map(i => `train/good/00${i}`))
    expect(found.test.map(item => item.id)).toEqual(['good', 'spot', 'stain'].flatMap(kind => [0, 1].map(i => `test/${kind}/00${i}`))) // prettier-ignore
    expect([found.category, found.kinds, found.notes]).toEqual(['grid', ['spot', 'stain'], []])
    expect(found.test[2]!.mask).toBe(path('sets/grid/ground_truth/spot/000_mask.png'))
    expect([found.train[0]!.mask, found.test[0]!.mask]).toEqual([null, null])
  })

  it('names the categories where a folder of several is given, and what is missing', async () => {
    const message = async (...given: [string, string?]): Promise<string> =>
      (await fileErrorOf(openDataset(...given))).message
    expect(await message(path('sets'))).toMatch(
      /sets: expected the folders train and test.*found the categories grid, metal\. Name one/,
    )
    expect(await message(path('sets'), 'cloth')).toMatch(/cloth: expected an existing file/)
    await mkdir(path('bare/photos'), { recursive: true })
    expect(await message(path('bare'))).toMatch(/found photos\. Give the folder of a category/)
    expect(await message(await changed(at => rm(at('train'), { recursive: true })))).toMatch(
      /train\/good: expected the folder of sound/,
    )
    const emptied = await changed(async at => {
      await rm(at('train/good'), { recursive: true })
      await mkdir(at('train/good'))
    })
    expect(await message(emptied)).toMatch(/train\/good: expected PNG or JPEG pictures, found none/)
    const twins = await changed(at => cp(at('test/spot/000.png'), at('test/spot/000.jpg')))
    expect(await message(twins)).toMatch(/000\.png: expected one picture named 000, found 000\.jpg beside it\. Rename/)
  })

  it('reads the odd things of real sets, and notes them', async () => {
    const folder = await changed(async at => {
      await rm(at('ground_truth/spot/001_mask.png')) // missing
      await rm(at('test/stain/001.png')) // its mask is left
      await writeFile(at('train/good/readme.txt'), 'about')
      await writeFile(at('train/good/.DS_Store'), '')
      await writeFile(at('train/good/Thumbs.db'), '')
      await mkdir(at('test/hole')) // no masks at all
      await writeFile(at('test/hole/a.JPEG'), await sharp(at('test/good/000.png')).jpeg().toBuffer())
      await mkdir(at('train/spot')) // contaminated on purpose
      await cp(at('test/spot/001.png'), at('train/spot/000.png'))
      await cp(at('test/spot/001.png'), at('test/loose.png'))
    })
    const found = await openDataset(folder)
    expect(found.kinds).toEqual(['hole', 'spot', 'stain'])
    expect(found.train.at(-1)).toMatchObject({ id: 'train/spot/000', kind: 'spot' })
    expect(found.test.filter(item => item.kind !== 'good').map(item => [item.id, item.mask === null])).toEqual([['test/hole/a', true], ['test/spot/000', false], ['test/spot/001', true], ['test/stain/000', false]]) // prettier-ignore
    const notes = found.notes.join('\n')
    for (const text of [/neither PNG nor JPEG: readme\.txt/, /spot\/001\.png: no mask .*001_mask\.png/, /hole\/a\.JPEG: no mask/, /stain\/001_mask\.png: a mask without its picture/, /test: 1 pictures outside/]) expect(notes).toMatch(text) // prettier-ignore
    expect(found.notes.length).toBe(5)
  })

  it('lists a plain folder', async () => {
    const { items } = await listPictures(path('sets/grid/test/good'))
    expect(items.map(item => [item.id, item.kind])).toEqual([['000', 'unknown'], ['001', 'unknown']]) // prettier-ignore
    expect((await fileErrorOf(listPictures(path('sets')))).message).toMatch(/expected PNG or JPEG pictures, found none/)
  })
})

describe('readBatches', () => {
  it('gives every picture once, in order, with its mask', async () => {
    const { train, test } = await openDataset(path('sets/grid'))
    const batches = await collect([...train, ...test], { batch: 4, channels: 3 })
    expect(batches.map(b => b.x.shape)).toEqual([[4, 24, 20, 3], [4, 24, 20, 3], [3, 24, 20, 3]]) // prettier-ignore
    expect(batches.flatMap(b => b.items)).toEqual([...train, ...test])
    const made = textureSet(options).sample('test', 'spot', 0) // the tenth... of the list: item 7, batch 1, place 3
    expect(batches[1]!.items[3]!.id).toBe('test/spot/000')
    made.image.data.forEach((v, p) => expect(batches[1]!.x.data[3 * 24 * 20 * 3 + p]).toBe(Math.fround(v / 255)))
    expect(Array.from(batches[1]!.masks[3]!.data)).toEqual(Array.from(made.mask.data, v => v / 255))
    expect(batches[0]!.masks[0]!.data.some(v => v > 0)).toBe(false)
  })

  it('brings grey and colour of differing sizes together when told how', async () => {
    const folder = await changed(async at => {
      await writeFile(at('train/good/001.png'), await sharp(at('train/good/000.png')).greyscale().toColourspace('b-w').png().toBuffer()) // prettier-ignore
      await writeFile(at('train/good/002.png'), await sharp(at('train/good/000.png')).resize(40, 48).png().toBuffer())
    })
    const { train, test } = await openDataset(folder)
    expect(await survey(train)).toEqual({ channels: 3, sizes: [{ height: 24, width: 20, count: 4 }, { height: 48, width: 40, count: 1 }] }) // prettier-ignore
    await expect(collect(train, { channels: 3 })).rejects.toThrow(/002\.png: expected 24 x 20 pixels, as .*000\.png, found 48 x 40\. Give a size/) // prettier-ignore
    const [batch] = await collect([...train, ...test], { channels: 1, size: [12, 10] })
    expect(batch!.x.shape).toEqual([11, 12, 10, 1])
    expect(batch!.masks[7]!.shape).toEqual([12, 10])
    expect(batch!.masks[9]!.data.some(v => v === 1)).toBe(true)
  })

  it('throws on a corrupt file by name, or tells it and goes on', async () => {
    const folder = await changed(async at => {
      const bytes = await readFile(at('train/good/003.png'))
      await writeFile(at('train/good/003.png'), bytes.subarray(0, bytes.length / 2))
    })
    const { train } = await openDataset(folder)
    await expect(collect(train, { channels: 3, batch: 2 })).rejects.toThrow(/003\.png: expected a whole picture/)
    const faults: string[] = []
    const onFault = (fault: FileError, item: Item): number => faults.push(`${item.id}: ${fault.found}`)
    const batches = await collect(train, { channels: 3, batch: 2, onFault })
    expect(batches.flatMap(b => b.items.map(item => item.id))).toEqual([0, 1, 2, 4].map(i => `train/good/00${i}`))
    expect(faults).toEqual([expect.stringMatching(/^train\/good\/003: damaged data/)])
  })

  it('reads ahead by one batch and no more, stops when told, and leaves no rejection behind', async () => {
    const folder = await changed(at => writeFile(at('train/good/004.png'), 'broken'))
    const { train } = await openDataset(folder)
    const reader = readBatches(train, { channels: 3, batch: 2 })
    await reader.next()
    await new Promise(resolve => setTimeout(resolve, 50))
    await rm(train[4]!.path) // not opened yet, or its error would be another
    await reader.next()
    await expect(reader.next()).rejects.toThrow(/004\.png/)
    const other = readBatches(train, { channels: 3, batch: 3 }) // the second batch fails unseen
    await other.next()
    await other.return()
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    await expect(collect(train, { channels: 3, signal: stop.signal })).rejects.toThrow('enough')
    await expect(collect(train, { channels: 3, batch: 0 })).rejects.toThrow(/batch is 0/)
  })
})

describe('readMask', () => {
  const item = (mask: string | null): Item => ({ id: 'a', split: 'test', kind: 'spot', path: '/a.png', mask })
  const file = async (name: string, values: number[]): Promise<Item> => {
    await mkdir(dirname(path(name)), { recursive: true })
    await writePng(path(name), array(Uint8Array.from(values), [2, 2]))
    return item(path(name))
  }

  it('reads 0/255, 0/1 and grey fringes; a missing one is null', async () => {
    for (const values of [
      [0, 255, 255, 0],
      [0, 1, 1, 0],
      [3, 250, 200, 90],
    ])
      // prettier-ignore
      expect(Array.from((await readMask(await file('m.png', values), [2, 2]))!.data)).toEqual([0, 1, 1, 0])
    expect(await readMask(item(null), [2, 2])).toBeNull()
    const large = await readMask(await file('m.png', [0, 255, 0, 0]), [2, 2], [4, 4])
    expect(Array.from(large!.data)).toEqual([0, 0, 1, 1, 0, 0, 1, 1, ...new Array<number>(8).fill(0)])
  })

  it('refuses another size, and a mask of nothing', async () => {
    expect((await fileErrorOf(readMask(await file('m.png', [0, 9, 0, 0]), [2, 3]))).message).toMatch(/m\.png: expected a mask of 2 x 3 pixels, as \/a\.png, found 2 x 2\. Save/) // prettier-ignore
    expect((await fileErrorOf(readMask(await file('m.png', [0, 0, 0, 0]), [2, 2]))).message).toMatch(/found only black\. Mark the defect/) // prettier-ignore
  })
})
