/** Linear operators that act on each axis by itself: y = (K1 x K2 x ...) x, the Kronecker product of one matrix for each. */
import { itemwise } from './itemwise.js'
import type { LinearOperator, Space } from './operator.js'
import { kronecker, multiply, transposeRows, type SparseRows } from './sparse-rows.js'

/** Entries up to which the product is offered as sparse rows: 48 MiB. */
const sparseEntries = 2 ** 22

/** The operator of the factors, first axis first; their columns and rows are the extents of the input and the output. */
export function separableOperator(
  name: string,
  inputShape: readonly number[],
  outputShape: readonly number[],
  factors: readonly SparseRows[],
  outputSpace?: Space,
): LinearOperator {
  const transposed = factors.map(transposeRows)
  const operator = {
    ...{ name, inputShape, outputShape },
    apply: itemwise(inputShape, outputShape, (x, y) => y.set(product(factors, x)), name),
    adjoint: itemwise(outputShape, inputShape, (y, x) => x.set(product(transposed, y)), `${name}: adjoint`),
    ...(outputSpace && { outputSpace }),
  }
  if (factors.reduce((count, { indices }) => count * indices.length, 1) > sparseEntries) return operator
  let rows: SparseRows | undefined
  return {
    ...operator,
    get rows() {
      return (rows ??= factors.reduce(kronecker))
    },
  }
}

function product(factors: readonly SparseRows[], x: Float64Array): Float64Array {
  let after = factors.reduce((size, { columns }) => size * columns, 1)
  let before = 1
  return factors.reduce((values, factor) => {
    after /= factor.columns
    const out = alongAxis(factor, values, before, after)
    before *= factor.rows
    return out
  }, x)
}

/** The middle axis of x [before, columns, after] replaced by its product with a matrix. */
function alongAxis(A: SparseRows, x: Float64Array, before: number, after: number): Float64Array {
  const out = new Float64Array(before * A.rows * after)
  for (let b = 0; b < before; b++) {
    const from = x.subarray(b * A.columns * after, (b + 1) * A.columns * after)
    const to = out.subarray(b * A.rows * after, (b + 1) * A.rows * after)
    if (after === 1) multiply(A, from, to)
    else combine(A, from, to, after)
  }
  return out
}

/** Rows of x [columns, after] combined to rows of `out` [rows, after]. */
function combine(
  { rows, pointers, indices, values }: SparseRows,
  x: Float64Array,
  out: Float64Array,
  after: number,
): void {
  // prettier-ignore
  for (let i = 0; i < rows; i++)
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) {
      const [start, weight, to] = [indices[p]! * after, values[p]!, i * after]
      for (let k = 0; k < after; k++) out[to + k]! += weight * x[start + k]!
    }
}
