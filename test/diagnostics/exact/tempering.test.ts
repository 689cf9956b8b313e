import { describe, expect, it } from 'vitest'
import { adaptedLadder, firstLadder } from '../../../src/diagnostics/exact/ladder.js'
import { adaptiveMetropolis } from '../../../src/diagnostics/exact/metropolis.js'
import { parallelTempering, type TemperingOptions } from '../../../src/diagnostics/exact/tempering.js'
import { array, type NdArray } from '../../../src/io/array.js'
import { cellGrid } from '../../../src/physics/grid.js'
import { normalLaw } from '../../../src/physics/laws.js'
import { piecewisePrior } from '../../../src/physics/parametric.js'
import { key } from '../../../src/random.js'

/** One site: its place is uniform on the unit square, its value N(0, 1). */
const prior = piecewisePrior(cellGrid([2, 2]), { count: 1, value: normalLaw(0, 1) })

/** Two modes in x, 40 deviations apart, of masses 1/4 and 3/4; nothing is said of y and v. */
const [std, left, right] = [0.01, 0.3, 0.7]
const logLikelihood = (theta: NdArray<Float64Array>): Float64Array =>
  Float64Array.from({ length: theta.shape[0]! }, (_, r) => {
    const bump = (at: number): number => Math.exp(-0.5 * ((theta.get(r, 0) - at) / std) ** 2)
    return Math.log(0.25 * bump(left) + 0.75 * bump(right) + 1e-300)
  })
const options: TemperingOptions = { prior, logLikelihood, draws: 2000, thin: 4, warmup: 4096, levels: 8, key: key(2) }

describe('parallel tempering', () => {
  it('finds two modes with their masses, which a random walk cannot', () => {
    const { draws, worst, convergence, betas, exchanges, arrivals } = parallelTempering(options)
    expect(draws.shape).toEqual([4, 2000, 3])
    const inRight = draws.data.filter((_, k) => k % 3 === 0).map(x => Number(x > 0.5))
    const share = inRight.reduce((a, b) => a + b, 0) / inRight.length
    expect(Math.abs(share - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / convergence[0]!.meanEss))
    const width = draws.data.filter((x, k) => k % 3 === 0 && x > 0.5)
    const variance = width.reduce((sum, x) => sum + (x - right) ** 2, 0) / width.length
    expect(Math.abs(variance / std ** 2 - 1)).toBeLessThan(0.15) // 4 sqrt(2 / 1500)
    const v = draws.data.filter((_, k) => k % 3 === 2)
    expect(Math.abs(v.reduce((sum, x) => sum + x * x, 0) / v.length - 1)).toBeLessThan(4 * Math.sqrt(2 / convergence[2]!.bulkEss)) // prettier-ignore
    expect(worst.rHat).toBeLessThan(1.02)
    expect(arrivals).toBeGreaterThan(100)
    // The ladder adapted: from 1 to 0, and no pair is a bottleneck.
    expect([betas[0], betas.at(-1)]).toEqual([1, 0])
    expect(Math.min(...exchanges)).toBeGreaterThan(0.5 * Math.max(...exchanges))

    const start = array(Float64Array.of(left, 0.5, 0, right, 0.5, 0, left, 0.4, 0, left, 0.6, 0), [4, 3])
    const logDensity = (theta: NdArray<Float64Array>): Float64Array => logLikelihood(theta).map((l, r) => l + prior.logDensity(theta)[r]!) // prettier-ignore
    expect(adaptiveMetropolis({ logDensity, start, draws: 2000, key: key(3) }).worst.rHat).toBeGreaterThan(1.2)
  })

  it('is a function of its options, and with one level a plain chain', () => {
    const few = { ...options, draws: 50, warmup: 100 }
    expect(parallelTempering(few).draws.data).toEqual(parallelTempering(few).draws.data)
    const plain = parallelTempering({ ...few, levels: 1 })
    expect([plain.betas, plain.exchanges, plain.arrivals]).toEqual([Float64Array.of(1), new Float64Array(0), 0])
    expect(plain.evaluations).toBe(4 * (100 + 200 + 1))
  })

  it('says what it cannot take', () => {
    expect(() => parallelTempering({ ...options, levels: 0 })).toThrow('levels = 0; wants an integer from 1')
    expect(() => parallelTempering({ ...options, draws: 3 })).toThrow('draws = 3; wants an integer from 8')
    expect(() => parallelTempering({ ...options, logLikelihood: t => new Float64Array(t.shape[0]!).fill(NaN) })).toThrow('is NaN; return -Infinity') // prettier-ignore
  })
})

describe('the ladder', () => {
  it('goes from 1 to 0', () => {
    expect([...firstLadder(1)]).toEqual([1])
    expect([...firstLadder(2)]).toEqual([1, 0])
    expect([...firstLadder(4)]).toEqual([1, expect.closeTo(0.01, 12), 1e-4, 0])
  })

  it('moves levels to where exchanges are rejected, and stays where all are equal', () => {
    const ladder = firstLadder(5)
    const rejections = Float64Array.of(0.9, 0.1, 0.1, 0.1)
    const moved = adaptedLadder(ladder, rejections)
    expect(moved[2]!).toBeGreaterThan(ladder[1]!) // two of the three inner levels are above the first rung now
    const equal = adaptedLadder(ladder, new Float64Array(4).fill(0.3))
    equal.forEach((beta, l) => expect(beta).toBeCloseTo(ladder[l]!, 12)) // prettier-ignore
  })
})
