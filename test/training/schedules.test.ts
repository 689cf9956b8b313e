/** Noise levels, weights, rates, averages and lengths against their definitions. */
import { describe, expect, it } from 'vitest'
import { schedules } from '../../src/pde/schedule.js'
import { key, uniform } from '../../src/random.js'
import { decayOf, powerOf } from '../../src/training/average.js'
import { lengthOf, lengthWithin, stopwatch } from '../../src/training/length.js'
import { bySchedule, drawLevels, logNormal, logUniform, type NoiseLevels } from '../../src/training/noise-levels.js'
import { warmupCosine } from '../../src/training/rate.js'
import { weighting } from '../../src/training/weighting.js'

const all: [string, NoiseLevels][] = [
  ['log-normal', logNormal()],
  ['log-uniform', logUniform()],
  ['by a schedule of sigma', bySchedule(schedules.create('karras'))],
  ['by a schedule of beta', bySchedule(schedules.create('linear-beta'))],
]

describe.each(all)('levels %s', (_, levels) => {
  it('have the density that is the derivative of their quantiles', () => {
    for (const u of [0.05, 0.3, 0.5, 0.8, 0.95]) {
      const h = 1e-4
      const slope = (Math.log(levels.quantile(u + h)) - Math.log(levels.quantile(u - h))) / (2 * h)
      // Central differences: h^2 times the third derivative, at most about 1e3 of the first here.
      expect(levels.density(levels.quantile(u)) * slope).toBeCloseTo(1, 4)
    }
  })

  it('are drawn one from each part of the density, by key', () => {
    const n = 32
    const drawn = drawLevels(levels, key(1, 'levels', 3), n)
    expect(drawn).toEqual(drawLevels(levels, key(1, 'levels', 3), n))
    expect(drawn).not.toEqual(drawLevels(levels, key(1, 'levels', 4), n))
    drawn.forEach((sigma, i) => {
      expect(sigma).toBeGreaterThanOrEqual(levels.quantile(Math.max(i / n, 1e-12)))
      expect(sigma).toBeLessThanOrEqual(levels.quantile(Math.min((i + 1) / n, 1 - 1e-12)))
    })
  })
})

it('log-normal levels are those of EDM', () => {
  const levels = logNormal()
  expect(Math.log(levels.quantile(0.5))).toBeCloseTo(-1.2, 12)
  // Phi(1) = 0.841344746...
  expect(Math.log(levels.quantile(0.841344746068543))).toBeCloseTo(0, 9)
})

it.each([
  [() => logNormal({ sd: 0 }), /sd > 0/],
  [() => logUniform({ min: 2, max: 1 }), /0 < min < max/],
  [() => bySchedule(schedules.create('cosine'), 0), /choose a later t/],
  [() => bySchedule(schedules.create('cosine'), 1), /in \[0, 1\)/],
  [() => weighting('velocitty'), /did you mean 'velocity'/],
  [() => weighting('edm', { sigmaData: 0 }), /sigmaData is 0/],
  [() => weighting('likelihood'), /needs the noise levels/],
  [() => decayOf({ kind: 'exponential', decay: 1 }), /decay is 1/],
  [() => powerOf(0.3), /spread is 0.3/],
  [() => warmupCosine(10, { warmup: 1.5 }), /warmup is 1.5/],
  [() => warmupCosine(10, { final: 2 }), /final is 2/],
])('%s is refused', (f, message) => {
  expect(f).toThrow(message)
})

describe('weights', () => {
  const sigma = 0.7

  it('make the residual that of the parametrisation they are named after', () => {
    // x0 moves by e at fixed x~ = x0 + sigma w, so w moves by -e/sigma.
    const [e, m2] = [1e-3, 1 / (1 + sigma ** 2)]
    const m1 = 1 / (1 + sigma)
    const moves: Record<string, number> = {
      x0: e,
      epsilon: -e / sigma,
      score: e / sigma ** 2,
      velocity: Math.sqrt(m2) * (-e / sigma) - sigma * Math.sqrt(m2) * e,
      'velocity-1': -e / sigma - e,
      // F = (x0 - c_skip x~)/c_out of EDM with deviation 0.5.
      edm: (e * Math.hypot(sigma, 0.5)) / (sigma * 0.5),
    }
    expect(1 / m1).toBeCloseTo(1 + sigma, 12)
    for (const [name, move] of Object.entries(moves))
      expect(weighting(name, { sigmaData: 0.5 }).weight(sigma) * e ** 2, name).toBeCloseTo(move ** 2, 12)
  })

  it('of the likelihood make the loss the same whatever levels are drawn', () => {
    // E_q f(sigma) / (sigma^2 q) = int f / sigma^2 d ln sigma; with f = sigma^2 on [0.1, 10] that is ln 100.
    const integral = (levels: NoiseLevels): number => {
      const { weight } = weighting('likelihood', { levels })
      const n = 200_000
      let sum = 0
      for (let i = 0; i < n; i++) {
        const s = levels.quantile((i + 0.5) / n)
        if (s > 0.1 && s < 10) sum += (weight(s) * s ** 2) / n
      }
      return sum
    }
    // Midpoints: an error of one cell at each end of the interval, 1/(n q) with q at least 0.005 here.
    for (const levels of [logNormal(), logUniform()]) expect(integral(levels)).toBeCloseTo(Math.log(100), 2)
  })
})

describe('the rate', () => {
  it('rises, and falls by a cosine to its final share', () => {
    const rate = warmupCosine(1001, { peak: 2, warmup: 10, final: 0.1 })
    expect(rate(0)).toBeCloseTo(0.2, 12)
    expect(rate(4)).toBeCloseTo(1 * (0.1 + 0.45 * (1 + Math.cos((Math.PI * 4) / 1000))), 12)
    expect(rate(500)).toBeCloseTo(2 * 0.55, 12)
    expect(rate(1000)).toBeCloseTo(0.2, 12)
  })

  it('stays at its peak while the length is unknown, and falls in a run shorter than its rise', () => {
    const open = warmupCosine(Infinity, { peak: 2, warmup: 10 })
    expect([open(9), open(500)]).toEqual([2, 2])
    const short = warmupCosine(5, { peak: 2, warmup: 10, final: 0 })
    expect(short(4)).toBe(0)
    expect(warmupCosine(1)(0)).toBeGreaterThan(0)
  })
})

describe('averages', () => {
  /** The weight of theta_s in the average of t. */
  const weightsAt = (decay: (t: number) => number, t: number): number[] => {
    let weights: number[] = []
    for (let s = 1; s <= t; s++) weights = [...weights.map(w => w * decay(s)), 1 - decay(s)]
    return weights
  }

  it.each([0.05, 0.1, 0.2])('of a power reach back by a share %d of the time', spread => {
    const t = 2000
    const weights = weightsAt(decayOf({ kind: 'power', spread }), t)
    expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
    const mean = weights.reduce((a, w, s) => a + w * s, 0)
    const deviation = Math.sqrt(weights.reduce((a, w, s) => a + w * (s - mean) ** 2, 0))
    // Sums for integrals: relative errors of order 1/(spread t).
    expect(deviation / t / spread).toBeCloseTo(1, 1.5)
    // theta_s weighs as s^g: at half the time 2^-g of the last.
    expect(weights[t / 2 - 1]! / weights[t - 1]!).toBeCloseTo(2 ** -powerOf(spread), 2)
  })

  it('with a decay are those of all steps first, and of the last 1/(1 - decay) later', () => {
    const decay = decayOf({ kind: 'exponential', decay: 0.9 })
    expect([decay(1), decay(9), decay(1000)]).toEqual([0.1, 0.5, 0.9])
    expect(decayOf({ kind: 'exponential', decay: 0 })(5)).toBe(0)
  })

  it('have the exponents of Karras et al. for spreads of 5 and 10 %', () => {
    // Their section 3.1: 16.97 and 6.94.
    expect(powerOf(0.05)).toBeCloseTo(16.97, 2)
    expect(powerOf(0.1)).toBeCloseTo(6.94, 2)
  })
})

describe('the length of a run', () => {
  it('fits a budget, held-out losses included', () => {
    const { steps, evaluateEvery } = lengthWithin(20, 100, { step: 0.1, evaluation: 1 })
    const taken = (steps - 20) * 0.1 + Math.floor(steps / evaluateEvery) * 1
    expect(taken).toBeLessThan(100)
    expect(taken).toBeGreaterThan(90)
    expect(Math.floor(steps / evaluateEvery)).toBeLessThanOrEqual(10)
    expect(lengthWithin(20, 100, { step: 0.1, evaluation: 0 }).evaluateEvery).toBe(Math.ceil(990 / 50))
    expect(lengthWithin(0, 97, { step: 0.1, evaluation: 9 }, 90).steps).toBe(Math.floor((97 * 0.97) / 0.2))
    expect(lengthWithin(7, -1, { step: 0.1, evaluation: 0 }).steps).toBe(8)
    expect(lengthOf(101)).toEqual({ steps: 101, evaluateEvery: 3 })
  })

  it('is told from at least ten steps, the first three aside', () => {
    const watch = stopwatch(1000)
    for (const s of [9, 9, 9, ...uniform(key(1), new Float64Array(9)).fill(1)]) watch.add(s)
    expect(watch.perStep()).toBeUndefined()
    watch.add(1)
    expect(watch.perStep()).toBe(1)
    const hurried = stopwatch(10)
    for (let i = 0; i < 4; i++) hurried.add(0.5)
    expect(hurried.perStep()).toBe(0.5)
  })
})
