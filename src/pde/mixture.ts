/**
 * One-dimensional Gaussian mixtures and their diffused laws: the closed forms against which a derivation is checked.
 *
 *   p_data = sum_i w_i N(mu_i, c_i)   gives   p_sigma = sum_i w_i N(m mu_i, m^2 c_i + s^2)   (theory.md, section 6)
 */
import type { Kernel } from './process.js'

/** One component w N(mu, c): weight, mean and variance. */
export interface Component {
  readonly w: number
  readonly mu: number
  readonly c: number
}

export type Mixture = readonly Component[]

/** The test law of every derivation: bimodal, not symmetric, of mean 0 and variance 1. */
export const testMixture: Mixture = [
  { w: 0.4, mu: -1.2, c: 0.055 },
  { w: 0.6, mu: 0.8, c: 0.03 },
]

const normal = (z: number, mean: number, variance: number): number =>
  Math.exp(-((z - mean) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance)

/** The law of z at a level, again a mixture. */
export const diffuse = (mixture: Mixture, { m, s }: Kernel): Mixture =>
  mixture.map(({ w, mu, c }) => ({ w, mu: m * mu, c: m ** 2 * c + s ** 2 }))

export const density = (mixture: Mixture, z: number): number =>
  mixture.reduce((sum, { w, mu, c }) => sum + w * normal(z, mu, c), 0)

/** d ln p / dz, safe far out where every density underflows. */
export function score(mixture: Mixture, z: number): number {
  const logs = mixture.map(({ w, mu, c }) => Math.log(w / Math.sqrt(c)) - (z - mu) ** 2 / (2 * c))
  const top = Math.max(...logs)
  const weights = logs.map(log => Math.exp(log - top))
  const total = weights.reduce((a, b) => a + b)
  return mixture.reduce((sum, { mu, c }, i) => sum - ((weights[i]! / total) * (z - mu)) / c, 0)
}
