/** What `raw` shows of a measurement: where the operator looks, without the physics. */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { matrixOf } from '../operators/linear.js'
import type { LinearOperator } from '../operators/operator.js'
import type { ProblemParts } from '../problem.js'

/**
 * The operator on the unknown's own grid [m, N], summed over the times of the state; zeros where the state lies on another
 * grid, so that nothing is shown.
 */
export function sensingOf(
  H: LinearOperator,
  { state, unknown }: Pick<ProblemParts, 'state' | 'unknown'>,
): NdArray<Float64Array> {
  const matrix = matrixOf(H)
  const [m, total] = matrix.shape as [number, number]
  const N = sizeOf(unknown.grid.shape)
  const out = new Float64Array(m * N)
  if (state.grid.size !== N) return array(out, [m, N])
  for (let i = 0; i < m; i++) for (let k = 0; k < total; k++) out[i * N + (k % N)]! += matrix.data[i * total + k]!
  return array(out, [m, N])
}
