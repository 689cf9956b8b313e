/** One-dimensional laws with their exact probability flow: it keeps the distribution function, F_sigma(x~(sigma)). */
import { formula } from '../../src/expression.js'
import { mixtureDenoiser } from '../../src/scores/exact/index.js'
import type { Denoiser } from '../../src/scores/denoiser.js'

export interface Law {
  readonly name: string
  readonly denoise: Denoiser
  readonly mean: number
  readonly variance: number
  /** p_sigma(x~). */
  readonly density: (x: number, sigma: number) => number
  /** x~ at level `to` on the trajectory through x at level `from`. */
  readonly flow: (x: number, from: number, to: number) => number
}

type Part = readonly [weight: number, mean: number, variance: number]

const erf = formula('erf(x / sqrt(2))', { variables: ['x'] })
const Phi = (x: number): number => (1 + erf.value({ x })) / 2

function law(name: string, parts: readonly Part[]): Law {
  const mean = parts.reduce((sum, [w, mu]) => sum + w * mu, 0)
  const cdf = (x: number, sigma: number): number =>
    parts.reduce((sum, [w, mu, c]) => sum + w * Phi((x - mu) / Math.sqrt(c + sigma ** 2)), 0)
  return {
    name,
    denoise: mixtureDenoiser(parts.map(([weight, mu, covariance]) => ({ weight, mean: [mu], covariance }))),
    mean,
    variance: parts.reduce((sum, [w, mu, c]) => sum + w * (c + mu ** 2), 0) - mean ** 2,
    density: (x, sigma) =>
      parts.reduce((sum, [w, mu, c]) => {
        const v = c + sigma ** 2
        return sum + (w * Math.exp(-((x - mu) ** 2) / (2 * v))) / Math.sqrt(2 * Math.PI * v)
      }, 0),
    flow(x, from, to) {
      const u = cdf(x, from)
      let [a, b] = [-100, 100]
      for (let i = 0; i < 100; i++) {
        const c = (a + b) / 2
        if (cdf(c, to) < u) a = c
        else b = c
      }
      return (a + b) / 2
    },
  }
}

export const gaussian = law('gaussian', [[1, 0.3, 0.5]])
export const mixture = law('mixture', [
  [0.4, -1.2, 0.055],
  [0.6, 0.8, 0.03],
])
