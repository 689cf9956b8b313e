/** What reference Markov chains leave behind, and the loop they share: all chains take each step together, as one batch. */
import { array, zeros, type NdArray } from '../../io/array.js'
import { derive, uniform, type Key } from '../../random.js'
import { convergence, type Convergence } from '../convergence.js'

export interface ChainOptions {
  /** Draws kept of each chain. */
  readonly draws: number
  /** Steps before the first draw, in which the step size adapts; as many as are taken after it unless given. */
  readonly warmup?: number
  /** Steps for each draw; 1 unless given. */
  readonly thin?: number
  /** 4 unless given. */
  readonly chains?: number
  readonly key: Key
}

export interface ChainDraws {
  /** [chains, draws, ...shape]. */
  readonly draws: NdArray<Float64Array>
  /** What decided on acceptance, for each draw [chains, draws]: the log-likelihood of `pcn`, the log-density of the random walk. */
  readonly log: NdArray<Float64Array>
  /** Share of proposals that were accepted after the warm-up, for each chain. */
  readonly acceptance: Float64Array
  /** R-hat and effective sizes of each element [...shape], in C order. */
  readonly convergence: readonly Convergence[]
  /** The worst of them. */
  readonly worst: Convergence
  /** Evaluations of the likelihood, all chains together. */
  readonly evaluations: number
}

/** The states of all chains [chains * size], and log densities in which they are accepted. */
export interface State {
  x: Float64Array
  log: Float64Array
}

export interface Kernel {
  readonly shape: readonly number[]
  start(chains: number): State
  /** Proposes for every chain at once; what is accepted is decided by `log`. */
  propose(state: State, step: number): State
  /** After each step of the warm-up: the probability with which each proposal was accepted. */
  adapt(state: State, probability: Float64Array, step: number): void
}

/** Runs a Metropolis kernel: a proposal is accepted with probability min(1, exp(log' - log)). */
export function runChains(kernel: Kernel, options: ChainOptions, where: string): ChainDraws {
  const { draws, thin = 1, chains = 4, key } = options
  const warmup = options.warmup ?? draws * thin
  assertCounts({ draws, thin, chains, warmup }, where)
  const size = kernel.shape.reduce((a, b) => a * b, 1)
  const state = kernel.start(chains)
  const kept = zeros('float64', [chains, draws, ...kernel.shape])
  const logs = zeros('float64', [chains, draws])
  const [accepted, u, probability] = [0, 0, 0].map(() => new Float64Array(chains)) as [Float64Array, Float64Array, Float64Array] // prettier-ignore
  const steps = warmup + draws * thin
  for (let step = 0; step < steps; step++) {
    const proposal = kernel.propose(state, step)
    uniform(derive(key, 'accept'), u, step * chains)
    for (let c = 0; c < chains; c++) {
      if (Number.isNaN(proposal.log[c]!)) throw new Error(`${where}: the log-density of a proposal of chain ${c} is NaN; return -Infinity where it is impossible`) // prettier-ignore
      probability[c] = Math.min(1, Math.exp(proposal.log[c]! - state.log[c]!))
      if (u[c]! >= probability[c]!) continue
      state.x.set(proposal.x.subarray(c * size, (c + 1) * size), c * size)
      state.log[c] = proposal.log[c]!
      if (step >= warmup) accepted[c]!++
    }
    if (step < warmup) kernel.adapt(state, probability, step)
    const after = step - warmup + 1
    if (after <= 0 || after % thin !== 0) continue
    for (let c = 0; c < chains; c++) {
      const at = c * draws + after / thin - 1
      kept.data.set(state.x.subarray(c * size, (c + 1) * size), at * size)
      logs.data[at] = state.log[c]!
    }
  }
  const acceptance = accepted.map(n => n / (draws * thin))
  return { ...judged(kept), log: logs, acceptance, evaluations: chains * (steps + 1) }
}

/** Draws [chains, draws, ...shape] with R-hat and effective sizes of each element. */
export function judged(draws: NdArray<Float64Array>): Pick<ChainDraws, 'draws' | 'convergence' | 'worst'> {
  const [chains, n] = [draws.shape[0]!, draws.shape[1]!]
  const size = draws.size / (chains * n)
  const each = Array.from({ length: size }, (_, k) =>
    convergence(
      Array.from({ length: chains }, (_, c) => Float64Array.from({ length: n }, (_, d) => draws.data[(c * n + d) * size + k]!)), // prettier-ignore
    ),
  )
  const worst: Convergence = {
    rHat: Math.max(...each.map(e => e.rHat)),
    bulkEss: Math.min(...each.map(e => e.bulkEss)),
    tailEss: Math.min(...each.map(e => e.tailEss)),
    meanEss: Math.min(...each.map(e => e.meanEss)),
  }
  return { draws, convergence: each, worst }
}

/** Throws RangeError for a length of chains that is none. */
export function assertCounts(
  counts: Readonly<Record<'draws' | 'thin' | 'chains' | 'warmup', number>>,
  where: string,
): void {
  const least = { draws: 8, thin: 1, chains: 2, warmup: 0 }
  for (const name of ['draws', 'thin', 'chains', 'warmup'] as const)
    if (!(Number.isSafeInteger(counts[name]) && counts[name] >= least[name])) throw new RangeError(`${where}: ${name} = ${counts[name]}; wants an integer from ${least[name]}`) // prettier-ignore
}

/** Throws RangeError unless a log-density gave one number for each of `n` items. */
export function assertLogs(log: Float64Array, n: number, where: string): Float64Array {
  if (log.length !== n) throw new RangeError(`${where}: ${log.length} log-densities for ${n} chains; wants one for each item of the batch`) // prettier-ignore
  return log
}

export const batch = (data: Float64Array, n: number, shape: readonly number[]): NdArray<Float64Array> =>
  array(data, [n, ...shape])
