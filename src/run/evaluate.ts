/** Judges a model by exact posteriors, on held-out cases of each family of operators; for Gaussian priors. */
import { coverage } from '../diagnostics/coverage.js'
import { pooledError } from '../diagnostics/errors.js'
import { poolRanks, ranksOf, type Ranks } from '../diagnostics/ranks.js'
import { moments, sampleCovariance } from '../diagnostics/summary.js'
import { array, sizeOf, type NdArray } from '../io/array.js'
import { denseGaussian, linearEstimator, linearStatistics } from '../operators/encode.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import type { Observation, Posterior, SamplingOptions } from '../posterior.js'
import { isGaussian, type OperatorFamily } from '../problem.js'
import { derive, key } from '../random.js'
import { drawParameters, drawSetting, measurementOf } from './setting.js'

export interface EvaluateOptions extends SamplingOptions {
  /** Held-out observations of each family. Default: the problem's, 20. */
  readonly observations?: number
  /** Families to judge; default those of the problem's mixture. */
  readonly families?: readonly OperatorFamily[]
  /** Called after each observation. */
  readonly done?: (finished: number, all: number) => void
}

/** Errors of one family, pooled over its observations. */
export interface Evaluation {
  readonly family: string
  /** Relative L2 errors of posterior mean and deviation, relative Frobenius error of the covariance. */
  readonly mean: number
  readonly std: number
  readonly covariance: number
  /** The same of as many independent draws from the exact posterior: what sampling alone costs. */
  readonly floor: { readonly mean: number; readonly std: number; readonly covariance: number }
  /** Share of truths in central 90 % intervals: of cells, and of total mass, a line integral and a point. */
  readonly coverage: { readonly cells: number; readonly functionals: number }
  readonly observations: number
  readonly seconds: number
}

/** @throws RangeError where the prior is not Gaussian: then there is no exact posterior. */
export async function evaluate(posterior: Posterior, options: EvaluateOptions = {}): Promise<Evaluation[]> {
  const { parts, problem } = posterior
  if (!isGaussian(parts.prior)) throw new RangeError(`evaluate: the prior of '${problem.name}' is not Gaussian: it has no exact posterior`) // prettier-ignore
  const { families = parts.operators, observations = problem.test.count } = options
  const rows: Evaluation[] = []
  for (const [f, family] of families.entries()) {
    const finished = (i: number): void => options.done?.(f * observations + i, families.length * observations)
    rows.push(await evaluateFamily(posterior, family, { ...options, observations }, finished))
  }
  return rows
}

interface Case {
  readonly observation: Observation
  readonly truth: NdArray<Float64Array>
  readonly rows: NdArray<Float64Array>
  readonly noise: NdArray<Float64Array>
}

/** Held-out case i of a family: the same for every model. */
export function heldOutCase(
  { parts, problem }: Pick<Posterior, 'parts' | 'problem'>,
  family: OperatorFamily,
  i: number,
): Case {
  const root = key(problem.test.seed, 'evaluate', family.name, i)
  const parameters = drawParameters(parts, derive(root, 'parameters'))
  const setting = drawSetting(parts, parameters, derive(root, 'setting'), family)
  const known = parts.operators.some(({ name }) => name === family.name)
  const truth = parts.prior.sample(derive(root, 'unknown'), 1)
  const { operator: A, noise, size } = measurementOf(parts, setting)
  if (!isLinear(A)) throw new RangeError(`evaluate: operator '${A.name}' is not linear: it has no exact posterior`)
  const clean = array(A.apply(truth).data, [1, size])
  const y = array(noise.sample(clean, derive(root, 'measurement')).data, [size])
  return {
    observation: { ...setting, family: known ? family.name : null, y },
    truth: array(truth.data, parts.unknown.grid.shape),
    rows: matrixOf(A),
    noise: noise.covariance(array(clean.data, [size])),
  }
}

async function evaluateFamily(
  posterior: Posterior,
  family: OperatorFamily,
  { observations, draws = 256, ...options }: EvaluateOptions & { readonly observations: number },
  finished: (i: number) => void,
): Promise<Evaluation> {
  const { prior } = posterior
  const { shape } = prior.mean
  const [found, floor] = [errors(), errors()]
  const [cells, functionals]: [Ranks[], Ranks[]] = [[], []]
  let seconds = 0
  for (let i = 0; i < observations; i++) {
    const { observation, truth, rows, noise } = heldOutCase(posterior, family, i)
    const estimator = linearEstimator(linearStatistics(prior, rows), noise)
    const exact = { mean: estimator.mean(observation.y), std: estimator.std, covariance: estimator.covariance(prior.covariance()) } // prettier-ignore
    const { x, seconds: spent } = await posterior.sample(observation, { ...options, draws, seed: i })
    seconds += spent
    found.add(x, exact)
    floor.add(denseGaussian(exact.mean, exact.covariance).sample(key(i, 'floor'), draws), exact)
    cells.push(ranksOf(x, truth))
    functionals.push(ranksOf(functionalsOf(x, shape), functionalsOf(array(truth.data, [1, ...shape]), shape).pick(0, null))) // prettier-ignore
    finished(i + 1)
  }
  const covered = (ranks: Ranks[]): number => coverage(poolRanks(ranks), [0.9])[0]!.covered
  return {
    ...{ family: family.name, ...found.value(), floor: floor.value(), observations, seconds },
    coverage: { cells: covered(cells), functionals: covered(functionals) },
  }
}

interface Exact {
  readonly mean: NdArray<Float64Array>
  readonly std: NdArray<Float64Array>
  readonly covariance: NdArray<Float64Array>
}

function errors() {
  const [mean, std, covariance] = [pooledError(), pooledError(), pooledError()]
  return {
    add(x: NdArray<Float64Array>, exact: Exact): void {
      const found = moments(x)
      mean.add(found.mean, exact.mean)
      std.add(found.std, exact.std)
      covariance.add(sampleCovariance(x), exact.covariance)
    },
    value: () => ({ mean: mean.value(), std: std.value(), covariance: covariance.value() }),
  }
}

/** Total, the mean along the middle of the first axis, and one cell of each field: [n, 3]. */
function functionalsOf(x: NdArray<Float64Array>, shape: readonly number[]): NdArray<Float64Array> {
  const N = sizeOf(shape)
  const n = x.size / N
  const columns = shape[1] ?? 1
  const middle = Math.floor(shape[0]! / 2) * columns
  const out = new Float64Array(3 * n)
  for (let r = 0; r < n; r++) {
    const field = x.data.subarray(r * N, (r + 1) * N)
    out[3 * r] = field.reduce((sum, v) => sum + v, 0)
    out[3 * r + 1] = field.subarray(middle, middle + columns).reduce((sum, v) => sum + v, 0)
    out[3 * r + 2] = field[Math.floor(N / 3)]!
  }
  return array(out, [n, 3])
}

/** The table that the command prints. */
export function evaluationText(rows: readonly Evaluation[]): string {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`.padStart(6)
  const both = (value: number, least: number): string => `${value.toFixed(3)} (${least.toFixed(3)})`.padStart(15)
  return [
    'family              mean (floor)     std (floor)     cov (floor)   cells    mass, line, point   (90 % intervals)',
    ...rows.map(({ family, mean, std, covariance, floor, coverage: c }) =>
      [
        family.padEnd(14),
        both(mean, floor.mean),
        both(std, floor.std),
        both(covariance, floor.covariance),
        percent(c.cells),
        percent(c.functionals),
      ].join('  '),
    ),
  ].join('\n')
}
