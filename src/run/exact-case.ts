/** Held-out cases of a problem with a Gaussian prior, their exact posteriors, and how far samples are from these. */
import { pooledError } from '../diagnostics/errors.js'
import { moments, sampleCovariance } from '../diagnostics/summary.js'
import { array, type NdArray } from '../io/array.js'
import { linearEstimator, linearStatistics } from '../operators/encode.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import type { Posterior } from '../posterior.js'
import { isGaussian, type OperatorFamily } from '../problem.js'
import { derive, key, type Key } from '../random.js'
import type { Observation } from './condition.js'
import { drawParameters, drawSetting, measurementOf } from './setting.js'

export interface HeldOutCase {
  readonly observation: Observation
  readonly truth: NdArray<Float64Array>
  /** A over the cells of the unknown [m, N], and R. */
  readonly rows: NdArray<Float64Array>
  readonly noise: NdArray<Float64Array>
}

/** Throws RangeError where the prior is not Gaussian: then there is no exact posterior. */
export function assertExact({ parts, problem }: Pick<Posterior, 'parts' | 'problem'>, where: string): void {
  if (!isGaussian(parts.prior)) throw new RangeError(`${where}: the prior of '${problem.name}' is not Gaussian: it has no exact posterior`) // prettier-ignore
}

/** Held-out case i of a family: the same for every model. @throws RangeError for an operator that is not linear. */
export function heldOutCase(
  { parts, problem }: Pick<Posterior, 'parts' | 'problem'>,
  family: OperatorFamily,
  i: number,
): HeldOutCase {
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

/** N(mean, covariance), the posterior itself. */
export interface ExactPosterior {
  readonly mean: NdArray<Float64Array>
  readonly std: NdArray<Float64Array>
  readonly covariance: NdArray<Float64Array>
  /**
   * Independent draws of a key [n, ...shape], x = x' + E[x | y] - E[x | y'] for pairs x', y' of the prior.
   * Source: J. T. Wilson et al. 2021, arXiv 2011.04026 (Matheron's rule).
   */
  sample(key: Key, n: number): NdArray<Float64Array>
}

/** @throws RangeError where the prior is not Gaussian. */
export function exactPosterior(
  posterior: Pick<Posterior, 'parts' | 'problem' | 'prior'>,
  { observation, rows, noise }: HeldOutCase,
): ExactPosterior {
  assertExact(posterior, 'exact posterior')
  const { prior, parts } = posterior
  const estimator = linearEstimator(linearStatistics(prior, rows), noise)
  const mean = estimator.mean(observation.y)
  return {
    mean,
    std: estimator.std,
    covariance: estimator.covariance(prior.covariance()),
    sample(key, n) {
      const x = parts.prior.sample(derive(key, 'prior'), n)
      const { operator: A, noise: law, size } = measurementOf(parts, observation)
      const y = law.sample(array(A.apply(x).data, [n, size]), derive(key, 'noise'))
      const found = estimator.mean(y).data
      return array(x.data.map((value, k) => value + mean.data[k % mean.size]! - found[k]!), x.shape) // prettier-ignore
    },
  }
}

/** Relative L2 errors of posterior mean and deviation, relative Frobenius error of the covariance. */
export interface MomentErrors {
  readonly mean: number
  readonly std: number
  readonly covariance: number
}

/** Errors pooled over cases. */
export function momentErrors() {
  const [mean, std, covariance] = [pooledError(), pooledError(), pooledError()]
  return {
    /** Samples x [n, ...shape] of a posterior; gives the errors of this case. */
    add(x: NdArray<Float64Array>, exact: ExactPosterior): MomentErrors {
      const found = moments(x)
      return {
        mean: mean.add(found.mean, exact.mean),
        std: std.add(found.std, exact.std),
        covariance: covariance.add(sampleCovariance(x), exact.covariance),
      }
    },
    value: (): MomentErrors => ({ mean: mean.value(), std: std.value(), covariance: covariance.value() }),
  }
}

/** Errors of one case. */
export const momentErrorsOf = (x: NdArray<Float64Array>, exact: ExactPosterior): MomentErrors => momentErrors().add(x, exact) // prettier-ignore
