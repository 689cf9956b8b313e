/** How values of a training mixture are drawn. */
import { describe, expect, it } from 'vitest'
import { derive, key } from '../../src/random.js'
import { drawVarying } from '../../src/run/setting.js'

const n = 4000
/** A share of n draws is within four of its deviations, sqrt(p (1 - p)/n), of its probability p, but for 6 in 100,000 seeds. */
const tolerance = (p: number): number => 4 * Math.sqrt((p * (1 - p)) / n)

describe('a varying value', () => {
  const [low, high] = [0.01, 1]
  const draws = (log: boolean): number[] =>
    Array.from({ length: n }, (_, i) => drawVarying({ low, high, default: low, units: '', describe: '', log }, derive(key(3), i))) // prettier-ignore
  const shareBelow = (values: readonly number[], x: number): number => values.filter(v => v < x).length / n

  it('is uniform in the logarithm where its range says so: the median is the geometric mean of its ends', () => {
    const values = draws(true)
    for (const p of [0.1, 0.5, 0.9])
      expect(Math.abs(shareBelow(values, low * (high / low) ** p) - p)).toBeLessThan(tolerance(p))
    expect(values.every(v => v >= low && v <= high)).toBe(true)
  })

  it('is uniform elsewhere', () => {
    const values = draws(false)
    for (const p of [0.1, 0.5, 0.9])
      expect(Math.abs(shareBelow(values, low + (high - low) * p) - p)).toBeLessThan(tolerance(p))
    expect(values.every(v => v >= low && v <= high)).toBe(true)
  })
})
