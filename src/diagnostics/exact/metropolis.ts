/**
 * Random-walk Metropolis with adaptation: reference samples in a few parameters, for any prior and likelihood. Proposals are
 * N(theta, s^2 K): K is the covariance of all chains' warm-up so far, s^2 starts at 2.38^2/p and adapts to an acceptance of
 * 0.234. After the warm-up both stay, so that what is kept is a Markov chain.
 *
 * Source: H. Haario, E. Saksman, J. Tamminen, Bernoulli 7 (2001); G. Roberts, J. Rosenthal, Stat. Sci. 16 (2001).
 */
import { array, type NdArray } from '../../io/array.js'
import { choleskyInPlace } from '../../linalg/cholesky.js'
import { rowsOf } from '../../linalg/values.js'
import { derive, normal } from '../../random.js'
import { assertLogs, batch, runChains, type ChainDraws, type ChainOptions } from './chains.js'

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

const target = 0.234

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
  const moments = runningMoments(p)
  for (let c = 0; c < chains; c++) moments.add(first.subarray(c * p, (c + 1) * p))
  let scale = 2.38 / Math.sqrt(p)
  let factor = moments.factor(where)
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
        for (let c = 0; c < chains; c++)
          for (let i = 0; i < p; i++)
            for (let j = 0; j <= i; j++) proposal[c * p + i]! += scale * factor[i * p + j]! * z[c * p + j]!
        return { x: proposal, log: logs(proposal) }
      },
      adapt({ x }, probability, step) {
        const mean = probability.reduce((a, b) => a + b, 0) / chains
        scale *= Math.exp((mean - target) * (step + 1) ** -0.6)
        // The way in is forgotten: moments begin anew at powers of two, once there is enough to begin with.
        if (step >= 64 && (step & (step - 1)) === 0) moments.clear()
        for (let c = 0; c < chains; c++) moments.add(x.subarray(c * p, (c + 1) * p))
        if (step % 16 === 15 && moments.count() > 10 * p) factor = moments.factor(where)
      },
    },
    { ...options, chains },
    where,
  )
  const K = new Float64Array(p * p)
  for (let i = 0; i < p; i++)
    for (let j = 0; j < p; j++)
      for (let k = 0; k <= Math.min(i, j); k++) K[i * p + j]! += scale ** 2 * factor[i * p + k]! * factor[j * p + k]!
  return { ...draws, proposal: array(K, [p, p]) }
}

interface RunningMoments {
  add(theta: Float64Array): void
  clear(): void
  count(): number
  /** Lower Cholesky factor of the covariance, with a little of its diagonal where it is singular. */
  factor(where: string): Float64Array
}

function runningMoments(p: number): RunningMoments {
  let n = 0
  const [mean, sum] = [new Float64Array(p), new Float64Array(p * p)]
  const before = new Float64Array(p)
  return {
    add(theta) {
      n++
      for (let i = 0; i < p; i++) {
        before[i] = theta[i]! - mean[i]!
        mean[i]! += before[i]! / n
      }
      for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) sum[i * p + j]! += before[i]! * (theta[j]! - mean[j]!)
    },
    clear() {
      n = 0
      mean.fill(0)
      sum.fill(0)
    },
    count: () => n,
    factor(where) {
      const K = sum.map(v => v / Math.max(1, n - 1))
      for (let i = 0; i < p; i++) {
        const variance = K[i * (p + 1)]!
        K[i * (p + 1)] = variance > 0 ? variance * (1 + 1e-6) : 1e-12
        // Few points span no covariance: their scales alone.
        if (n <= 2 * p) K.fill(0, i * p, i * p + i)
      }
      choleskyInPlace(K, p, where)
      return K
    },
  }
}
