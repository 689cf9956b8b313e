/**
 * Parallel tempering: reference samples in a few parameters where the posterior has several modes. Each chain is a ladder of
 * walkers,
 *
 *   p_l(theta) ~ p(theta) L(theta)^beta_l,   1 = beta_0 > ... > beta_K = 0,
 *
 * that exchange states with their neighbours, even and odd pairs by turns, which carries states through the ladder instead of
 * letting them diffuse. At beta = 0 the prior draws afresh, so that every mode is met; at the others a random walk adapts. In
 * the warm-up the ladder adapts too, until all neighbours exchange equally often. One level is plain adaptive Metropolis.
 *
 * Source: S. Syed, A. Bouchard-Cote, G. Deligiannidis, A. Doucet, "Non-reversible parallel tempering: a scalable highly
 * parallel MCMC scheme", J. R. Stat. Soc. B 84 (2022), arXiv 1905.02939.
 */
import { array, zeros, type NdArray } from '../../io/array.js'
import type { ParametricPrior } from '../../physics/parametric.js'
import { derive, normal, uniform } from '../../random.js'
import { assertCounts, assertLogs, judged, type ChainDraws, type ChainOptions } from './chains.js'
import { openLadder } from './ladder.js'
import { randomWalk } from './random-walk.js'

export interface TemperingOptions extends ChainOptions {
  readonly prior: Pick<ParametricPrior, 'names' | 'sampleParameters' | 'logDensity'>
  /** log p(y | theta) of each row of [n, p], up to a constant; asked within the prior's support only. */
  readonly logLikelihood: (theta: NdArray<Float64Array>) => Float64Array
  /** Walkers of each chain; 10 unless given, 1 for no tempering. */
  readonly levels?: number
}

export interface TemperedDraws extends ChainDraws {
  /** 1 = beta_0 > ... > beta_K = 0. */
  readonly betas: Float64Array
  /** Share of exchanges between levels l and l + 1 that were accepted after the warm-up. */
  readonly exchanges: Float64Array
  /** Journeys of a state from the prior to the posterior after the warm-up, all chains together: each a fresh start. */
  readonly arrivals: number
}

/** Runs `temperingSteps` to its end. @throws as it does. */
export function parallelTempering(options: TemperingOptions): TemperedDraws {
  const steps = temperingSteps(options)
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
  }
}

/**
 * Chains that start from draws of the prior, step by step, so that the caller may breathe in between. Yields the share that
 * is done. The same options give the same draws; `log` is log p(y | theta) + log p(theta).
 *
 * @throws RangeError for a number that is not positive; Error where the likelihood is NaN.
 */
export function* temperingSteps(options: TemperingOptions): Generator<number, TemperedDraws> {
  const where = 'parallelTempering'
  const { prior, draws, thin = 1, chains = 4, levels = 10, key } = options
  const warmup = options.warmup ?? draws * thin
  assertCounts({ draws, thin, chains, warmup }, where)
  if (!(Number.isSafeInteger(levels) && levels >= 1)) throw new RangeError(`${where}: levels = ${levels}; wants an integer from 1`) // prettier-ignore
  const p = prior.names.length
  const [walkers, last] = [chains * levels, levels - 1]
  const fresh = levels > 1 // the last level draws from the prior
  const rows = (data: Float64Array): NdArray<Float64Array> => array(data, [data.length / p, p])
  const likelihood = (theta: Float64Array): Float64Array => {
    const log = assertLogs(options.logLikelihood(rows(theta)), theta.length / p, where)
    const bad = log.findIndex(Number.isNaN)
    if (bad >= 0) throw new Error(`${where}: the log-likelihood of [${theta.slice(bad * p, (bad + 1) * p).join(', ')}] is NaN; return -Infinity where it is impossible`) // prettier-ignore
    return log
  }

  // Walker l * chains + c is level l of chain c.
  const x = prior.sampleParameters(derive(key, 'start'), walkers).data
  const L = likelihood(x.slice())
  const P = prior.logDensity(rows(x))
  const of = (level: number): Float64Array => x.subarray(level * chains * p, (level + 1) * chains * p)
  const walks = Array.from({ length: fresh ? last : 1 }, (_, l) => randomWalk(p, of(l), where))
  const ladder = openLadder(levels, chains, warmup)
  const [z, u] = [new Float64Array(walkers * p), new Float64Array(walkers)]
  const probability = new Float64Array(levels)
  const accepted = new Float64Array(chains)

  function move(step: number): void {
    normal(derive(key, 'propose'), z, step * z.length)
    uniform(derive(key, 'accept'), u, step * walkers)
    const proposal = x.slice()
    const walking = (fresh ? last : 1) * chains
    for (let w = 0; w < walking; w++) walks[Math.floor(w / chains)]!.move(proposal.subarray(w * p, (w + 1) * p), z.subarray(w * p)) // prettier-ignore
    if (fresh) proposal.set(prior.sampleParameters(derive(key, 'prior'), chains, step * chains).data, walking * p)
    const nextP = prior.logDensity(rows(proposal))
    // Outside the support nothing is asked of the likelihood.
    for (let w = 0; w < walkers; w++) if (nextP[w] === -Infinity) proposal.set(x.subarray(w * p, (w + 1) * p), w * p)
    const nextL = likelihood(proposal)
    probability.fill(0)
    const betas = ladder.betas()
    for (let w = 0; w < walkers; w++) {
      const level = Math.floor(w / chains)
      const log = betas[level]! * (nextL[w]! - L[w]!) + nextP[w]! - P[w]!
      const chance = w >= walking ? 1 : nextP[w] === -Infinity ? 0 : Math.min(1, Math.exp(log))
      probability[level]! += chance / chains
      if (!(u[w]! < chance)) continue
      x.set(proposal.subarray(w * p, (w + 1) * p), w * p)
      L[w] = nextL[w]!
      P[w] = nextP[w]!
      if (step >= warmup && level === 0) accepted[w]!++
      if (w >= walking) ladder.drawn(w)
    }
  }

  function exchange(step: number): void {
    uniform(derive(key, 'exchange'), u, step * walkers)
    const swapAll = (a: number, b: number): void => {
      swap(x, a, b, p)
      for (const values of [L, P]) swap(values, a, b, 1)
    }
    ladder.exchange(step, u, w => L[w]!, swapAll)
  }

  function adapt(step: number): void {
    walks.forEach((walk, l) => {
      walk.adapt(of(l), probability[l]!, step)
    })
    ladder.adapt(step)
  }

  const kept = zeros('float64', [chains, draws, p])
  const logs = zeros('float64', [chains, draws])
  const steps = warmup + draws * thin
  for (let step = 0; step < steps; step++) {
    move(step)
    exchange(step)
    if (step < warmup) adapt(step)
    const after = step - warmup + 1
    if (after > 0 && after % thin === 0)
      for (let c = 0; c < chains; c++) {
        const at = c * draws + after / thin - 1
        kept.data.set(x.subarray(c * p, (c + 1) * p), at * p)
        logs.data[at] = L[c]! + P[c]!
      }
    yield (step + 1) / steps
  }
  return {
    ...judged(kept),
    ...{ log: logs, betas: ladder.betas(), exchanges: ladder.exchanges(), arrivals: ladder.arrivals() },
    acceptance: accepted.map(n => n / (draws * thin)),
    evaluations: walkers * (steps + 1),
  }
}

/** Exchanges rows a and b, of p values each. */
function swap(values: Float64Array, a: number, b: number, p: number): void {
  for (let k = 0; k < p; k++) {
    const value = values[a * p + k]!
    values[a * p + k] = values[b * p + k]!
    values[b * p + k] = value
  }
}
