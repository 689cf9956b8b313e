import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { pooledError, relativeError } from '../../src/diagnostics/errors.js'
import {
  centralIntervals,
  momentAccumulator,
  moments,
  quantiles,
  sampleCovariance,
} from '../../src/diagnostics/summary.js'
import { key, normal } from '../../src/random.js'

const of = (...values: number[]): NdArray<Float64Array> => array(Float64Array.from(values))

describe('moments', () => {
  it('are those of the definition, for any shape and element type', () => {
    const x = array(Float32Array.of(1, 10, 100, 3, 20, -100), [2, 1, 3])
    const { n, mean, std } = moments(x)
    expect([n, mean.shape, Array.from(mean.data)]).toEqual([2, [1, 3], [2, 15, 0]])
    expect(Array.from(std.data)).toEqual([1, 5, 100].map((v): unknown => expect.closeTo(v * Math.SQRT2, 12)))
  })

  it('in batches are those of the whole, and stay exact far from zero', () => {
    const [n, N] = [1000, 7]
    const data = normal(key(1), new Float64Array(n * N)).map(v => 1e8 + v)
    const whole = moments(array(data, [n, N]))
    const streamed = momentAccumulator([N])
    for (let r = 0; r < n; r += 100) streamed.add(array(data.subarray(r * N, (r + 100) * N), [100, N]))
    expect(streamed.moments()).toEqual(whole)
    const centred = moments(array(data.map(v => v - 1e8), [n, N])) // prettier-ignore
    centred.std.data.forEach((s, i) => expect(whole.std.data[i]).toBeCloseTo(s, 6)) // squares of 1e8 would leave nothing
  })

  it('refuses another shape and nothing at all', () => {
    expect(() => momentAccumulator([2]).add(of(1, 2, 3))).toThrow(/expected samples \[n, 2\], got \[3\]/)
    expect(() => momentAccumulator([2]).moments()).toThrow(/no samples/)
  })
})

describe('quantiles', () => {
  it('lie linearly between order statistics, in every entry', () => {
    const x = array(
      Float64Array.from({ length: 4 * 40 }, (_, k) => [4, 1, 3, 2][Math.floor(k / 40)]! + (k % 40)),
      [4, 40],
    )
    const q = quantiles(x, [0, 0.25, 0.5, 1])
    expect(q.shape).toEqual([4, 40])
    for (const entry of [0, 31, 32, 39])
      expect([0, 1, 2, 3].map(k => q.get(k, entry) - entry)).toEqual([1, 1.75, 2.5, 4])
    expect(quantiles(array(Float64Array.of(7), [1, 1]), [0.3]).data[0]).toBe(7)
  })

  it('of normal samples are the normal ones', () => {
    const n = 40_000
    const [half, most] = centralIntervals(array(normal(key(2), new Float64Array(n)), [n, 1]), [0.5, 0.9])
    // Standard error of a quantile: sqrt(p (1 - p) / n) / phi(z) = 0.0068 at 0.25, 0.0106 at 0.05; four of them.
    expect(Math.abs(half!.low.data[0]! + 0.67449)).toBeLessThan(0.028)
    expect(Math.abs(most!.high.data[0]! - 1.64485)).toBeLessThan(0.043)
  })

  it('refuses levels that are none', () => {
    expect(() => quantiles(array(Float64Array.of(1), [1, 1]), [1.5])).toThrow(/level 1.5/)
    expect(() => quantiles(array(new Float64Array(0), [0, 1]), [0.5])).toThrow(/no samples/)
  })
})

describe('covariance and relative errors', () => {
  it('of Gaussian samples tends to the exact one at its rate', () => {
    // x = L z with L = [[1, 0], [0.8, 0.6]]: C = [[1, 0.8], [0.8, 1]].
    const n = 20_000
    const z = normal(key(3), new Float64Array(2 * n))
    const x = z.map((v, k) => (k % 2 === 0 ? v : 0.8 * z[k - 1]! + 0.6 * v))
    const exact = array(Float64Array.of(1, 0.8, 0.8, 1), [2, 2])
    const error = relativeError(sampleCovariance(array(x, [n, 2])), exact)
    // E |S - C|_F^2 = (tr(C)^2 + |C|_F^2) / n = (4 + 3.28) / n, relative to |C|_F^2 = 3.28: an error of 0.0105.
    expect(error).toBeGreaterThan(0.001)
    expect(error).toBeLessThan(0.03)
    expect(sampleCovariance(array(Float64Array.of(1, 2, 3, 6), [2, 2])).data).toEqual(Float64Array.of(2, 4, 4, 8))
    expect(() => sampleCovariance(array(Float64Array.of(1, 2), [1, 2]))).toThrow(/two at least/)
  })

  it('is the ratio of norms, pooled as one long vector', () => {
    expect(relativeError(of(3, 4), of(3, 0))).toBeCloseTo(4 / 3, 14)
    const pooled = pooledError()
    pooled.add(of(1, 1), of(1, 2))
    pooled.add(of(5), of(3))
    expect(pooled.value()).toBeCloseTo(Math.sqrt((1 + 4) / (1 + 4 + 9)), 14)
    expect(() => relativeError(of(1, 2), of(1))).toThrow(/expected shape \[1\], got \[2\]/)
  })
})
