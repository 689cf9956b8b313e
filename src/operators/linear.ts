/** Linear operators from sparse matrices, and matrices from linear operators. */
import { array, sizeOf, zeros, type NdArray } from '../io/array.js'
import { itemwise } from './itemwise.js'
import type { LinearOperator, Space } from './operator.js'
import { denseOf, multiply, multiplyTransposed, type SparseRows } from './sparse-rows.js'

type Shape = readonly number[]

/** The operator y = A x of a sparse matrix. Throws RangeError where the shapes do not fit it. */
export function rowsOperator(
  name: string,
  inputShape: Shape,
  outputShape: Shape,
  rows: SparseRows,
  outputSpace?: Space,
): LinearOperator {
  if (sizeOf(inputShape) !== rows.columns || sizeOf(outputShape) !== rows.rows)
    throw new RangeError(`${name}: a matrix [${rows.rows}, ${rows.columns}] does not map [${inputShape.join(', ')}] to [${outputShape.join(', ')}]`) // prettier-ignore
  return {
    ...{ name, inputShape, outputShape, rows },
    apply: itemwise(inputShape, outputShape, (x, y) => multiply(rows, x, y), name),
    adjoint: itemwise(outputShape, inputShape, (y, x) => multiplyTransposed(rows, y, x), `${name}: adjoint`),
    ...(outputSpace && { outputSpace }),
  }
}

/** Values that basis vectors may take at a time, to bound the memory of `matrixOf`. */
const chunkValues = 2 ** 22

/**
 * The matrix of a linear operator: y = H x with x and y in C order. From its sparse rows where it has them, else from the
 * images of basis vectors, on the side that has fewer.
 *
 * @returns [m, N] for m outputs and N inputs.
 */
export function matrixOf(A: LinearOperator): NdArray<Float64Array> {
  const [m, N] = [sizeOf(A.outputShape), sizeOf(A.inputShape)]
  if (A.rows) return array(denseOf(A.rows), [m, N])
  const out = new Float64Array(m * N)
  if (m <= N)
    images(A.outputShape, x => A.adjoint(x), (row, k) => out.set(row, k * N)) // prettier-ignore
  else
    images(
      A.inputShape,
      x => A.apply(x),
      (column, k) => column.forEach((value, i) => (out[i * N + k] = value)),
    )
  return array(out, [m, N])
}

/** The image of each basis vector of a shape, in batches. */
function images(
  shape: Shape,
  map: (x: NdArray) => NdArray<Float64Array>,
  take: (image: Float64Array, k: number) => void,
): void {
  const n = sizeOf(shape)
  const chunk = Math.max(1, Math.min(n, Math.floor(chunkValues / n)))
  for (let first = 0; first < n; first += chunk) {
    const count = Math.min(chunk, n - first)
    const basis = zeros('float64', [count, ...shape])
    for (let k = 0; k < count; k++) basis.data[k * n + first + k] = 1
    const { data } = map(basis)
    const size = data.length / count
    for (let k = 0; k < count; k++) take(data.subarray(k * size, (k + 1) * size), first + k)
  }
}
