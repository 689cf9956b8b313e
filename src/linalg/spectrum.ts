/** The leading eigenvectors of a covariance. */
import type { NdArray } from '../io/array.js'
import { eigenSymmetric } from './eigen.js'

/** The leading axes of a covariance, as plain arrays: they go to threads and files. */
export interface Spectrum {
  /** c > 0, decreasing [r]. */
  readonly variances: Float64Array
  /** V [r, N], orthonormal rows. */
  readonly axes: Float64Array
  /** Mean variance along all other directions; 0 where there are none. */
  readonly rest: number
}

/** Variances below this part of the largest count as 0. */
const least = 1e-8

/**
 * The leading axes of a covariance [N, N], by one eigendecomposition (seconds at N = 1024): keep them.
 *
 * @throws RangeError for values that are not finite, and a covariance of 0.
 */
export function spectrumOf(covariance: NdArray, count: number): Spectrum {
  const { values, vectors } = eigenSymmetric(covariance)
  const N = values.size
  const largest = values.data[N - 1] ?? 0
  const kept = Math.min(count, values.data.filter(c => c > least * largest).length)
  if (!(largest > 0)) throw new RangeError('spectrumOf: the covariance has no variance above 0')
  const axes = new Float64Array(kept * N)
  for (let k = 0; k < kept; k++) axes.set(vectors.data.subarray((N - 1 - k) * N, (N - k) * N), k * N)
  const variances = Float64Array.from({ length: kept }, (_, k) => values.data[N - 1 - k]!)
  const left = values.data.subarray(0, N - kept).reduce((sum, c) => sum + Math.max(0, c), 0)
  return { variances, axes, rest: kept < N ? left / (N - kept) : 0 }
}
