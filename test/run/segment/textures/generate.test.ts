import { describe, expect, it } from 'vitest'
import {
  defectNames,
  textureNames,
  textureSet,
  type TextureSample,
} from '../../../../src/run/segment/textures/generate.js'

const size = { height: 48, width: 64 }
const bytes = (sample: TextureSample): string => Buffer.from(sample.image.data).toString('base64')

/** Area under the ROC curve by ranks, ties counted half. */
function auroc(scores: Float64Array, labels: Uint8Array): number {
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!)
  let [ranks, positives] = [0, 0]
  for (let i = 0; i < order.length;) {
    let end = i
    while (end < order.length && scores[order[end]!] === scores[order[i]!]) end++
    for (let k = i; k < end; k++)
      if (labels[order[k]!]) {
        ranks += (i + end + 1) / 2
        positives++
      }
    i = end
  }
  return (ranks - (positives * (positives + 1)) / 2) / (positives * (order.length - positives))
}

describe.each(textureNames)('%s', texture => {
  const set = textureSet({ texture, ...size, seed: 7 })

  it('gives each picture by its index alone, and other ones for another index, split or seed', () => {
    const first = bytes(set.sample('train', 'good', 3))
    set.sample('test', 'good', 0)
    expect(bytes(set.sample('train', 'good', 3))).toBe(first)
    expect(bytes(textureSet({ texture, ...size, seed: 7 }).sample('train', 'good', 3))).toBe(first)
    const others = [
      set.sample('train', 'good', 4),
      set.sample('test', 'good', 3),
      textureSet({ texture, ...size, seed: 8 }).sample('train', 'good', 3),
    ]
    expect(new Set([first, ...others.map(bytes)]).size).toBe(4)
  })

  it.each(set.kinds)('%s: the mask is where the picture was changed, and nowhere else', kind => {
    let [changed, marked] = [0, 0]
    for (let index = 0; index < 6; index++) {
      const { image, clean, mask } = set.sample('test', kind, index)
      expect([image.shape, mask.shape]).toEqual([[48, 64, 3], [48, 64]]) // prettier-ignore
      const difference = (p: number): number =>
        Math.max(...[0, 1, 2].map(c => Math.abs(image.data[3 * p + c]! - clean.data[3 * p + c]!)))
      let [area, outside] = [0, 0]
      mask.data.forEach((m, p) => {
        if (m > 0) area++
        if (m > 0 && difference(p) >= 3) changed++
        if (m === 0 && difference(p) > 0) outside++
      })
      expect(outside).toBe(0)
      marked += area
      // Neither a speck nor most of the picture.
      expect(area).toBeGreaterThanOrEqual(6)
      expect(area).toBeLessThan(0.35 * mask.size)
    }
    expect(changed / marked).toBeGreaterThan(0.6) // a displaced pattern agrees with itself here and there
  })

  it('a sound picture has an empty mask and is its own clean one', () => {
    const { image, clean, mask } = set.sample('test', 'good', 0)
    expect(clean.data).toEqual(image.data)
    expect(mask.data.some(m => m > 0)).toBe(false)
  })
})

it('cannot be solved by the distance from the mean picture, nor is it blind to all defects', () => {
  const found: number[] = []
  for (const texture of textureNames) {
    const set = textureSet({ texture, ...size, colour: false, seed: 1 })
    const pixels = size.height * size.width
    const mean = new Float64Array(pixels)
    for (let i = 0; i < 40; i++) set.sample('train', 'good', i).image.data.forEach((v, p) => (mean[p]! += v / 40))
    const samples = set.kinds.flatMap(kind => [0, 1, 2, 3].map(i => set.sample('test', kind, i)))
    const scores = samples.flatMap(({ image }) => Array.from(image.data, (v, p) => Math.abs(v - mean[p]!)))
    const labels = samples.flatMap(({ mask }) => Array.from(mask.data))
    found.push(auroc(Float64Array.from(scores), Uint8Array.from(labels)))
  }
  found.forEach(value => expect(value).toBeLessThan(0.9))
  expect(Math.max(...found)).toBeGreaterThan(0.55)
})

it('is grey on demand, of any size and scale, and has no missing threads where there are none', () => {
  const grey = textureSet({ texture: 'weave', height: 16, width: 33, colour: false, scale: 2, seed: 1 })
  expect(grey.sample('train', 'good', 0).image.shape).toEqual([16, 33, 1])
  expect(grey.kinds).toEqual(defectNames)
  const metal = textureSet({ texture: 'metal', ...size, seed: 1 })
  expect(() => metal.sample('test', 'missing-thread', 0)).toThrow(/metal cannot have the defect 'missing-thread'; it can have scratch/) // prettier-ignore
})

it('refuses bad options by name and value', () => {
  const bad =
    (options: object): (() => unknown) =>
    () =>
      textureSet({ texture: 'weave', ...size, seed: 1, ...options })
  expect(bad({ texture: 'silk' })).toThrow(/texture is silk; it must be one of weave, grid/)
  expect(bad({ width: 8 })).toThrow(/width is 8; it must be an integer from 16/)
  expect(bad({ scale: 0 })).toThrow(/scale is 0/)
  expect(bad({ noise: -1 })).toThrow(/noise is -1/)
  expect(bad({ seed: -1 })).toThrow(/seed is -1/)
})
