/** One measurement on the unknown's grid, in double precision: each result is [channels, ...shape]. */
import { array, type NdArray } from '../../io/array.js'
import { linearEstimator, linearStatistics, type LinearEstimator } from '../../linalg/conditioning.js'
import type { PriorMoments } from '../../linalg/gaussian.js'
import { valuesOf } from '../../linalg/values.js'
import { measured, whiten, type LinearObservation, type Whitened } from './observation.js'

/** How a measurement is shown to the network. */
export type EncodeKind = 'raw' | 'adjoint' | 'lmmse'

/** What each channel is, by kind. */
export const encodeChannels = {
  raw: ['value', 'mask'],
  adjoint: ['adjoint', 'information'],
  lmmse: ['mean', 'std', 'information'],
} as const satisfies Record<EncodeKind, readonly string[]>

/**
 * The measured values where they were measured, and a mask: value_k = sum_i |A_ik| y_i / sum_i |A_ik| with A the operator
 * without the physics, 0 where nothing was measured. For sensors in cells these are the values themselves.
 *
 * @param shape of the unknown; N cells.
 * @throws RangeError for sizes that do not fit or values that are not finite.
 */
export function encodeRaw(
  observation: Omit<LinearObservation, 'noise'>,
  shape: readonly number[],
): NdArray<Float64Array> {
  const where = 'encodeRaw'
  const N = shape.reduce((a, b) => a * b, 1)
  const y = measured(observation, where)
  const A = valuesOf(`${where}: rows`, observation.sensing ?? observation.rows, [y.length, N])
  const out = new Float64Array(2 * N)
  y.forEach((value, i) => {
    for (let k = 0; k < N; k++) {
      const weight = Math.abs(A[i * N + k]!)
      out[k]! += weight * value
      out[N + k]! += weight
    }
  })
  for (let k = 0; k < N; k++) {
    const weight = out[N + k]!
    out[k] = weight > 0 ? out[k]! / weight : 0
    out[N + k] = weight > 0 ? 1 : 0
  }
  return array(out, [2, ...shape])
}

/**
 * The back-projected residual and the information of each cell: r / (1 + d) and log(1 + d) with r = A^T R^-1 (y - A xbar),
 * d = diag(A^T R^-1 A).
 *
 * @throws RangeError as `encodeLmmse` does.
 */
export function encodeAdjoint(
  prior: Pick<PriorMoments, 'mean'>,
  observation: LinearObservation,
): NdArray<Float64Array> {
  const where = 'encodeAdjoint'
  const { shape, size: N } = prior.mean
  const { m, rows, residual, information } = whitenedWith(prior, observation, where)
  const out = new Float64Array(2 * N)
  for (let i = 0; i < m; i++) for (let k = 0; k < N; k++) out[k]! += residual[i]! * rows[i * N + k]!
  for (let k = 0; k < N; k++) {
    out[k]! /= 1 + information[k]!
    out[N + k] = Math.log1p(information[k]!)
  }
  return array(out, [2, ...shape])
}

/**
 * The best linear estimate of x from y, its standard deviation, and log(1 + d): x_lin, sd_lin (linalg/conditioning.ts) and
 * the information d of `encodeAdjoint`. Exact for a linear operator and a Gaussian prior.
 *
 * @throws RangeError for sizes that do not fit, values that are not finite, or a noise that is not positive definite.
 */
export function encodeLmmse(prior: PriorMoments, observation: LinearObservation): NdArray<Float64Array> {
  const where = 'encodeLmmse'
  const y = array(measured(observation, where))
  const { information } = whitenedWith(prior, observation, where)
  const estimator = linearEstimator(linearStatistics(prior, observation.rows), observation.noise)
  return lmmseChannels(estimator, information, y)
}

const whitenedWith = ({ mean }: Pick<PriorMoments, 'mean'>, observation: LinearObservation, where: string): Whitened =>
  whiten(observation, valuesOf(`${where}: mean`, mean, mean.shape), where, new Float64Array(observation.rows.size))

/** [3, ...shape]: mean(y), std, log(1 + information). */
export function lmmseChannels(
  estimator: Pick<LinearEstimator, 'mean' | 'std'>,
  information: Float64Array,
  y: NdArray,
): NdArray<Float64Array> {
  const { shape, size: N } = estimator.std
  const out = new Float64Array(3 * N)
  out.set(estimator.mean(y).data)
  out.set(estimator.std.data, N)
  out.set(information.map(Math.log1p), 2 * N)
  return array(out, [3, ...shape])
}
