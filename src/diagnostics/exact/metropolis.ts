/**
 * Random-walk Metropolis with adaptation: reference samples in a few parameters, for any prior and likelihood. The walk
 * (random-walk.ts) adapts to all chains' warm-up and then stays, so that what is kept is a Markov chain.
 */
import type { NdArray } from '../../io/array.js'
import { rowsOf } from '../../linalg/values.js'
import { derive, normal } from '../../random.js'
import { assertLogs, batch, runChains, type ChainDraws, type ChainOptions } from './chains.js'
import { randomWalk } from './random-walk.js'

export interface MetropolisOptions extends Omit<ChainOptions, 'chains'> {
  /** log of the density, up to a constant, of each row of [chains, p]; -Infinity where it is zero. */
  readonly logDensity: (theta: NdArray<Float64Array>) => Float64Array
  /** Where the chains start [chains, p], such as draws of the prior: they also tell the first scales. */
  readonly start: NdArray
}

export interface MetropolisDraws extends ChainDraws {
  /** s^2 K after the warm-up [p, p]. */
  readonly proposal: NdArray<Float64Array>
}

/**
 * Adaptive random-walk Metropolis. The same options give the same draws.
 *
 * @throws RangeError for a start of density zero or fewer than two chains; Error where the density is NaN.
 */
export function adaptiveMetropolis(options: MetropolisOptions): MetropolisDraws {
  const where = 'adaptiveMetropolis'
  const { logDensity, start, key } = options
  const [chains, p] = [start.shape[0] ?? 0, start.shape[1] ?? 0]
  const first = rowsOf(`${where}: start`, start, [p]).data
  const logs = (theta: Float64Array): Float64Array => assertLogs(logDensity(batch(theta, chains, [p])), chains, where)
  const walk = randomWalk(p, first, where)
  const z = new Float64Array(chains * p)
  const draws = runChains(
    {
      shape: [p],
      start() {
        const log = logs(first.slice())
        const bad = log.findIndex(v => !Number.isFinite(v))
        if (bad >= 0) throw new RangeError(`${where}: the log-density at the start of chain ${bad} is ${log[bad]!}; start where it is finite`) // prettier-ignore
        return { x: first.slice(), log }
      },
      propose({ x }, step) {
        normal(derive(key, 'propose'), z, step * z.length)
        const proposal = x.slice()
        for (let k = 0; k < z.length; k += p) walk.move(proposal.subarray(k, k + p), z.subarray(k, k + p))
        return { x: proposal, log: logs(proposal) }
      },
      adapt({ x }, probability, step) {
        walk.adapt(x, probability.reduce((a, b) => a + b, 0) / chains, step)
      },
    },
    { ...options, chains },
    where,
  )
  return { ...draws, proposal: walk.covariance() }
}
