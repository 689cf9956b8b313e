import { describe, expect, it } from 'vitest'
import { aupro } from '../../../src/diagnostics/segmentation/aupro.js'
import { connectedComponents } from '../../../src/diagnostics/segmentation/components.js'
import { array } from '../../../src/io/array.js'
import { integers, key, uniform } from '../../../src/random.js'

const picture = (rows: string[]) => {
  const text = rows.join('')
  return connectedComponents(i => text[i] === '#', rows.length, rows[0]!.length)
}

describe('connectedComponents', () => {
  it('joins the eight neighbours, and not across the edges', () => {
    const { labels, sizes } = picture(['#..#', '.#..', '..#.', '#...'])
    expect(sizes).toEqual([11, 3, 1, 1])
    expect([...labels]).toEqual([1, 0, 0, 2, 0, 1, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0])
  })
  it('joins provisional components late, in any shape', () => {
    expect(picture(['#.#.#', '#.#.#', '#####']).sizes).toEqual([4, 11])
    expect(picture(['..#', '.#.', '#.#', '.#.']).sizes).toEqual([7, 5])
    expect(picture(['#####', '#...#', '#.#.#', '#...#', '#####']).sizes).toEqual([8, 16, 1])
    expect(picture(['...']).sizes).toEqual([3])
  })
  it('agrees with a flood fill on random masks', () => {
    for (let seed = 0; seed < 40; seed++) {
      const [h, w] = [11, 13]
      const mask = integers(key(seed), 0, 100, new Int32Array(h * w)).map(v => (v < 20 + seed ? 1 : 0))
      const { labels, sizes } = connectedComponents(i => mask[i] === 1, h, w)
      expect([...labels]).toEqual(flood(mask, h, w))
      expect(sizes.reduce((a, b) => a + b)).toBe(h * w)
    }
  })
})

/** Components numbered in the order of their first pixels. */
function flood(mask: Int32Array, h: number, w: number): number[] {
  const labels = new Array<number>(h * w).fill(0)
  let count = 0
  const fill = (y: number, x: number): void => {
    const i = y * w + x
    if (y < 0 || y >= h || x < 0 || x >= w || mask[i] === 0 || labels[i] !== 0) return
    labels[i] = count
    for (const dy of [-1, 0, 1]) for (const dx of [-1, 0, 1]) fill(y + dy, x + dx)
  }
  for (let i = 0; i < h * w; i++)
    if (mask[i] === 1 && labels[i] === 0) {
      count++
      fill(Math.floor(i / w), i % w)
    }
  return labels
}

describe('aupro', () => {
  const flat = (scores: number[], mask: number[], limit?: number) =>
    aupro(array(Float32Array.from(scores), [1, 1, scores.length]), array(Uint8Array.from(mask), [1, 1, mask.length]), limit === undefined ? {} : { limit }) // prettier-ignore

  it('is 1 for a perfect map, 0 for a reversed one, and the ramp to the limit where all scores tie', () => {
    expect(flat([1, 2, 9, 9, 3], [0, 0, 1, 1, 0])).toBe(1)
    expect(flat([5, 6, 1, 1, 7], [0, 0, 1, 1, 0])).toBe(0)
    // One segment from (0, 0) to (1, 1), cut at L: area L^2/2, divided by L.
    for (const limit of [0.1, 0.3, 1]) expect(flat([3, 3, 3, 3], [0, 1, 0, 1], limit)).toBeCloseTo(limit / 2, 15)
  })

  it('counts each component once: by hand', () => {
    // Components {9}, {2, 7}; background 8, 5, 3, 1 (N = 4). Down the thresholds (f, PRO):
    // 9: (0, 1/2); 8: (1/4, 1/2); 7: (1/4, 3/4); 5: (1/2, 3/4); 3: (3/4, 3/4); 2: (3/4, 1); 1: (1, 1).
    const scores = [9, 8, 2, 7, 5, 3, 1]
    const mask = [1, 0, 1, 1, 0, 0, 0]
    expect(flat(scores, mask, 1)).toBeCloseTo((0.5 + 0.75 + 0.75 + 1) / 4, 15)
    expect(flat(scores, mask)).toBeCloseTo((0.25 * 0.5 + 0.05 * 0.75) / 0.3, 6) // float32 scores, exact counts
    expect(flat(scores, mask, 0.25)).toBeCloseTo(0.5, 15)
  })

  it('interpolates inside a tie that crosses the limit', () => {
    // Background 5, 5 and the component 5: from (0, 0) to (1, 1) through one threshold; with 9 found first, from (0, 1/2).
    expect(flat([5, 9, 5, 5, 5], [0, 1, 0, 1, 0], 0.5)).toBeCloseTo(flat([5, 5, 5, 9, 5], [0, 1, 0, 1, 0], 0.5), 15)
    const area = 0.5 * 0.5 + (0.5 * 0.5 ** 2) / 2
    expect(flat([5, 9, 5, 5, 5], [0, 1, 0, 1, 0], 0.5)).toBeCloseTo(area / 0.5, 15)
  })

  it('is the area under the whole curve, threshold by threshold, with many ties and pictures', () => {
    const shape = [4, 9, 8]
    const size = 4 * 9 * 8
    const scores = integers(key(1), 0, 30, new Int32Array(size))
    const mask = uniform(key(2), new Float64Array(size)).map(u => (u < 0.25 ? 1 : 0))
    mask.fill(0, 72, 144)
    for (const limit of [0.05, 0.3, 1])
      expect(aupro(array(scores, shape), array(mask, shape), { limit })).toBeCloseTo(byDefinition(scores, mask, limit), 12) // prettier-ignore
  })

  it('refuses what has no curve', () => {
    expect(() => flat([1, 2], [0, 0])).toThrow(/no anomaly/)
    expect(() => flat([1, 2], [1, 1])).toThrow(/no normal/)
    expect(() => flat([1, NaN], [1, 0])).toThrow(/NaN/)
    expect(() => flat([1, 2], [1, 0], 1.5)).toThrow(/limit = 1.5/)
  })
})

/** The curve at every threshold, cut at the limit by interpolation: O(thresholds x pixels). */
function byDefinition(scores: Int32Array, mask: Float64Array, limit: number): number {
  const regions = [0, 1, 2, 3].flatMap(k => {
    const { labels, sizes } = connectedComponents(i => mask[72 * k + i] === 1, 9, 8)
    return sizes.slice(1).map((_, c) => [...labels].flatMap((l, i) => (l === c + 1 ? [72 * k + i] : [])))
  })
  const share = (pixels: number[], t: number): number => pixels.filter(i => scores[i]! >= t).length / pixels.length
  const background = [...mask].flatMap((m, i) => (m === 0 ? [i] : []))
  let [area, f, pro] = [0, 0, 0]
  for (let t = 30; t >= 0; t--) {
    const next = share(background, t)
    const nextPro = regions.reduce((sum, r) => sum + share(r, t), 0) / regions.length
    if (next > limit) {
      const cut = pro + ((nextPro - pro) * (limit - f)) / (next - f)
      return (area + ((limit - f) * (pro + cut)) / 2) / limit
    }
    area += ((next - f) * (pro + nextPro)) / 2
    ;[f, pro] = [next, nextPro]
  }
  return area / limit
}
