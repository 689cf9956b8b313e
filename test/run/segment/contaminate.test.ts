import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { contaminate, readManifest, writeManifest, type Contaminated } from '../../../src/run/segment/contaminate.js'
import type { Dataset, Item } from '../../../src/run/segment/folder.js'
import { fileErrorOf, temporaryFolder } from '../../io/helpers.js'

const path = temporaryFolder()
const items = (split: 'train' | 'test', kind: string, count: number): Item[] =>
  Array.from({ length: count }, (_, i) => ({ id: `${split}/${kind}/${i}`, split, kind, path: '', mask: null }))
const dataset: Dataset = {
  root: '/data/cloth',
  category: 'cloth',
  train: items('train', 'good', 100),
  test: [...items('test', 'good', 10), ...items('test', 'hole', 20), ...items('test', 'spot', 15), ...items('test', 'stain', 8)], // prettier-ignore
  kinds: ['hole', 'spot', 'stain'],
  notes: [],
}
const ids = (list: readonly Item[]): string[] => list.map(item => item.id)
const defects = ({ train }: Contaminated): string[] => ids(train).filter(id => id.startsWith('test/'))

it.each(['replace', 'add'] as const)('%s: the fraction is that of the final training set', mode => {
  for (const fraction of [0, 0.05, 0.1, 0.2, 0.28]) {
    const found = contaminate(dataset, { fraction, seed: 1, mode })
    const [bad, all] = [defects(found).length, found.train.length]
    expect(Math.abs(bad - fraction * all)).toBeLessThanOrEqual(0.5) // rounded to whole pictures
    expect(found.manifest.achieved).toBe(bad / all)
    expect(all).toBe(mode === 'replace' ? 100 : 100 + bad)
  }
})

it('never tests on what it trains on, and loses no picture', () => {
  const found = contaminate(dataset, { fraction: 0.2, largest: 0.3, kinds: ['spot', 'hole'], seed: 2 })
  const { good, seen, unseen } = found.test
  const tested = new Set(ids([...good, ...seen, ...unseen]))
  expect(defects(found).filter(id => tested.has(id))).toEqual([])
  expect(new Set(ids(found.train)).size).toBe(found.train.length)
  expect(tested.size + defects(found).length + found.manifest.unused.length).toBe(dataset.test.length)
  expect(new Set(seen.map(item => item.kind))).toEqual(new Set(['hole', 'spot']))
  expect(unseen.length).toBe(8)
  expect(found.manifest).toMatchObject({ seenKinds: ['hole', 'spot'], unseenKinds: ['stain'], seed: 2 })
  // Kinds are taken in turn.
  expect(defects(found).filter(id => id.includes('spot')).length).toBe(10)
})

it('takes the pictures of a smaller fraction within those of a larger, on one test set', () => {
  const at = (fraction: number): Contaminated => contaminate(dataset, { fraction, largest: 0.3, seed: 3 })
  const [none, some, most] = [at(0), at(0.1), at(0.3)]
  expect(defects(none)).toEqual([])
  expect(defects(most).slice(0, 10)).toEqual(defects(some))
  for (const other of [some, most]) expect(other.manifest.test).toEqual(none.manifest.test)
  const sound = new Set(some.manifest.train.good)
  expect(most.manifest.train.good.every(id => sound.has(id))).toBe(true)
})

it('reaches a large fraction with few defects, where it starts from fewer sound pictures', () => {
  expect(() => contaminate(dataset, { fraction: 0.5, kinds: ['stain'], seed: 8 })).toThrow('fewer sound pictures')
  const found = contaminate(dataset, { fraction: 0.5, kinds: ['stain'], sound: 14, seed: 8 })
  expect([found.train.length, defects(found).length, found.manifest.achieved]).toEqual([14, 7, 0.5])
  expect(ids(contaminate(dataset, { fraction: 0, sound: 14, seed: 9 }).train)).not.toEqual(ids(contaminate(dataset, { fraction: 0, sound: 14, seed: 8 }).train)) // prettier-ignore
  expect(() => contaminate(dataset, { fraction: 0, sound: 101, seed: 8 })).toThrow('101 sound pictures')
})

it('depends on the seed alone', () => {
  const at = (seed: number): string[] => defects(contaminate(dataset, { fraction: 0.2, seed }))
  expect(at(4)).toEqual(at(4))
  expect(at(4)).not.toEqual(at(5))
})

it('refuses what cannot be', () => {
  const bad =
    (options: object, data = dataset) =>
    () =>
      contaminate(data, { fraction: 0.1, seed: 1, ...options })
  expect(bad({ fraction: 1 })).toThrow(/fraction is 1; it must be in \[0, 1\)/)
  expect(bad({ fraction: NaN })).toThrow(/fraction is NaN/)
  expect(bad({ largest: 0.05 })).toThrow(/largest fraction is 0.05, below/)
  expect(bad({ kinds: ['tear'] })).toThrow(/cloth has no kind 'tear'; it has hole, spot, stain/)
  // 20 + 15 + 8 pictures less one of each kind.
  expect(bad({ fraction: 0.41 })).toThrow(/takes 41 defective pictures beside 100 sound ones, and cloth has 40 to give/)
  expect(bad({ fraction: 0.4 })).not.toThrow()
  expect(bad({ kinds: ['stain'], fraction: 0.08 })).toThrow(/takes 8 .* 7 to give/)
  expect(bad({}, { ...dataset, train: items('train', 'spot', 1) })).toThrow(/train\/spot\/0 is in the training set already/) // prettier-ignore
})

it('a manifest gives the same split again, and a foreign one is refused', async () => {
  const made = contaminate(dataset, { fraction: 0.2, largest: 0.3, kinds: ['spot'].concat('hole'), seed: 6 })
  await writeManifest(path('c.json'), made.manifest)
  expect(await readManifest(path('c.json'), dataset)).toEqual(made)
  const read = async (text: string): Promise<string> => {
    await writeFile(path('x.json'), text)
    return (await fileErrorOf(readManifest(path('x.json'), dataset))).message
  }
  expect(await read('{')).toMatch(/x\.json: expected JSON/)
  expect(await read('null')).toMatch(/another JSON file/)
  expect(await read(JSON.stringify({ ...made.manifest, version: 2 }))).toMatch(/found version 2/)
  expect(await read(JSON.stringify({ ...made.manifest, train: { good: 3 } }))).toMatch(/some that are missing/)
  const foreign = { ...made.manifest, train: { good: ['train/good/x'], contaminants: [] } }
  expect(await read(JSON.stringify(foreign))).toMatch(
    /pictures of \/data\/cloth, found train\/good\/x, which is not there/,
  )
  expect((await fileErrorOf(readManifest(path('none.json'), dataset))).message).toMatch(/an existing file/)
})
