/**
 * The exact posterior of a linear operator with a Gaussian prior and Gaussian noise (theory.md, section 6):
 *
 *   x ~ N(mu, C), y = A x + N(0, R):   x | y ~ N(mu_y, Sigma_y),   S = A C A^T + R,
 *   mu_y = mu + C A^T S^-1 (y - A mu),   Sigma_y = C - C A^T S^-1 A C.
 *
 * Two ways: `densePosterior` forms A and S = L L^T; `matrixFreePosterior` takes products with A, A^T and C only. Samples are
 * prior samples moved to the data, x + C A^T S^-1 (y - A x - e) with e ~ N(0, R), for which no factor of Sigma_y is needed.
 *
 * Source: Y. Hoffman, E. Ribak, Astrophys. J. 380 (1991), L5 (the samples); theory.md, section 6.
 */
import { array, zeros, type NdArray } from '../../io/array.js'
import { linearEstimator, linearStatistics } from '../../linalg/conditioning.js'
import type { GaussianPrior } from '../../linalg/gaussian.js'
import { noiseCovariance, type NoiseCovariance } from '../../linalg/noise-covariance.js'
import { rowsOf, valuesOf } from '../../linalg/values.js'
import { matrixOf } from '../../operators/linear.js'
import type { LinearMap } from '../../physics/solution.js'
import { derive, normal, type Key } from '../../random.js'

/** A problem that is linear and Gaussian. Gaussian fields are priors; linear operators and maps of solvers are operators. */
export interface LinearGaussianProblem {
  readonly prior: GaussianPrior
  /** A, from the shape of the prior. */
  readonly operator: LinearMap
  /** R: variances [m], or a matrix [m, m], over the m entries of a measurement in C order; positive definite. */
  readonly noise: NdArray
}

/** Measurements `y` are [...outputShape]; fields [...shape]. */
export interface ExactPosterior {
  /** mu_y of one y, or of each of a batch. */
  mean(y: NdArray): NdArray<Float64Array>
  /** Root of the diagonal of Sigma_y [...shape], the same for every y. */
  std(): NdArray<Float64Array>
  /** Sigma_y x of a field or a batch of them. */
  covarianceProduct(x: NdArray): NdArray<Float64Array>
  /** Samples start, ..., start + n - 1 of a key [n, ...shape]: sample i is the same, to round-off, whatever start and n. */
  sample(y: NdArray, key: Key, n: number, start?: number): NdArray<Float64Array>
  /** log p(x | y) of each field of a batch, or of one. */
  logDensity(y: NdArray, x: NdArray): Float64Array
  /** log p(y) of each y. */
  logEvidence(y: NdArray): Float64Array
}

export interface DensePosterior extends ExactPosterior {
  /** Sigma_y [N, N] over the cells in C order. */
  covariance(): NdArray<Float64Array>
}

/** What the two ways differ in. */
export interface Solution {
  /** C A^T S^-1 r for each row of r [n, m]: [n, N]. */
  update(r: Float64Array): Float64Array
  std(): NdArray<Float64Array>
  /** log N(r; 0, S) of each row. */
  logEvidence(r: Float64Array): Float64Array
}

/**
 * The posterior by dense algebra: A [m, N] and S [m, m] are formed, m <= N or a few thousand. Takes m products with C and A^T
 * once; then each y m (m + N) operations.
 *
 * @throws RangeError where shapes do not fit, or the noise is not positive definite.
 */
export function densePosterior(problem: LinearGaussianProblem): DensePosterior {
  const { prior, operator, noise } = problem
  const where = 'densePosterior'
  const setting = checked(problem, where)
  const { m, N } = setting
  const statistics = linearStatistics(prior, matrixOf({ name: 'A', ...operator }))
  const estimator = linearEstimator({ ...statistics, mean: zeros('float64', prior.mean.shape), yMean: zeros('float64', [m]) }, noise) // prettier-ignore
  return {
    ...posterior(problem, setting, {
      update: r => estimator.mean(array(r, [r.length / m, m])).data,
      std: () => estimator.std,
      logEvidence: r => estimator.logEvidence(array(r, [r.length / m, m])),
    }),
    covariance: () => array(estimator.covariance(prior.covariance()).data, [N, N]),
  }
}

export interface Setting {
  readonly shape: readonly number[]
  readonly N: number
  readonly m: number
  readonly R: NoiseCovariance
  /** y - A mu of each y. */
  residual(y: NdArray): { readonly r: Float64Array; readonly batched: (item: readonly number[]) => number[] }
}

export function checked({ prior, operator, noise }: LinearGaussianProblem, where: string): Setting {
  const { shape, size: N } = prior.mean
  const { inputShape, outputShape } = operator
  if (inputShape.join() !== shape.join())
    throw new RangeError(`${where}: the operator takes [${inputShape.join(', ')}], the prior has [${shape.join(', ')}]`)
  const m = outputShape.reduce((a, b) => a * b, 1)
  const R = noiseCovariance(noise, m, `${where}: noise`)
  const clean = valuesOf(`${where}: A mu`, operator.apply(prior.mean), outputShape)
  return {
    ...{ shape, N, m, R },
    residual(y) {
      const { data, batched } = rowsOf(`${where}: y`, y, outputShape)
      return { r: data.map((value, k) => value - clean[k % m]!), batched }
    },
  }
}

/** The posterior, given how its equations are solved. */
export function posterior(problem: LinearGaussianProblem, setting: Setting, solution: Solution): ExactPosterior {
  const { prior, operator } = problem
  const { shape, N, m, R } = setting
  const mu = prior.mean.data

  function sample(y: NdArray, key: Key, n: number, start = 0): NdArray<Float64Array> {
    const { r } = setting.residual(y)
    if (r.length !== m) throw new RangeError(`exact posterior: sample takes one y [${operator.outputShape.join(', ')}], not a batch`) // prettier-ignore
    const x = prior.sample(derive(key, 'prior'), n, start)
    const error = R.colour(normal(derive(key, 'noise'), new Float64Array(n * m), start * m))
    const clean = operator.apply(x).data
    const base = valuesOf('exact posterior: y', y, y.shape)
    const move = solution.update(clean.map((value, k) => base[k % m]! - value - error[k]!))
    return array(
      x.data.map((value, k) => value + move[k]!),
      x.shape,
    )
  }

  function logDensity(y: NdArray, x: NdArray): Float64Array {
    const { r } = setting.residual(y)
    if (r.length !== m) throw new RangeError('exact posterior: logDensity takes one y, not a batch')
    const clean = operator.apply(x).data
    const base = valuesOf('exact posterior: y', y, y.shape)
    const likelihood = R.logDensity(clean.map((value, k) => base[k % m]! - value))
    const [evidence] = solution.logEvidence(r)
    return prior.logDensity(x).map((p, i) => p + likelihood[i]! - evidence!)
  }

  return {
    mean(y) {
      const { r, batched } = setting.residual(y)
      return array(solution.update(r).map((value, k) => mu[k % N]! + value), batched(shape)) // prettier-ignore
    },
    std: () => solution.std(),
    covarianceProduct(x) {
      const Cx = prior.covarianceProduct(x)
      const taken = solution.update(operator.apply(Cx).data)
      return array(Cx.data.map((value, k) => value - taken[k]!), Cx.shape) // prettier-ignore
    },
    ...{ sample, logDensity },
    logEvidence: y => solution.logEvidence(setting.residual(y).r),
  }
}
