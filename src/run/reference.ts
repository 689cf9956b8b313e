/**
 * The reference posterior of a problem whose prior is parametric: long Markov chains in its parameters theta (parallel
 * tempering, with Gauss-Newton proposals where the field has a derivative in theta, else by random walks), and what they say
 * of the fields. Stands where a Gaussian prior has an exact posterior.
 */
import { judged } from '../diagnostics/exact/chains.js'
import { geometricSteps, temperingSteps, type TemperedDraws } from '../diagnostics/exact/index.js'
import type { Convergence } from '../diagnostics/convergence.js'
import { momentAccumulator } from '../diagnostics/summary.js'
import { array, type NdArray } from '../io/array.js'
import type { ParametricPrior } from '../physics/parametric.js'
import type { ProblemParts } from '../problem.js'
import { key } from '../random.js'
import type { Observation } from './condition.js'
import { openMeasuredLaw } from './reference-law.js'

/** How a chain moves at each level of the tempering. */
export const moveNames = ['gauss-newton', 'random-walk'] as const
export type MoveName = (typeof moveNames)[number]

export interface ReferenceOptions {
  /** Default: `gauss-newton` where the prior is smooth and there are levels, else `random-walk`. */
  readonly moves?: MoveName
  /** Draws kept of each chain. Default 1000. */
  readonly draws?: number
  /** Steps for each draw. Default 10. */
  readonly thin?: number
  /** Default: 2048 steps of `gauss-newton`, which knows its scales; else as many as are taken after it. */
  readonly warmup?: number
  /** Default 4. */
  readonly chains?: number
  /** Levels of the tempering, 1 for none. Default 10. */
  readonly levels?: number
  /** Default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
  /** The share that is done. */
  readonly progress?: (share: number) => void
}

/** What was run. */
export type ReferenceSettings = Required<Pick<ReferenceOptions, 'moves' | 'draws' | 'thin' | 'warmup' | 'chains' | 'levels' | 'seed'>> // prettier-ignore

export interface Reference {
  readonly settings: ReferenceSettings
  readonly names: readonly string[]
  /** Draws of theta [chains, draws, p], and log p(y | theta) + log p(theta) of each. */
  readonly theta: NdArray<Float64Array>
  readonly log: NdArray<Float64Array>
  /** Moments of the unknown over all draws [...shape]. */
  readonly mean: NdArray<Float64Array>
  readonly std: NdArray<Float64Array>
  /** The worst over the parameters; large where equal plumes change their names too seldom, though the fields have converged. */
  readonly parameters: Convergence
  /** The worst over up to 64 cells of the unknown, spread over the grid, that vary, and the log-density. */
  readonly fields: Convergence
  readonly chains: Pick<TemperedDraws, 'acceptance' | 'betas' | 'exchanges' | 'arrivals' | 'evaluations'>
  readonly seconds: number
}

/** Cells in which convergence is judged, and fields that are made at once. */
const [WATCHED, BATCH] = [64, 256]

/**
 * Chains for one observation. The same seed gives the same draws.
 *
 * @throws RangeError where the prior has no parameters or a number is not positive; the reason of the signal.
 */
export async function referencePosterior(
  parts: ProblemParts,
  observation: Observation,
  { draws = 1000, thin = 10, chains = 4, levels = 10, seed = 0, ...options }: ReferenceOptions = {},
): Promise<Reference> {
  const began = performance.now()
  const law = openMeasuredLaw(parts, observation)
  const { prior } = law
  const { moves = prior.smooth && levels > 1 ? 'gauss-newton' : 'random-walk' } = options
  const { warmup = moves === 'gauss-newton' ? 2048 : draws * thin } = options
  const steps = { ...law, draws, thin, warmup, chains, levels, key: key(seed, 'reference') }
  const ways: Record<MoveName, () => Steps> = {
    'gauss-newton': () => geometricSteps(steps),
    'random-walk': () => temperingSteps(steps),
  }
  if (!Object.hasOwn(ways, moves)) throw new RangeError(`referencePosterior: there are no moves '${moves as string}': ${moveNames.join(', ')}`) // prettier-ignore
  const found = await breathing(ways[moves](), options).finally(() => law.dispose())
  const watched = await fieldsOf(prior, found.draws, evenly(parts.unknown.grid.size, WATCHED), found.log, options)
  return {
    settings: { moves, draws, thin, warmup, chains, levels, seed },
    ...{ names: prior.names, theta: found.draws, log: found.log, parameters: found.worst, ...watched },
    chains: {
      ...{ acceptance: found.acceptance, betas: found.betas, exchanges: found.exchanges, arrivals: found.arrivals },
      evaluations: found.evaluations,
    },
    seconds: (performance.now() - began) / 1000,
  }
}

type Steps = Generator<number, TemperedDraws> | AsyncGenerator<number, TemperedDraws>

/** Runs to the end, but lets signals and timers through ten times a second. */
async function breathing(
  steps: Steps,
  { signal, progress }: Pick<ReferenceOptions, 'signal' | 'progress'>,
): Promise<TemperedDraws> {
  for (let last = performance.now(); ;) {
    const { done, value } = await steps.next()
    if (done) return value
    if (performance.now() - last < 100) continue
    progress?.(value)
    await new Promise(resolve => setImmediate(resolve))
    signal?.throwIfAborted()
    last = performance.now()
  }
}

/** Up to `count` of 0, ..., size - 1, evenly. */
export const evenly = (size: number, count: number): number[] =>
  Array.from({ length: Math.min(size, count) }, (_, k) => Math.floor(((k + 0.5) * size) / Math.min(size, count)))

async function fieldsOf(
  prior: ParametricPrior,
  theta: NdArray<Float64Array>,
  cells: readonly number[],
  log: NdArray<Float64Array>,
  { signal }: Pick<ReferenceOptions, 'signal'>,
): Promise<Pick<Reference, 'mean' | 'std' | 'fields'>> {
  const [chains, draws, p] = theta.shape as [number, number, number]
  const [n, N] = [chains * draws, prior.grid.size]
  const moments = momentAccumulator(prior.grid.shape)
  const columns = cells.length + 1
  const watched = new Float64Array(n * columns)
  for (let first = 0; first < n; first += BATCH) {
    const count = Math.min(BATCH, n - first)
    const x = prior.field(array(theta.data.slice(first * p, (first + count) * p), [count, p]))
    moments.add(x)
    for (let r = 0; r < count; r++) {
      cells.forEach((cell, k) => (watched[(first + r) * columns + k] = x.data[r * N + cell]!))
      watched[(first + r) * columns + cells.length] = log.data[first + r]!
    }
    await new Promise(resolve => setImmediate(resolve))
    signal?.throwIfAborted()
  }
  const { mean, std } = moments.moments()
  // Where the posterior says 0 to many digits, ranks are those of round-off.
  const largest = std.data.reduce((a, b) => Math.max(a, b), 0)
  const kept = [...cells.keys()].filter(k => std.data[cells[k]!]! > 1e-3 * largest)
  const chosen = [...kept, cells.length]
  const values = new Float64Array(n * chosen.length)
  for (let r = 0; r < n; r++) chosen.forEach((k, i) => (values[r * chosen.length + i] = watched[r * columns + k]!))
  return { mean, std, fields: judged(array(values, [chains, draws, chosen.length])).worst }
}
