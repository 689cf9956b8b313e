/**
 * Judges a model by the truths of held-out cases of each family of operators: for priors that have no exact posterior. Scores
 * are in deviations of the prior, and the smaller the better; those of the exact posterior are not 0.
 */
import { crps } from '../diagnostics/crps.js'
import { moments } from '../diagnostics/summary.js'
import { sizeOf, type NdArray } from '../io/array.js'
import type { Posterior } from '../posterior.js'
import type { OperatorFamily } from '../problem.js'
import { coveredTruths, type Covered } from './covered.js'
import { average } from './error-spread.js'
import type { EvaluateOptions } from './evaluate.js'
import { heldOutCase } from './exact-case.js'

export interface TruthScores {
  /** Root mean square of posterior mean - truth over the cells. */
  readonly rmse: number
  /** Continuous ranked probability score, mean over the cells. */
  readonly crps: number
  /** Energy score (mean |x_i - truth| - mean |x_i - x_j|/2) / sqrt(N): it sees the dependence between cells too. */
  readonly energy: number
}

/** Scores of one family: `rmse` is pooled over its observations, the others are their mean. */
export interface TruthEvaluation extends TruthScores {
  readonly family: string
  readonly coverage: Covered
  /** Of each case alone. */
  readonly cases: readonly (TruthScores & { readonly coverage: Covered })[]
  readonly observations: number
  readonly seconds: number
}

/** The same held-out cases as `evaluate` takes. @throws RangeError for fewer than two draws. */
export async function evaluateTruths(
  posterior: Posterior,
  { families = posterior.parts.operators, observations = posterior.problem.test.count, done, ...options }: Omit<EvaluateOptions, 'exact'> = {}, // prettier-ignore
): Promise<TruthEvaluation[]> {
  const rows: TruthEvaluation[] = []
  for (const [f, family] of families.entries()) {
    const finished = (i: number): void => done?.(f * observations + i, families.length * observations)
    rows.push(await judgeFamily(posterior, family, { ...options, observations }, finished))
  }
  return rows
}

async function judgeFamily(
  posterior: Posterior,
  family: OperatorFamily,
  { observations, draws = 256, ...options }: EvaluateOptions & { readonly observations: number },
  finished: (i: number) => void,
): Promise<TruthEvaluation> {
  const { std: unit } = posterior.model.spec.view
  const covered = coveredTruths(posterior.prior.mean.shape)
  const cases: TruthEvaluation['cases'][number][] = []
  let seconds = 0
  for (let i = 0; i < observations; i++) {
    const { observation, truth } = heldOutCase(posterior, family, i)
    const { x, seconds: spent } = await posterior.sample(observation, { ...options, draws, seed: i })
    seconds += spent
    cases.push({ ...scoresOf(x, truth, unit), coverage: covered.add(x, truth) })
    finished(i + 1)
  }
  const mean = (score: keyof TruthScores, power = 1): number => average(cases.map(one => one[score] ** power))
  return {
    ...{ family: family.name, rmse: Math.sqrt(mean('rmse', 2)), crps: mean('crps'), energy: mean('energy') },
    ...{ coverage: covered.value(), cases, observations, seconds },
  }
}

/**
 * Scores of samples x [n, ...shape] for a truth [...shape], in units of `unit`.
 *
 * Source of the energy score: T. Gneiting, A. E. Raftery, J. Am. Stat. Assoc. 102 (2007), section 4.3; without bias in n.
 */
export function scoresOf(x: NdArray<Float64Array>, truth: NdArray<Float64Array>, unit: number): TruthScores {
  const N = sizeOf(truth.shape)
  const n = x.size / N
  const field = (r: number): Float64Array => x.data.subarray(r * N, (r + 1) * N)
  let [far, apart] = [0, 0]
  for (let i = 0; i < n; i++) {
    far += distance(field(i), truth.data)
    for (let j = 0; j < i; j++) apart += distance(field(i), field(j))
  }
  const energy = far / n - apart / (n * (n - 1))
  return {
    rmse: distance(moments(x).mean.data, truth.data) / Math.sqrt(N) / unit,
    crps: average(Array.from(crps(x, truth).data)) / unit,
    energy: energy / Math.sqrt(N) / unit,
  }
}

/** |a - b|. */
function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2
  return Math.sqrt(sum)
}
