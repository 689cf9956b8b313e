import { describe, expect, it } from 'vitest'
import { conformalPValues, conformalThreshold, otsuThreshold } from '../../src/diagnostics/conformal.js'
import { array } from '../../src/io/array.js'
import { key, normal, uniform } from '../../src/random.js'

const resamplings = 200
const mean = (x: ArrayLike<number>): number => Array.from(x).reduce((a, b) => a + b, 0) / x.length
/** Share of values above t. */
const above = (x: Float64Array, t: number): number => mean(x.map(v => (v > t ? 1 : 0)))

/** False-positive rates over resamplings: n calibration scores, the first c of them replaced, and 500 new normal ones. */
function rates(
  seed: number,
  a: number,
  n: number,
  c: number,
  anomaly: number,
  contamination: number,
  anomalies: 'anywhere' | 'highest' = 'anywhere',
): number[] {
  return Array.from({ length: resamplings }, (_, i) => {
    const scores = normal(key(seed, i), new Float64Array(n)).map((v, j) => (j < c ? anomaly + v : v ** 3))
    const { threshold } = conformalThreshold(array(scores), { falsePositiveRate: a, contamination, anomalies })
    return above(normal(key(seed, i, 'new'), new Float64Array(500)).map(v => v ** 3), threshold) // prettier-ignore
  })
}

/** Of the mean rate: Beta-distributed given the calibration set, then binomial, over the resamplings. */
const error = (a: number, n: number): number => Math.sqrt((a * (1 - a) * (1 / n + 1 / 500)) / resamplings)

describe('conformalThreshold', () => {
  it('is the k-th smallest score, k = ceil((n + 1)(1 - a))', () => {
    const scores = (n: number) => array(Float64Array.from({ length: n }, (_, i) => n - i))
    for (const [n, a] of [
      [19, 0.05],
      [20, 0.05],
      [99, 0.1],
      [29, 0.1],
      [1000, 0.003],
    ] as const) {
      // prettier-ignore
      const k = Math.ceil((n + 1) * (1 - a) - 1e-9)
      const found = conformalThreshold(scores(n), { falsePositiveRate: a })
      expect(found.threshold).toBe(k)
      expect(found.rate).toEqual([(n + 1 - k) / (n + 1), (n + 1 - k) / (n + 1)])
      expect(found.rate[1]).toBeLessThanOrEqual(a + 1e-12)
    }
  })

  it('holds the rate over resamplings of clean data, and uses it up', () => {
    for (const [a, n] of [
      [0.05, 199],
      [0.01, 150],
      [0.2, 50],
    ] as const) {
      // prettier-ignore
      const found = mean(rates(1, a, n, 0, 0, 0))
      const [least] = conformalThreshold(array(new Float64Array(n)), { falsePositiveRate: a }).rate
      expect(found).toBeLessThan(a + 3 * error(a, n))
      expect(found).toBeGreaterThan(least - 3 * error(a, n))
    }
  })

  it('holds it with 10 % contamination, wherever that lies', () => {
    const [a, n, c] = [0.05, 200, 20]
    const bounds = conformalThreshold(array(new Float64Array(n)), { falsePositiveRate: a, contamination: 0.1 }).rate
    expect(bounds[0]).toBe(0)
    for (const anomaly of [-50, 0, 3, 50])
      expect(mean(rates(2, a, n, c, anomaly, 0.1))).toBeLessThan(a + 3 * error(a, n))
    // At its worst, all anomalies below, the bound is reached.
    expect(Math.abs(mean(rates(2, a, n, c, -50, 0.1)) - bounds[1])).toBeLessThan(3 * error(a, n))
  })

  it('without the bound errs to a threshold too high, or exceeds the rate by 1/(1 - eps) at the worst', () => {
    const [a, n, c] = [0.05, 200, 20]
    expect(mean(rates(3, a, n, c, 50, 0))).toBeLessThan(error(a, n))
    const worst = mean(rates(3, a, n, c, -50, 0))
    expect(Math.abs(worst - 10 / (n - c + 1))).toBeLessThan(3 * error(a, n))
    expect(worst).toBeGreaterThan(a + 3 * error(a, n))
  })

  it('says between which rates contamination leaves it', () => {
    const [a, n, c] = [0.2, 100, 5]
    const { rate } = conformalThreshold(array(new Float64Array(n)), { falsePositiveRate: a, contamination: c / n })
    expect(Math.abs(mean(rates(4, a, n, c, 100, c / n)) - rate[0])).toBeLessThan(3 * error(a, n))
    expect(Math.abs(mean(rates(4, a, n, c, -100, c / n)) - rate[1])).toBeLessThan(3 * error(a, n))
  })

  it('told that the anomalies are the highest, uses the rate up if so, and says what it is if not', () => {
    const [a, n, c] = [0.05, 200, 20]
    const options = { falsePositiveRate: a, contamination: 0.1, anomalies: 'highest' } as const
    const { rate } = conformalThreshold(array(new Float64Array(n)), options)
    expect(rate[0]).toBeLessThanOrEqual(a)
    expect(rate[0]).toBeGreaterThan(a - 1 / (n - c + 1))
    const highest = mean(rates(5, a, n, c, 100, 0.1, 'highest'))
    expect(Math.abs(highest - rate[0])).toBeLessThan(3 * error(a, n - c))
    expect(Math.abs(mean(rates(5, a, n, c, -100, 0.1, 'highest')) - rate[1])).toBeLessThan(3 * error(rate[1], n - c))
    expect(() => conformalThreshold(array(new Float64Array(100), [50, 2]), options)).toThrow(
      /one score for each picture/,
    )
  })

  it('of maps holds the share of flagged pixels, which depend on each other', () => {
    const [n, pixels, a] = [40, 25, 0.1]
    const picture = (seed: number, i: number): Float64Array => {
      const [shift = 0] = normal(key(seed, i, 'shift'), new Float64Array(1))
      return normal(key(seed, i, 'pixels'), new Float64Array(pixels)).map(v => 2 * shift + v)
    }
    const shares = Array.from({ length: resamplings }, (_, s) => {
      const maps = new Float64Array(n * pixels)
      for (let i = 0; i < n; i++) maps.set(picture(s, i), i * pixels)
      const { threshold } = conformalThreshold(array(maps, [n, 5, 5]), { falsePositiveRate: a })
      return mean(Array.from({ length: 20 }, (_, i) => above(picture(s, n + i), threshold)))
    })
    const spread = Math.sqrt(mean(shares.map(v => (v - mean(shares)) ** 2)) / resamplings)
    expect(mean(shares)).toBeLessThan(a + 3 * spread)
    // Conservative by at most the share 1/(n + 1) that an unseen picture may have.
    expect(mean(shares)).toBeGreaterThan(a - 1 / (n + 1) - 3 * spread)
  })

  it('refuses what it cannot guarantee, and says how much can', () => {
    const few = array(new Float64Array(18))
    expect(() => conformalThreshold(few, { falsePositiveRate: 0.05 })).toThrow(/18 calibration scores.*at least 19/)
    expect(() => conformalThreshold(array(new Float64Array(20)), { falsePositiveRate: 0.05, contamination: 0.1 })).toThrow(/2 of them.*at least 2[01]/) // prettier-ignore
    expect(() => conformalThreshold(few, { falsePositiveRate: 0 })).toThrow(/falsePositiveRate = 0/)
    expect(() => conformalThreshold(few, { falsePositiveRate: 0.1, contamination: 1 })).toThrow(/contamination = 1/)
    expect(() => conformalThreshold(array(new Float64Array(99).fill(NaN)), { falsePositiveRate: 0.1 })).toThrow(/NaN/)
  })
})

describe('conformalPValues', () => {
  it('count the calibration scores that are at least as high', () => {
    const p = conformalPValues(array(Float64Array.of(3, 1, 2, 2)), array(Float64Array.of(0, 2, 2.5, 3, 9)))
    expect([...p]).toEqual([1, 4 / 5, 2 / 5, 2 / 5, 1 / 5])
  })
})

describe('otsuThreshold', () => {
  it('parts two groups, flagging the upper one', () => {
    const scores = Float32Array.from([...uniform(key(1), new Float32Array(90)), ...uniform(key(2), new Float32Array(10)).map(v => v + 3)]) // prettier-ignore
    const t = otsuThreshold(array(scores))
    expect(scores.filter(v => v > t)).toHaveLength(10)
    expect(t).toBe(Math.max(...scores.subarray(0, 90)))
  })
  it('has the largest between-class variance of all, with ties', () => {
    const scores = normal(key(3), new Float64Array(80)).map(v => Math.round(3 * v ** 2))
    const between = (t: number): number => {
      const [low, high] = [scores.filter(v => v <= t), scores.filter(v => v > t)]
      return low.length * high.length * (mean(low) - mean(high)) ** 2
    }
    const candidates = [...scores].filter(v => v < Math.max(...scores))
    expect(between(otsuThreshold(array(scores)))).toBeCloseTo(Math.max(...candidates.map(between)), 8)
  })
  it('refuses what has no two parts', () => {
    expect(() => otsuThreshold(array(Float64Array.of(2, 2)))).toThrow(/all equal/)
    expect(() => otsuThreshold(array(Float64Array.of(2, Infinity)))).toThrow(/infinite/)
  })
})
