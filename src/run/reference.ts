/**
 * The reference posterior of a problem whose prior is parametric: long Markov chains in its parameters theta (parallel
 * tempering, tempering.ts), and what they say of the fields. Stands where a Gaussian prior has an exact posterior.
 */
import { judged } from '../diagnostics/exact/chains.js'
import { temperingSteps, type TemperedDraws } from '../diagnostics/exact/index.js'
import type { Convergence } from '../diagnostics/convergence.js'
import { momentAccumulator } from '../diagnostics/summary.js'
import { marginalDistances } from '../diagnostics/wasserstein.js'
import { array, sizeOf, type NdArray } from '../io/array.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import type { ParametricPrior } from '../physics/parametric.js'
import { isParametric, type ProblemParts } from '../problem.js'
import { key } from '../random.js'
import type { Observation } from './condition.js'
import { measurementOf } from './setting.js'

export interface ReferenceOptions {
  /** Draws kept of each chain. Default 1000. */
  readonly draws?: number
  /** Steps for each draw. Default 10. */
  readonly thin?: number
  /** Default: as many steps as are taken after it. */
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

export interface Reference {
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
  const prior = parametric(parts)
  const began = performance.now()
  const steps = temperingSteps({
    ...{ prior, logLikelihood: logLikelihoodOf(parts, observation), draws, thin, chains, levels },
    ...(options.warmup !== undefined && { warmup: options.warmup }),
    key: key(seed, 'reference'),
  })
  const found = await breathing(steps, options)
  const watched = await fieldsOf(prior, found.draws, spread(parts.unknown.grid.size, WATCHED), found.log, options)
  return {
    ...{ names: prior.names, theta: found.draws, log: found.log, parameters: found.worst, ...watched },
    chains: {
      ...{ acceptance: found.acceptance, betas: found.betas, exchanges: found.exchanges, arrivals: found.arrivals },
      evaluations: found.evaluations,
    },
    seconds: (performance.now() - began) / 1000,
  }
}

function parametric({ prior }: ProblemParts): ParametricPrior {
  if (isParametric(prior)) return prior
  throw new RangeError('referencePosterior: the prior has no parameters to run chains in; a Gaussian one has an exact posterior (densePosterior), another asks for chains of your own') // prettier-ignore
}

/** A linear A of few measurements is worked out once, [m, N]; past this many entries it is applied. */
const DENSE = 2 ** 20

/** log p(y | theta) of each row of theta. */
function logLikelihoodOf(
  parts: ProblemParts,
  observation: Observation,
): (theta: NdArray<Float64Array>) => Float64Array {
  const prior = parametric(parts)
  const { operator: A, noise, size: m } = measurementOf(parts, observation)
  const N = parts.unknown.grid.size
  const rows = isLinear(A) && m * N <= DENSE ? matrixOf(A).data : null
  const y = Float64Array.from(observation.y.data as Float64Array)
  if (y.length !== m) throw new RangeError(`referencePosterior: y has ${y.length} values, its operator measures ${m}`)
  const measured = (x: NdArray<Float64Array>, n: number): Float64Array => {
    if (!rows) return A.apply(x).data
    const clean = new Float64Array(n * m)
    for (let r = 0; r < n; r++) {
      const field = x.data.subarray(r * N, (r + 1) * N)
      for (let i = 0; i < m; i++) {
        const row = rows.subarray(i * N, (i + 1) * N)
        let [even, odd] = [0, 0] // two sums, so that one need not wait for the other
        for (let k = 0; k + 1 < N; k += 2) {
          even += row[k]! * field[k]!
          odd += row[k + 1]! * field[k + 1]!
        }
        clean[r * m + i] = even + odd + (N % 2 === 1 ? row[N - 1]! * field[N - 1]! : 0)
      }
    }
    return clean
  }
  return theta => {
    const n = theta.shape[0]!
    const repeated = new Float64Array(n * m)
    for (let r = 0; r < n; r++) repeated.set(y, r * m)
    return noise.logLikelihood(array(repeated, [n, m]), array(measured(prior.field(theta), n), [n, m]))
  }
}

/** Runs to the end, but lets signals and timers through ten times a second. */
async function breathing<T>(
  steps: Generator<number, T>,
  { signal, progress }: Pick<ReferenceOptions, 'signal' | 'progress'>,
): Promise<T> {
  for (let last = performance.now(); ;) {
    const { done, value } = steps.next()
    if (done) return value
    if (performance.now() - last < 100) continue
    progress?.(value)
    await new Promise(resolve => setImmediate(resolve))
    signal?.throwIfAborted()
    last = performance.now()
  }
}

/** Up to `count` of 0, ..., size - 1, evenly. */
const spread = (size: number, count: number): number[] =>
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

/** How far samples of the unknown are from a reference. */
export interface ReferenceDistance {
  /** W1 of each cell's marginal, in units of the unknown [...shape]. */
  readonly w1: NdArray<Float64Array>
  /** The same of as many draws from the first half of the chains: what chains that agree leave. */
  readonly floor: NdArray<Float64Array>
  /** Their means over the cells. */
  readonly mean: { readonly w1: number; readonly floor: number }
}

/**
 * Marginal Wasserstein distances of samples x [n, ...shape] to the second half of the chains, beside those of n draws of the
 * first half (all of them where there are fewer than n).
 *
 * @throws RangeError for samples of another shape.
 */
export function referenceDistance(
  parts: ProblemParts,
  { theta }: Pick<Reference, 'theta'>,
  x: NdArray,
): ReferenceDistance {
  const prior = parametric(parts)
  const [chains, draws, p] = theta.shape as [number, number, number]
  const half = Math.floor(chains / 2) * draws
  const fields = (rows: readonly number[]): NdArray<Float64Array> => {
    const chosen = new Float64Array(rows.length * p)
    rows.forEach((row, r) => {
      chosen.set(theta.data.subarray(row * p, (row + 1) * p), r * p)
    })
    return prior.field(array(chosen, [rows.length, p]))
  }
  const reference = fields(Array.from({ length: chains * draws - half }, (_, r) => half + r))
  const own = fields(spread(half, x.shape[0]!))
  const [w1, floor] = [marginalDistances(x, reference), marginalDistances(own, reference)]
  const average = (a: NdArray<Float64Array>): number => a.data.reduce((sum, v) => sum + v, 0) / sizeOf(a.shape)
  return { w1, floor, mean: { w1: average(w1), floor: average(floor) } }
}
