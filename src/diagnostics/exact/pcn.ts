/**
 * The preconditioned Crank-Nicolson algorithm: reference samples for a Gaussian prior and any likelihood, whatever the size
 * of the grid,
 *
 *   x' = mu + sqrt(1 - beta^2) (x - mu) + beta xi,   xi ~ N(0, C),   accepted with min(1, p(y | x') / p(y | x)).
 *
 * beta adapts to an acceptance of 0.3 in the warm-up, and then stays.
 *
 * Source: S. Cotter, G. Roberts, A. Stuart, D. White, "MCMC methods for functions", Stat. Sci. 28 (2013), arXiv 1202.0709.
 */
import type { NdArray } from '../../io/array.js'
import type { GaussianPrior } from '../../linalg/gaussian.js'
import { derive } from '../../random.js'
import { assertLogs, batch, runChains, type ChainDraws, type ChainOptions } from './chains.js'

export interface PcnOptions extends ChainOptions {
  /** mu and C. */
  readonly prior: Pick<GaussianPrior, 'mean' | 'sample'>
  /** log p(y | x) of each field of a batch [chains, ...shape], up to a constant. */
  readonly logLikelihood: (x: NdArray<Float64Array>) => Float64Array
  /** The first beta, in (0, 1]; 0.2 unless given. */
  readonly beta?: number
}

export interface PcnDraws extends ChainDraws {
  /** beta after the warm-up. */
  readonly beta: number
}

const target = 0.3

/**
 * Chains from draws of the prior. The same options give the same draws.
 *
 * @throws RangeError for a number that is not positive; Error where the likelihood is NaN.
 */
export function pcn(options: PcnOptions): PcnDraws {
  const where = 'pcn'
  const { prior, logLikelihood, key, beta: first = 0.2 } = options
  if (!(first > 0 && first <= 1)) throw new RangeError(`${where}: beta = ${first}; wants a number in (0, 1]`)
  const mu = prior.mean.data
  const { shape, size } = prior.mean
  let beta = first
  const logs = (x: Float64Array): Float64Array => assertLogs(logLikelihood(batch(x, x.length / size, shape)), x.length / size, where) // prettier-ignore
  const draws = runChains(
    {
      shape,
      start(chains) {
        const x = prior.sample(derive(key, 'start'), chains).data
        return { x, log: logs(x) }
      },
      propose({ x }, step) {
        const chains = x.length / size
        const proposal = prior.sample(derive(key, 'propose'), chains, step * chains).data
        const keep = Math.sqrt(1 - beta ** 2)
        for (let k = 0; k < x.length; k++) {
          const mean = mu[k % size]!
          proposal[k] = mean + keep * (x[k]! - mean) + beta * (proposal[k]! - mean)
        }
        return { x: proposal, log: logs(proposal) }
      },
      adapt(_, probability, step) {
        const mean = probability.reduce((a, b) => a + b, 0) / probability.length
        beta = Math.min(1, beta * Math.exp((mean - target) * (step + 1) ** -0.6))
      },
    },
    options,
    where,
  )
  return { ...draws, beta }
}
