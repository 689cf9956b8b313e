/**
 * Moments from an ensemble of simulations: what a black box tells about x and y without adjoint or likelihood.
 *
 * The correlations of y with x and with itself are shrunk towards zero, r* = (1 - lambda) r, variances kept, by
 * lambda = sum Var(r_ij) / sum r_ij^2 over those pairs, cut to [0, 1]: the estimate with the least expected square error. The
 * joint covariance stays positive semi-definite, and lambda falls as 1/n, so that the estimate converges at the Monte Carlo
 * rate.
 *
 * Source: J. Schafer, K. Strimmer, "A shrinkage approach to large-scale covariance matrix estimation", Stat. Appl. Genet.
 * Mol. Biol. 4 (2005).
 */
import { array, type NdArray } from '../io/array.js'
import type { LinearStatistics } from './conditioning.js'
import { denseGaussian, type GaussianPrior } from './gaussian.js'
import { valuesOf } from './values.js'

export interface EnsembleStatistics extends LinearStatistics {
  /** lambda, 0 to 1. */
  readonly shrinkage: number
}

/**
 * Statistics of pairs (x_i, y_i) of one operator.
 *
 * @param x [n, ...shape], n >= 3.
 * @param y [n, ...]: noise-free measurements (then give R to `linearEstimator`), or noisy ones (then give zeros).
 * @param shrinkage lambda; the estimate above unless given.
 * @throws RangeError for fewer than three pairs, different numbers of them, values that are not finite or a shrinkage
 * outside of [0, 1].
 */
export function ensembleStatistics(x: NdArray, y: NdArray, shrinkage?: number): EnsembleStatistics {
  const where = 'ensembleStatistics'
  const n = x.shape[0] ?? 0
  if (n < 3 || y.shape[0] !== n) throw new RangeError(`${where}: ${n} fields x and ${y.shape[0] ?? 0} measurements y; wants as many of both, 3 or more`) // prettier-ignore
  if (shrinkage !== undefined && !(shrinkage >= 0 && shrinkage <= 1))
    throw new RangeError(`${where}: shrinkage ${shrinkage}; wants a number from 0 to 1`)
  const shape = x.shape.slice(1)
  const X = standardised(valuesOf(`${where}: x`, x, x.shape), n)
  const Y = standardised(valuesOf(`${where}: y`, y, y.shape), n)
  const cross = correlations(Y, X, n)
  const own = correlations(Y, Y, n)
  const m = Y.std.length
  for (let i = 0; i < m; i++) own.r[i * (m + 1)] = own.variance[i * (m + 1)] = 0 // variances are not shrunk
  const lambda = shrinkage ?? estimated([cross, own])
  const yCovariance = covariances(own.r, Y.std, Y.std, 1 - lambda)
  for (let i = 0; i < m; i++) yCovariance[i * (m + 1)] = Y.std[i]! ** 2
  return {
    mean: array(X.mean, shape),
    std: array(X.std, shape),
    yMean: array(Y.mean),
    cross: array(covariances(cross.r, Y.std, X.std, 1 - lambda), [m, X.std.length]),
    yCovariance: array(yCovariance, [m, m]),
    shrinkage: lambda,
  }
}

interface Standardised {
  readonly mean: Float64Array
  readonly std: Float64Array
  /** [n, size], of mean 0 and variance 1; 0 where the variance is 0. */
  readonly z: Float64Array
}

function standardised(data: Float64Array, n: number): Standardised {
  const size = data.length / n
  const [mean, std, z] = [new Float64Array(size), new Float64Array(size), data.slice()]
  for (let k = 0; k < z.length; k++) mean[k % size]! += z[k]! / n
  for (let k = 0; k < z.length; k++) std[k % size]! += (z[k]! -= mean[k % size]!) ** 2 / (n - 1)
  for (let j = 0; j < size; j++) std[j] = Math.sqrt(std[j]!)
  for (let k = 0; k < z.length; k++) z[k] = std[k % size]! > 0 ? z[k]! / std[k % size]! : 0
  return { mean, std, z }
}

/** Correlations [rows, columns], and the variances of these estimates. */
interface Correlations {
  readonly r: Float64Array
  readonly variance: Float64Array
}

function correlations(a: Standardised, b: Standardised, n: number): Correlations {
  const [rows, columns] = [a.std.length, b.std.length]
  const [sum, squares] = [new Float64Array(rows * columns), new Float64Array(rows * columns)]
  for (let s = 0; s < n; s++)
    for (let i = 0; i < rows; i++) {
      const [value, at] = [a.z[s * rows + i]!, i * columns]
      for (let j = 0; j < columns; j++) {
        const w = value * b.z[s * columns + j]!
        sum[at + j]! += w
        squares[at + j]! += w * w
      }
    }
  const variance = squares.map((q, k) => (n / (n - 1) ** 3) * (q - sum[k]! ** 2 / n))
  return { r: sum.map(w => w / (n - 1)), variance }
}

function estimated(parts: readonly Correlations[]): number {
  let [variance, square] = [0, 0]
  for (const part of parts)
    for (let k = 0; k < part.r.length; k++) {
      variance += part.variance[k]!
      square += part.r[k]! ** 2
    }
  return square > 0 ? Math.min(1, Math.max(0, variance / square)) : 0
}

const covariances = (r: Float64Array, a: Float64Array, b: Float64Array, factor: number): Float64Array =>
  r.map((value, k) => factor * value * a[Math.floor(k / b.length)]! * b[k % b.length]!)

/**
 * The Gaussian law with the mean and covariance of samples [n, ...shape], n >= 2; singular where n is at most the number of
 * cells. For about a thousand cells at most: n N^2 operations.
 *
 * @throws RangeError for fewer than two samples or values that are not finite.
 */
export function empiricalGaussian(samples: NdArray): GaussianPrior {
  const n = samples.shape[0] ?? 0
  if (n < 2) throw new RangeError(`empiricalGaussian: ${n} samples; wants two or more`)
  const { mean, std, z } = standardised(valuesOf('empiricalGaussian', samples, samples.shape), n)
  const N = mean.length
  const C = new Float64Array(N * N)
  for (let s = 0; s < n; s++)
    for (let i = 0; i < N; i++) {
      const value = z[s * N + i]! / (n - 1)
      for (let j = 0; j <= i; j++) C[i * N + j]! += value * z[s * N + j]!
    }
  for (let i = 0; i < N; i++)
    for (let j = 0; j <= i; j++) C[j * N + i] = C[i * N + j] = C[i * N + j]! * std[i]! * std[j]!
  return denseGaussian(array(mean, samples.shape.slice(1)), array(C, [N, N]))
}
