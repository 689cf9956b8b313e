/**
 * Whether Markov chains have converged, and how much their draws are worth: split R-hat and effective sample sizes, on ranks
 * brought to normal scores, so that heavy tails and chains of different scale are seen too.
 *
 * Source: A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Burkner, "Rank-normalization, folding, and localization: an
 * improved R-hat", Bayesian Analysis 16 (2021), arXiv 1903.08008; C. J. Geyer, Stat. Sci. 7 (1992), for the cut of the sums.
 */
import { normalQuantile } from '../random.js'

/** Draws of one quantity: one list for each chain, all as long. */
export type Chains = readonly Float64Array[]

export interface Convergence {
  /** The larger of R-hat of the normal scores and of their folded ones; below 1.01 in a good run. */
  readonly rHat: number
  /** Effective draws for the bulk (normal scores), for the 5 and 95 % quantiles (the smaller), and for the mean itself. */
  readonly bulkEss: number
  readonly tailEss: number
  readonly meanEss: number
}

/**
 * The diagnostics of one quantity; NaN where all draws are one value.
 *
 * @param chains two or more lists of at least 8 draws.
 * @throws RangeError for fewer, lists of different lengths, or draws that are not finite.
 */
export function convergence(chains: Chains): Convergence {
  assertChains(chains)
  const halves = split(chains)
  const scores = normalScores(halves)
  const median = quantile(halves, 0.5)
  const folded = normalScores(halves.map(half => half.map(v => Math.abs(v - median))))
  const below = (u: number): number => {
    const q = quantile(halves, u)
    return effectiveSize(halves.map(half => half.map(v => (v <= q ? 1 : 0))))
  }
  return {
    rHat: Math.max(rHat(scores), rHat(folded)),
    bulkEss: effectiveSize(scores),
    tailEss: Math.min(below(0.05), below(0.95)),
    meanEss: effectiveSize(halves),
  }
}

function assertChains(chains: Chains): void {
  const n = chains[0]?.length ?? 0
  if (chains.length < 2 || n < 8) throw new RangeError(`convergence: ${chains.length} chains of ${n} draws; wants two or more, of at least 8`) // prettier-ignore
  chains.forEach((chain, c) => {
    if (chain.length !== n) throw new RangeError(`convergence: chain ${c} has ${chain.length} draws, chain 0 has ${n}`)
    const bad = chain.findIndex(v => !Number.isFinite(v))
    if (bad >= 0) throw new RangeError(`convergence: draw ${bad} of chain ${c} is ${chain[bad]!}`)
  })
}

/** Each chain as two, so that a drift within one is seen; the middle draw of an odd number is left out. */
function split(chains: Chains): Float64Array[] {
  const half = Math.floor(chains[0]!.length / 2)
  return chains.flatMap(chain => [chain.slice(0, half), chain.slice(chain.length - half)])
}

const flat = (chains: Chains): Float64Array => Float64Array.from(chains.flatMap(chain => [...chain]))

/** The u-quantile of all draws, linear between order statistics. */
function quantile(chains: Chains, u: number): number {
  const sorted = flat(chains).sort()
  const at = u * (sorted.length - 1)
  const low = Math.floor(at)
  const next = sorted[Math.min(low + 1, sorted.length - 1)]!
  return sorted[low]! + (at - low) * (next - sorted[low]!)
}

/** Phi^-1((rank - 3/8) / (S + 1/4)), ranks from 1 among all draws, the mean rank for ties. */
function normalScores(chains: Chains): Float64Array[] {
  const values = flat(chains)
  const order = Uint32Array.from(values, (_, k) => k).sort((a, b) => values[a]! - values[b]!)
  const scores = new Float64Array(values.length)
  for (let first = 0; first < order.length;) {
    let end = first + 1
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++
    const score = normalQuantile(((first + 1 + end) / 2 - 0.375) / (values.length + 0.25))
    for (let k = first; k < end; k++) scores[order[k]!] = score
    first = end
  }
  const n = chains[0]!.length
  return chains.map((_, c) => scores.slice(c * n, (c + 1) * n))
}

interface Variances {
  /** Mean variance within chains. */
  readonly within: number
  /** The estimate of the variance of the target that over-estimates before convergence. */
  readonly total: number
  readonly means: readonly number[]
}

function variances(chains: Chains): Variances {
  const n = chains[0]!.length
  const means = chains.map(chain => chain.reduce((a, b) => a + b, 0) / n)
  const grand = means.reduce((a, b) => a + b, 0) / means.length
  const between = means.reduce((sum, m) => sum + (m - grand) ** 2, 0) / (means.length - 1)
  const square = (chain: Float64Array, mean: number): number => chain.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  const within = chains.reduce((sum, chain, c) => sum + square(chain, means[c]!), 0) / (chains.length * (n - 1))
  return { within, total: ((n - 1) / n) * within + between, means }
}

function rHat(chains: Chains): number {
  const { within, total } = variances(chains)
  return Math.sqrt(total / within)
}

/** S / (1 + 2 sum of autocorrelations), the sum cut where pairs of them turn negative, and kept from rising. */
function effectiveSize(chains: Chains): number {
  const [n, size] = [chains[0]!.length, chains.length * chains[0]!.length]
  const { within, total, means } = variances(chains)
  if (!(total > 0)) return NaN
  const correlation = (lag: number): number => {
    let sum = 0
    chains.forEach((chain, c) => {
      const mean = means[c]!
      for (let k = lag; k < n; k++) sum += (chain[k]! - mean) * (chain[k - lag]! - mean)
    })
    // The biased autocovariance, scaled as `within` is.
    return 1 - (within - sum / (chains.length * (n - 1))) / total
  }
  let tau = -1
  let last = Infinity
  for (let lag = 0; lag + 1 < n; lag += 2) {
    const pair = (lag === 0 ? 1 : correlation(lag)) + correlation(lag + 1)
    if (pair <= 0) break
    last = Math.min(last, pair)
    tau += 2 * last
  }
  return Math.min(size / Math.max(tau, 1 / Math.log10(size)), size * Math.log10(size))
}
