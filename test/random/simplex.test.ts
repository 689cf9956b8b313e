import { expect, it } from 'vitest'
import { key } from '../../src/random.js'
import { simplexNoise } from '../../src/random/simplex.js'

const moments = (values: ArrayLike<number>): { mean: number; variance: number } => {
  const n = values.length
  const mean = Array.from(values).reduce((a, b) => a + b) / n
  return { mean, variance: Array.from(values).reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1) }
}

it.each([{ octaves: 1 }, {}, { octaves: 3, persistence: 0.5, frequency: 10 }])(
  'has mean 0 and variance 1 at every pixel, the first too: %o',
  options => {
    const n = 4000
    // Four pixels; the first would be 0 in every field without offsets.
    const fields = simplexNoise(key(3), [n, 2, 2, 1], options)
    for (let pixel = 0; pixel < 4; pixel++) {
      const { mean, variance } = moments(Float64Array.from({ length: n }, (_, i) => fields.data[4 * i + pixel]!))
      expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n)) // four standard errors
      // The kurtosis of one octave is below 3, so the variance's standard error is below sqrt(2/n).
      expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    }
  },
)

it('is smooth on the scale of its wavelength, and loses correlation beyond it', () => {
  const n = 300
  const fields = simplexNoise(key(4), [n, 1, 64, 1], { octaves: 1, frequency: 16 })
  const correlation = (lag: number): number => {
    let sum = 0
    for (let i = 0; i < n; i++)
      for (let x = 0; x + lag < 64; x++) sum += fields.data[64 * i + x]! * fields.data[64 * i + x + lag]!
    return sum / (n * (64 - lag))
  }
  expect(correlation(1)).toBeGreaterThan(0.9)
  // Kernels end at 0.71 wavelengths: past 1.42 of them (23 pixels) two values share no vertex.
  expect(Math.abs(correlation(24))).toBeLessThan(4 / Math.sqrt(n))
})

it('gives field i the same values whatever the batch, and channels of their own', () => {
  const all = simplexNoise(key(5), [4, 6, 5, 2])
  const one = simplexNoise(key(5), [1, 6, 5, 2], {}, 2)
  expect(all.shape).toEqual([4, 6, 5, 2])
  expect(Array.from(one.data)).toEqual(Array.from(all.data.subarray(2 * 60, 3 * 60)))
  const grey = simplexNoise(key(5), [1, 6, 5, 1], {}, 2)
  expect(Array.from(grey.data)).toEqual(Array.from(one.data.filter((_, i) => i % 2 === 0)))
  expect(one.get(0, 0, 0, 0)).not.toBe(one.get(0, 0, 0, 1))
})

it('refuses what is no shape or scale', () => {
  expect(() => simplexNoise(key(1), [1, 0, 4, 1])).toThrow(/height is 0/)
  expect(() => simplexNoise(key(1), [1, 4, 4, 1], { octaves: 0 })).toThrow(/octaves is 0/)
  expect(() => simplexNoise(key(1), [1, 4, 4, 1], { persistence: NaN })).toThrow(/persistence is NaN/)
  expect(() => simplexNoise(key(1), [1, 4, 4, 1], {}, -1)).toThrow(/start is -1/)
})
