/** LMMSE of a black box: forward simulations only, no adjoint and no likelihood. */
import { array, zeros, type NdArray } from '../../io/array.js'
import { linearEstimator, type LinearStatistics } from '../../linalg/conditioning.js'
import { valuesOf } from '../../linalg/values.js'
import { whiten } from './observation.js'

/** The channels of `lmmse`, [3, ...shape] of one y [m], or [n, 3, ...shape] of a batch [n, m]. */
export type StatisticsEncoder = (y: NdArray) => NdArray<Float64Array>

/**
 * `lmmse` from the statistics of an operator, such as those of an ensemble (linalg/ensemble.ts). There is no A: the
 * information d is that of the slopes of y on each cell alone, A_ik = C_yx[i, k] / Var x_k.
 *
 * @param noise R: variances [m] or a matrix [m, m], positive definite.
 * @throws RangeError for sizes that do not fit, or a noise that is not positive definite.
 */
export function statisticsEncoder(statistics: LinearStatistics, noise: NdArray): StatisticsEncoder {
  const where = 'statisticsEncoder'
  const { shape, size: N } = statistics.mean
  const m = statistics.yMean.size
  const estimator = linearEstimator(statistics, noise)
  const variance = valuesOf(`${where}: std`, statistics.std, shape).map(s => s * s)
  const cross = valuesOf(`${where}: cross`, statistics.cross, [m, N])
  const slopes = cross.map((c, k) => (variance[k % N]! > 0 ? c / variance[k % N]! : 0))
  const { information } = whiten(
    { rows: array(slopes, [m, N]), noise, y: statistics.yMean },
    new Float64Array(N),
    where,
    new Float64Array(m * N),
  )
  return y => {
    const single = y.shape.length === 1
    const mean = estimator.mean(y).data
    const count = mean.length / N
    const out = zeros('float64', [...(single ? [] : [count]), 3, ...shape])
    for (let r = 0; r < count; r++) {
      const at = 3 * r * N
      out.data.set(mean.subarray(r * N, (r + 1) * N), at)
      out.data.set(estimator.std.data, at + N)
      for (let k = 0; k < N; k++) out.data[at + 2 * N + k] = Math.log1p(information[k]!)
    }
    return out
  }
}
