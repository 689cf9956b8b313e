/**
 * Particles: Green's function is the law of the forward particles, and every member of the reverse family brings the
 * terminal law back to the data.
 */
import { normal, type Key } from '../../random.js'
import { terminalLaw, type Process } from '../process.js'
import type { ReverseFamily } from '../reverse.js'
import { check, type Check } from './check.js'

const PARTICLES = 5_000
const STEPS = 100

/**
 * Simulates dZ = -b Z dt + sqrt(gamma^) dW from Green's function at a small sigma, and compares mean and variance with m x'
 * and s^2 at t = 1. Steps of Strang's splitting: contract by half, add noise, contract by half.
 */
export function kernelMoments(process: Process, key: Key): Check {
  const { schedule } = process
  const x = 1.3
  const end = schedule.sigma(1)
  const start = Math.max(schedule.sigma(0), 1e-3 * end)
  const ratio = (end / start) ** (1 / STEPS)
  const first = process.kernel(start)
  const noise = new Float64Array(PARTICLES)
  const z = normal(key, noise, 0).map(w => first.m * x + first.s * w)
  let t = start > schedule.sigma(0) ? schedule.time(start) : 0
  for (let n = 1; n <= STEPS; n++) {
    const next = n === STEPS ? 1 : schedule.time(start * ratio ** n)
    const middle = schedule.time(start * ratio ** (n - 0.5))
    const dt = next - t
    const half = Math.exp((-process.drift(middle) * dt) / 2)
    const kick = Math.sqrt(process.diffusion(middle) * dt)
    normal(key, noise, n * PARTICLES)
    for (let i = 0; i < PARTICLES; i++) z[i] = half * (half * z[i]! + kick * noise[i]!)
    t = next
  }
  const { m, s } = process.kernel(end)
  const mean = z.reduce((sum, v) => sum + v, 0) / PARTICLES
  const variance = z.reduce((sum, v) => sum + (v - m * x) ** 2, 0) / PARTICLES
  const deviations = Math.max(
    (Math.abs(mean - m * x) / s) * Math.sqrt(PARTICLES),
    Math.abs(variance / s ** 2 - 1) * Math.sqrt(PARTICLES / 2),
  )
  const reason = `standard errors of mean and variance, ${PARTICLES} particles`
  return check('forward particles have mean m x′ and variance s²', deviations, 5, reason, `x' = ${x}`)
}

/**
 * Mean M and variance V of the reverse particles for Gaussian data N(mu, c), where the score is -(z - m mu)/(m^2 c + s^2)
 * and the moments obey, in the clock l = -ln sigma,
 *
 *   dM/dl = z M - score (M - m mu)/(m^2 c + s^2),   dV/dl = 2 (z - score/(m^2 c + s^2)) V + w^2
 *
 * with the family's rates z, score, w. Integrated by Runge-Kutta from the terminal law; at the last level they must be those
 * of the data, diffused to it, for every alpha.
 *
 * @param start the law that the particles start from; the terminal law unless given.
 */
export function marginals(reverse: Pick<ReverseFamily, 'process' | 'alpha' | 'rates'>, start?: Moments): Check {
  const { process, alpha } = reverse
  const top = process.schedule.sigma(1)
  const bottom = Math.max(process.schedule.sigma(0), 1e-3)
  const law = (sigma: number): Moments => terminalLaw(process.kernel(sigma), gaussian)
  const slope = (sigma: number, { mean, variance }: Moments): Moments => {
    const rate = reverse.rates(sigma)
    const p = law(sigma)
    return {
      mean: rate.z * mean - (rate.score * (mean - p.mean)) / p.variance,
      variance: 2 * (rate.z - rate.score / p.variance) * variance + rate.w ** 2,
    }
  }
  const steps = Math.ceil(Math.log(top / bottom) / 0.015)
  const dl = Math.log(top / bottom) / steps
  let now = start ?? law(top)
  for (let n = 0; n < steps; n++) {
    const sigma = top * Math.exp(-n * dl)
    const middle = sigma * Math.exp(-dl / 2)
    const k1 = slope(sigma, now)
    const k2 = slope(middle, along(now, dl / 2, k1))
    const k3 = slope(middle, along(now, dl / 2, k2))
    const k4 = slope(sigma * Math.exp(-dl), along(now, dl, k3))
    now = along(along(along(along(now, dl / 6, k1), dl / 3, k2), dl / 3, k3), dl / 6, k4)
  }
  const end = law(bottom)
  const residual = Math.max(Math.abs(now.mean - end.mean), Math.abs(now.variance / end.variance - 1))
  return check(
    'reverse particles return to the data',
    residual,
    1e-6,
    `Runge-Kutta of order 4, ${steps} steps of 0.015 in ln sigma`,
    `alpha = ${alpha.text}`,
  )
}

export interface Moments {
  readonly mean: number
  readonly variance: number
}

/** The data N(mu, c) of the check. */
const gaussian: Moments = { mean: 0.4, variance: 0.7 }

const along = (from: Moments, step: number, slope: Moments): Moments => ({
  mean: from.mean + step * slope.mean,
  variance: from.variance + step * slope.variance,
})
