/** A measurement of a linear operator as numbers, and its whitening. */
import { shapeText, type NdArray } from '../../io/array.js'
import { choleskyInPlace, solveLower } from '../../linalg/cholesky.js'
import { valuesOf } from '../../linalg/values.js'

/** y = A x + noise for one operator. */
export interface LinearObservation {
  /** A over the N cells of the unknown in C order [m, N], the solution operator of the physics composed in. */
  readonly rows: NdArray
  /** R: variances [m], or a matrix [m, m]; positive definite. Where it depends on x, its mean over x. */
  readonly noise: NdArray
  /** [m], or any shape of m entries. */
  readonly y: NdArray
  /** The measurement operator without the physics [m, N], which `raw` shows; `rows` unless given. */
  readonly sensing?: NdArray
}

/** An observation brought to R = I, and what it says of each cell. */
export interface Whitened {
  readonly m: number
  /** L_R^-1 A [m, N]. */
  readonly rows: Float64Array
  /** L_R^-1 (y - A xbar) [m]. */
  readonly residual: Float64Array
  /** diag(A^T R^-1 A) [N]. */
  readonly information: Float64Array
}

/** The y of an observation as m numbers. */
export function measured({ y, rows }: Pick<LinearObservation, 'y' | 'rows'>, where: string): Float64Array {
  const m = rows.shape[0] ?? 0
  if (y.size !== m || rows.shape.length !== 2)
    throw new RangeError(`${where}: y ${shapeText(y.shape)} has ${y.size} entries, rows are ${shapeText(rows.shape)}; wants [${y.size}, cells]`) // prettier-ignore
  return valuesOf(`${where}: y`, y, y.shape)
}

/**
 * Whitens an observation.
 *
 * @param mean xbar [N].
 * @throws RangeError for sizes that do not fit, values that are not finite, or a noise that is not positive definite.
 */
export function whiten(observation: LinearObservation, mean: Float64Array, where: string): Whitened {
  const N = mean.length
  const y = measured(observation, where)
  const m = y.length
  const A = valuesOf(`${where}: rows`, observation.rows, [m, N])
  const rows = new Float64Array(m * N)
  const residual = new Float64Array(m)
  for (let i = 0; i < m; i++) {
    let sum = y[i]!
    for (let k = 0; k < N; k++) sum -= A[i * N + k]! * mean[k]!
    residual[i] = sum
  }
  if (observation.noise.shape.length === 2) {
    const L = valuesOf(`${where}: noise`, observation.noise, [m, m]).slice()
    choleskyInPlace(L, m, `${where}: noise`)
    rows.set(A)
    solveLower(L, m, rows, N)
    solveLower(L, m, residual)
  } else {
    const variances = valuesOf(`${where}: noise`, observation.noise, [m])
    for (let i = 0; i < m; i++) {
      if (!(variances[i]! > 0)) throw new RangeError(`${where}: noise variance ${i} is ${variances[i]!}; wants positive ones: state the error of the model where the measurement has none`) // prettier-ignore
      const scale = 1 / Math.sqrt(variances[i]!)
      for (let k = i * N; k < (i + 1) * N; k++) rows[k] = scale * A[k]!
      residual[i]! *= scale
    }
  }
  return { m, rows, residual, information: columnSquares(rows, m, N) }
}

/** sum_i rows_ik^2 for each k. */
export function columnSquares(rows: Float64Array, m: number, N: number): Float64Array {
  const out = new Float64Array(N)
  for (let i = 0; i < m; i++) for (let k = 0; k < N; k++) out[k]! += rows[i * N + k]! ** 2
  return out
}
