/** A measurement of a linear operator as numbers, and its whitening. */
import { elements, shapeText, type NdArray } from '../../io/array.js'
import { choleskyInPlace, dot, solveLower } from '../../linalg/cholesky.js'
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
export interface Whitened<T extends Float32Array | Float64Array = Float64Array> {
  readonly m: number
  /** L_R^-1 A [m, N]. */
  readonly rows: T
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
 * @param out where the whitened rows go [m, N]; float32 halves the memory of a block of them.
 * @throws RangeError for sizes that do not fit, values that are not finite, or a noise that is not positive definite.
 */
export function whiten<T extends Float32Array | Float64Array>(
  observation: LinearObservation,
  mean: Float64Array,
  where: string,
  out: T,
): Whitened<T> {
  const N = mean.length
  const { rows, y, scale } = decorrelated(observation, N, where)
  const m = y.length
  const residual = y
  const information = new Float64Array(N)
  for (let i = 0; i < m; i++) {
    const [at, s] = [i * N, scale[i]!]
    residual[i] = s * (y[i]! - dot(rows, at, mean, 0, N))
    for (let k = 0; k < N; k++) {
      const value = s * rows[at + k]!
      out[at + k] = value
      information[k]! += value * value
    }
  }
  const finite = information.every(Number.isFinite) && residual.every(Number.isFinite)
  if (!finite) valuesOf(`${where}: rows`, observation.rows, [m, N]) // says where
  return { m, rows: out, residual, information }
}

/** Rows and y whose noise is independent, of standard deviations 1/scale. */
function decorrelated(
  observation: LinearObservation,
  N: number,
  where: string,
): { readonly rows: Float64Array; readonly y: Float64Array; readonly scale: Float64Array } {
  const y = measured(observation, where).slice()
  const m = y.length
  if (observation.rows.shape[1] !== N)
    throw new RangeError(`${where}: rows ${shapeText(observation.rows.shape)}; wants ${shapeText([m, N])}`)
  const given = elements(observation.rows)
  const A = given instanceof Float64Array ? given : Float64Array.from(given as Float32Array)
  if (observation.noise.shape.length !== 2) {
    const scale = valuesOf(`${where}: noise`, observation.noise, [m]).map(v => 1 / Math.sqrt(v))
    const bad = scale.findIndex(s => !(s > 0 && s < Infinity))
    if (bad >= 0) throw new RangeError(`${where}: noise variance ${bad} is not positive; where the measurement has no error, state that of the model`) // prettier-ignore
    return { rows: A, y, scale }
  }
  const L = valuesOf(`${where}: noise`, observation.noise, [m, m]).slice()
  choleskyInPlace(L, m, `${where}: noise`)
  const rows = A.slice()
  solveLower(L, m, rows, N)
  solveLower(L, m, y)
  return { rows, y, scale: new Float64Array(m).fill(1) }
}
