import { describe, expect, it } from 'vitest'
import {
  enlarge,
  filterPlanes,
  gaussianKernel,
  halve,
  smooth,
  type Maps,
} from '../../../src/diagnostics/anomaly/filter.js'
import { batchOf, pictureOf, type Pictures } from '../../../src/diagnostics/anomaly/pictures.js'
import { anomalyMaps } from '../../../src/diagnostics/anomaly/residual.js'
import { imageScores } from '../../../src/diagnostics/anomaly/score.js'
import { msSsim } from '../../../src/diagnostics/anomaly/ssim.js'
import { array } from '../../../src/io/array.js'
import { key, normal, uniform } from '../../../src/random.js'

const pictures = (seed: number, shape: number[]): Pictures =>
  array(uniform(key(seed), new Float32Array(shape.reduce((a, b) => a * b))), shape)
const constant = (value: number, shape: number[]): Pictures =>
  array(new Float32Array(shape.reduce((a, b) => a * b)).fill(value), shape)
const sum = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0)
const furthest = (values: ArrayLike<number>, from: (i: number) => number): number =>
  Array.from(values).reduce((worst, v, i) => Math.max(worst, Math.abs(v - from(i))), 0)

describe('smoothing', () => {
  it.each([0.5, 1.7, 4, 30])('with sigma %f keeps the mean of every map, at the border too', sigma => {
    const maps = pictures(1, [2, 13, 9])
    const found = smooth(maps, sigma)
    for (const i of [0, 1]) {
      const [before, after] = [maps, found].map(m => sum(m.data.subarray(i * 117, (i + 1) * 117)) / 117)
      expect(Math.abs(before! - after!)).toBeLessThan(2 ** -23) // one rounding to float32 for each pass
    }
  })

  it('multiplies a cosine by the eigenvalue of the kernel', () => {
    const [h, w, m, l, kernel] = [10, 14, 3, 2, gaussianKernel(2.3)]
    const wave = (i: number): number =>
      Math.cos((Math.PI * l * (Math.floor(i / w) + 0.5)) / h) * Math.cos((Math.PI * m * ((i % w) + 0.5)) / w)
    const value = (frequency: number): number =>
      kernel[0]! + 2 * sum(kernel.map((k, j) => (j === 0 ? 0 : k * Math.cos(frequency * j))))
    const plane = Float32Array.from({ length: h * w }, (_, i) => wave(i))
    filterPlanes(plane, 1, h, w, kernel)
    const expected = value((Math.PI * m) / w) * value((Math.PI * l) / h)
    expect(furthest(plane, i => expected * wave(i))).toBeLessThan(2 ** -22)
    // and that of an uncut Gaussian is exp(-(sigma w)^2 / 2); 6e-5 of its weight lies past four sigma
    expect(Math.abs(value((Math.PI * m) / w) - Math.exp(-0.5 * ((2.3 * Math.PI * m) / w) ** 2))).toBeLessThan(2e-4)
  })

  it('spreads a point to the variance sigma^2, and 0 changes nothing', () => {
    const point = constant(0, [1, 61, 61])
    point.set(0, 30, 30, 1)
    const found = smooth(point, 3)
    let variance = 0
    for (let y = 0; y < 61; y++) for (let x = 0; x < 61; x++) variance += found.get(0, y, x) * (x - 30) ** 2
    expect(Math.abs(variance - 9)).toBeLessThan(0.02) // less the tail past four sigma
    expect(smooth(point, 0).data).toEqual(point.data)
    expect(() => smooth(point, -1)).toThrow(/sigma is -1/)
    expect(() => smooth(constant(0, [3, 3]), 1)).toThrow(/expected shape \[any, any, any\], got \[3, 3\]/)
  })

  it('halves by means, an odd row or column counted twice', () => {
    expect(Array.from(halve(Float32Array.of(1, 3, 5, 2, 4, 7), 1, 2, 3))).toEqual([2.5, 6])
    expect(Array.from(halve(Float32Array.of(1, 3, 5, 9, 4, 7), 1, 3, 2))).toEqual([4.5, 5.5])
  })

  it.each([2, 4])('brings a plane halved to 1/%i back in place: a ramp is itself, away from the border', factor => {
    const [h, w] = [16, 24]
    const ramp = Float32Array.from({ length: h * w }, (_, i) => 3 * Math.floor(i / w) - (i % w))
    let [small, a, b] = [Float32Array.from(ramp) as Float32Array, h, w]
    for (let f = factor; f > 1; f /= 2) [small, a, b] = [halve(small, 1, a, b), a / 2, b / 2]
    const found = enlarge(small, 1, h, w, factor)
    for (let y = factor; y < h - factor; y++)
      for (let x = factor; x < w - factor; x++) expect(found[y * w + x]).toBeCloseTo(ramp[y * w + x]!, 4)
  })
})

describe('residuals', () => {
  const x = array(Float32Array.of(1, 0, 0.5, 0.5, 0, 0.25), [1, 1, 2, 3])
  const r = array(Float32Array.of(0, 0, 0.5, 0.5, 0, 1), [1, 1, 2, 3])

  it('l1 and l2 are means over channels', () => {
    expect(Array.from(anomalyMaps(x, r).data)).toEqual([Math.fround(1 / 3), 0.25])
    expect(Array.from(anomalyMaps(x, r, { residual: 'l2' }).data)).toEqual([1 / 3, 0.1875].map(Math.fround))
    expect(anomalyMaps(x, r).shape).toEqual([1, 1, 2])
  })

  it('reads a view as what it shows', () => {
    const wide = pictures(2, [2, 6, 8, 1])
    const turned = wide.transpose(0, 2, 1, 3)
    const found = anomalyMaps(turned, constant(0, [2, 8, 6, 1]))
    expect(found.get(1, 7, 2)).toBe(wide.get(1, 2, 7, 0))
  })

  it('refuses other shapes, NaN and unknown names', () => {
    expect(() => anomalyMaps(x, constant(0, [1, 1, 2, 1]))).toThrow(
      /the restoration.*\[1, 1, 2, 3\], got \[1, 1, 2, 1\]/,
    )
    const broken = array(Float32Array.of(0, 0, NaN, 0, 0, 0), [2, 1, 1, 3])
    expect(() => anomalyMaps(constant(0, [2, 1, 1, 3]), broken)).toThrow(/restoration 0 holds NaN/)
    expect(() => anomalyMaps(x, r, { residual: 'l3' as 'l1' })).toThrow(/unknown residual 'l3'; known: l1, l2, ms-ssim/)
    expect(() => anomalyMaps(x, r, { sigma: NaN })).toThrow(/sigma is NaN/)
  })
})

describe('MS-SSIM', () => {
  it.each([[1], [3], [5]])('of a picture with itself is 1 (%i scales)', scales => {
    const x = pictures(3, [2, 45, 38, 3])
    expect(furthest(msSsim(x, x, { scales }).data, () => 1)).toBe(0)
    expect(furthest(anomalyMaps(x, x, { residual: 'ms-ssim' }).data, () => 0)).toBe(0)
  })

  it('of constants is l to the power of the last beta', () => {
    const [a, b] = [0.2, 0.7]
    const l = (2 * a * b + 1e-4) / (a * a + b * b + 1e-4)
    const shape = [1, 64, 64, 1]
    expect(furthest(msSsim(constant(a, shape), constant(b, shape), { scales: 1 }).data, () => l)).toBeLessThan(1e-6)
    // Three scales of 64 pixels.
    const power = 0.3001 / (0.0448 + 0.2856 + 0.3001)
    expect(furthest(msSsim(constant(a, shape), constant(b, shape)).data, () => l ** power)).toBeLessThan(1e-6)
  })

  it('of a picture with a fainter one is the closed form where its window sees one contrast', () => {
    // x alternates by columns, y = x / 2 with the same mean: sigma_y = sigma_x / 2 and cs = (s + C2) / (5/4 s + C2).
    const x = array(
      Float32Array.from({ length: 32 * 32 }, (_, i) => 0.5 + (i % 2 === 0 ? 0.2 : -0.2)),
      [1, 32, 32, 1],
    )
    const y = array(x.data.map(v => 0.5 + (v - 0.5) / 2), x.shape) // prettier-ignore
    const found = msSsim(x, y, { scales: 1 })
    // The window's mean of (-1)^i is below 1e-4 at sigma 1.5, so s = 0.04 and l = 1 to within that.
    const s = 0.04
    const expected = (s + 9e-4) / (1.25 * s + 9e-4)
    expect(Math.abs(found.get(0, 16, 16) - expected)).toBeLessThan(1e-3)
    const flipped = array(x.data.map(v => 1 - v), x.shape) // prettier-ignore
    expect(furthest(msSsim(x, flipped, { scales: 1 }).data, () => 0)).toBe(0)
  })

  it('agrees with the sums written out at one pixel', () => {
    const [x, y] = [pictures(4, [1, 16, 16, 1]), pictures(5, [1, 16, 16, 1])]
    const [cy, cx] = [8, 7]
    const weight = (j: number): number => Math.exp(-(j * j) / 4.5)
    const moment = (f: (a: number, b: number) => number): number => {
      let [total, norm] = [0, 0]
      for (let dy = -5; dy <= 5; dy++)
        for (let dx = -5; dx <= 5; dx++) {
          total += weight(dy) * weight(dx) * f(x.get(0, cy + dy, cx + dx, 0), y.get(0, cy + dy, cx + dx, 0))
          norm += weight(dy) * weight(dx)
        }
      return total / norm
    }
    const [ma, mb] = [moment(a => a), moment((_, b) => b)]
    const [va, vb, vab] = [moment(a => a * a) - ma * ma, moment((_, b) => b * b) - mb * mb, moment((a, b) => a * b) - ma * mb] // prettier-ignore
    const ssim = ((2 * ma * mb + 1e-4) * (2 * vab + 9e-4)) / ((ma * ma + mb * mb + 1e-4) * (va + vb + 9e-4))
    expect(msSsim(x, y, { scales: 1 }).get(0, cy, cx)).toBeCloseTo(Math.max(0, ssim), 5)
  })

  it('does not depend on the range once it is told, nor on who comes first', () => {
    const [x, y] = [pictures(6, [1, 40, 30, 2]), pictures(7, [1, 40, 30, 2])]
    const scaled = (p: Pictures): Pictures => array(p.data.map(v => 255 * v), p.shape) // prettier-ignore
    const found = msSsim(x, y)
    expect(furthest(msSsim(scaled(x), scaled(y), { range: 255 }).data, i => found.data[i]!)).toBeLessThan(1e-4)
    expect(furthest(msSsim(y, x).data, i => found.data[i]!)).toBeLessThan(1e-6)
  })

  it('is low where a picture was damaged, and 1 far from it', () => {
    const x = pictures(8, [1, 96, 96, 1])
    const y = array(x.data.slice(), x.shape)
    for (let v = 40; v < 52; v++) for (let u = 40; u < 52; u++) y.set(0, v, u, 0, 0.5)
    const map = msSsim(x, y, { scales: 2 })
    expect(map.get(0, 46, 46)).toBeLessThan(0.4)
    expect(map.get(0, 10, 10)).toBe(1)
  })

  it('refuses options out of range', () => {
    const x = pictures(1, [1, 16, 16, 1])
    expect(() => msSsim(x, x, { scales: 6 })).toThrow(/scales is 6; it must be an integer from 1 to 5/)
    expect(() => msSsim(x, x, { range: 0 })).toThrow(/range is 0/)
    expect(() => msSsim(constant(0, [1, 0, 4, 1]), constant(0, [1, 0, 4, 1]))).toThrow(/no pixels/)
  })
})

describe('scores of pictures', () => {
  const maps: Maps = array(
    Float32Array.from({ length: 200 }, (_, i) => ((i % 100) * 37) % 100),
    [2, 10, 10],
  )
  maps.set(1, 3, 3, 500)

  it('are the largest value, or the mean of the largest share', () => {
    expect(Array.from(imageScores(maps, 'max'))).toEqual([99, 500])
    expect(imageScores(maps, { top: 0.05 })[0]).toBe((99 + 98 + 97 + 96 + 95) / 5)
    expect(imageScores(maps)[0]).toBe(99) // one percent of 100 pixels
    expect(imageScores(maps, { top: 1 })[0]).toBe(49.5)
  })

  it('refuse a share that is none, and NaN', () => {
    expect(() => imageScores(maps, { top: 0 })).toThrow(/top is 0/)
    expect(() => imageScores(array(Float32Array.of(1, NaN), [1, 1, 2]))).toThrow(/map 0 holds NaN/)
  })
})

it('bytes and batches go back and forth', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  const batch = batchOf([array(bytes, [16, 16, 1]), array(bytes.toReversed(), [16, 16, 1])])
  expect(batch.shape).toEqual([2, 16, 16, 1])
  expect(pictureOf(batch, 0).data).toEqual(bytes)
  expect(pictureOf(batch, 1).data).toEqual(bytes.toReversed())
  const wild = array(normal(key(1), new Float32Array(64)).map(v => 3 * v), [1, 8, 8, 1]) // prettier-ignore
  pictureOf(wild).data.forEach((b, i) => expect(b).toBe(Math.round(255 * Math.min(1, Math.max(0, wild.data[i]!)))))
  expect(() => pictureOf(batch, 2)).toThrow(/no picture 2 in a batch of 2/)
  expect(() => batchOf([])).toThrow(/no pictures/)
  expect(() => batchOf([array(bytes, [16, 16, 1]), array(bytes, [8, 32, 1])])).toThrow(/picture 1: expected shape/)
})
