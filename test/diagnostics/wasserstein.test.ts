import { describe, expect, it } from 'vitest'
import { marginalDistances, slicedDistance, tabulate } from '../../src/diagnostics/wasserstein.js'
import { array } from '../../src/io/array.js'
import { key, normal, uniform } from '../../src/random.js'

const unit = { cdf: (x: number) => Math.min(1, Math.max(0, x)), quantile: (u: number) => u }
const exponential = { cdf: (x: number) => -Math.expm1(-Math.max(0, x)), quantile: (u: number) => -Math.log1p(-u) }

it('is the closed form for a point, a shift and a stretch of the uniform law', () => {
  const law = tabulate(unit)
  expect(law.mean).toBeCloseTo(0.5, 6)
  expect(law.variance).toBeCloseTo(1 / 12, 6)
  // int |1(x >= c) - x| dx = (c^2 + (1-c)^2)/2
  for (const c of [0, 0.3, 0.5, 1]) expect(law.distance([c])).toBeCloseTo((c * c + (1 - c) ** 2) / 2, 6)
  expect(law.distance([2])).toBeCloseTo(1.5, 6)
  const n = 1000
  const middle = Float64Array.from({ length: n }, (_, i) => (i + 0.5) / n)
  expect(law.distance(middle)).toBeCloseTo(1 / (4 * n), 6)
  expect(law.distance(middle.map(u => u + 0.2))).toBeCloseTo(0.2, 6)
})

it('of iid values has the mean of the theory, and quantiles invert the table', () => {
  const law = tabulate(exponential)
  const n = 2000
  const found = Array.from({ length: 50 }, (_, s) =>
    law.distance(uniform(key(s), new Float64Array(n)).map(u => -Math.log(u))),
  )
  // E int |F_n - F| -> sqrt(2/(pi n)) int sqrt(F (1 - F)) dx; for F = 1 - e^-x the integral is int_0^1 sqrt(u/(1-u)) du = pi/2.
  const theory = Math.sqrt(2 / (Math.PI * n)) * (Math.PI / 2)
  const mean = found.reduce((a, b) => a + b) / 50
  expect(Math.abs(mean / theory - 1)).toBeLessThan(0.2) // spread of one 0.4: 3.5 standard errors
  for (const u of [0.01, 0.5, 0.99]) expect(law.quantile(u)).toBeCloseTo(exponential.quantile(u), 4)
})

it('sliced: the mean of |cos| for a shift in two dimensions', () => {
  const n = 500
  const a = normal(key(1), new Float64Array(2 * n))
  const b = a.map((v, i) => (i % 2 === 0 ? v + 1 : v))
  expect(slicedDistance(a, a, 2, key(2))).toBe(0)
  // E |cos| = 2/pi with a spread of 0.31 over 400 directions.
  expect(Math.abs(slicedDistance(a, b, 2, key(2), 400) - 2 / Math.PI)).toBeLessThan((4 * 0.31) / 20)
  expect(() => slicedDistance([1, 2], [1, 2, 3, 4], 2, key(1))).toThrow(/1 points against 2/)
})

describe('marginal distances of samples', () => {
  it('are exact for lists of different length, entry by entry', () => {
    const a = array(Float64Array.of(0, 5, 1, 5), [2, 2]) // {0, 1} and {5, 5}
    const b = array(Float64Array.of(0.5, 7, 2, 7, 2, 8), [3, 2]) // {0.5, 2, 2} and {7, 7, 8}
    // int |F - G|: 1/2 on (0, 0.5), 1/6 on (0.5, 1), 2/3 on (1, 2); and 2 + 1/3.
    const expected = [0.25 + 0.5 / 6 + 2 / 3, 2 + 1 / 3]
    for (const found of [marginalDistances(a, b), marginalDistances(b, a)]) {
      expect(found.shape).toEqual([2])
      found.data.forEach((w, k) => expect(w).toBeCloseTo(expected[k]!, 12)) // prettier-ignore
    }
    expect([...marginalDistances(a, a).data]).toEqual([0, 0])
    expect(() => marginalDistances(a, array(new Float64Array(3), [1, 3]))).toThrow('[2, 2] against [1, 3]')
  })
})
