/**
 * Sparse matrices by rows (CSR): row i has the columns indices[p] with the weights values[p], pointers[i] <= p <
 * pointers[i + 1]. Every local linear operator is one, from which its product, its exact transpose and its dense matrix
 * follow.
 */

export interface SparseRows {
  readonly rows: number
  readonly columns: number
  readonly pointers: Int32Array
  readonly indices: Int32Array
  readonly values: Float64Array
}

/** A row as its entries; entries of one column add up. */
export type Row = readonly (readonly [column: number, weight: number])[]

/** Lists of entries as a matrix with its columns in order; zeros are left out. */
export function rowsOf(list: readonly Row[], columns: number): SparseRows {
  const pointers = new Int32Array(list.length + 1)
  const most = list.reduce((count, row) => count + row.length, 0)
  const [indices, values] = [new Int32Array(most), new Float64Array(most)]
  let end = 0
  list.forEach((row, i) => {
    const start = end
    for (const [column, weight] of [...row].sort(([a], [b]) => a - b)) {
      if (end > start && indices[end - 1] === column) values[end - 1]! += weight
      else if (weight !== 0) {
        indices[end] = column
        values[end++] = weight
      }
    }
    pointers[i + 1] = end
  })
  return { rows: list.length, columns, pointers, indices: indices.slice(0, end), values: values.slice(0, end) }
}

/** A dense matrix [rows, columns] in C order; zeros are left out. */
export function rowsOfDense(dense: Float64Array, rows: number, columns: number): SparseRows {
  const pointers = new Int32Array(rows + 1)
  for (let i = 0; i < rows; i++) {
    let count = 0
    for (let j = 0; j < columns; j++) if (dense[i * columns + j] !== 0) count++
    pointers[i + 1] = pointers[i]! + count
  }
  const indices = new Int32Array(pointers[rows]!)
  const values = new Float64Array(indices.length)
  let p = 0
  for (let k = 0; k < dense.length; k++) {
    if (dense[k] === 0) continue
    indices[p] = k % columns
    values[p++] = dense[k]!
  }
  return { rows, columns, pointers, indices, values }
}

/** y = A x. */
export function multiply({ rows, pointers, indices, values }: SparseRows, x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < rows; i++) {
    let sum = 0
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) sum += values[p]! * x[indices[p]!]!
    y[i] = sum
  }
}

/** x = A' y. */
export function multiplyTransposed(A: SparseRows, y: Float64Array, x: Float64Array): void {
  const { rows, pointers, indices, values } = A
  x.fill(0)
  for (let i = 0; i < rows; i++) {
    const weight = y[i]!
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) x[indices[p]!]! += values[p]! * weight
  }
}

/** The matrix [rows, columns] in C order. */
export function denseOf({ rows, columns, pointers, indices, values }: SparseRows): Float64Array {
  const out = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++)
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) out[i * columns + indices[p]!]! += values[p]!
  return out
}

/** B A, row by row with an accumulator of one dense row. */
export function multiplyRows(B: SparseRows, A: SparseRows): SparseRows {
  const sums = new Float64Array(A.columns)
  const seen = new Int32Array(A.columns).fill(-1)
  const pointers = new Int32Array(B.rows + 1)
  const [indices, values]: [number[], number[]] = [[], []]
  for (let i = 0; i < B.rows; i++) {
    const touched: number[] = []
    for (let q = B.pointers[i]!; q < B.pointers[i + 1]!; q++) {
      const [k, weight] = [B.indices[q]!, B.values[q]!]
      for (let p = A.pointers[k]!; p < A.pointers[k + 1]!; p++) {
        const j = A.indices[p]!
        if (seen[j] !== i) {
          seen[j] = i
          sums[j] = 0
          touched.push(j)
        }
        sums[j]! += weight * A.values[p]!
      }
    }
    for (const j of touched.sort((a, b) => a - b)) {
      indices.push(j)
      values.push(sums[j]!)
    }
    pointers[i + 1] = indices.length
  }
  return { rows: B.rows, columns: A.columns, pointers, indices: Int32Array.from(indices), values: Float64Array.from(values) } // prettier-ignore
}

/** One matrix above the other. */
export function stackRows(parts: readonly SparseRows[]): SparseRows {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const count = parts.reduce((sum, part) => sum + part.indices.length, 0)
  const [pointers, indices, values] = [new Int32Array(rows + 1), new Int32Array(count), new Float64Array(count)]
  let [row, entry] = [0, 0]
  for (const part of parts) {
    for (let i = 1; i <= part.rows; i++) pointers[row + i] = entry + part.pointers[i]!
    indices.set(part.indices, entry)
    values.set(part.values, entry)
    row += part.rows
    entry += part.indices.length
  }
  return { rows, columns: parts[0]!.columns, pointers, indices, values }
}

/** The Kronecker product A x B: A acts along the first axis and B along the others, in C order. */
export function kronecker(A: SparseRows, B: SparseRows): SparseRows {
  const rows = A.rows * B.rows
  const pointers = new Int32Array(rows + 1)
  for (let k = 0; k < rows; k++) {
    const [i, j] = [Math.floor(k / B.rows), k % B.rows]
    pointers[k + 1] = pointers[k]! + (A.pointers[i + 1]! - A.pointers[i]!) * (B.pointers[j + 1]! - B.pointers[j]!)
  }
  const [indices, values] = [new Int32Array(pointers[rows]!), new Float64Array(pointers[rows]!)]
  let entry = 0
  for (let k = 0; k < rows; k++) {
    const [i, j] = [Math.floor(k / B.rows), k % B.rows]
    for (let p = A.pointers[i]!; p < A.pointers[i + 1]!; p++)
      for (let q = B.pointers[j]!; q < B.pointers[j + 1]!; q++) {
        indices[entry] = A.indices[p]! * B.columns + B.indices[q]!
        values[entry++] = A.values[p]! * B.values[q]!
      }
  }
  return { rows, columns: A.columns * B.columns, pointers, indices, values }
}

/** The identity of n unknowns, or the rows of it that are named. */
export function unitRows(n: number, which?: ArrayLike<number>): SparseRows {
  const indices = which ? Int32Array.from(which) : Int32Array.from({ length: n }, (_, i) => i)
  const pointers = Int32Array.from({ length: indices.length + 1 }, (_, i) => i)
  return { rows: indices.length, columns: n, pointers, indices, values: new Float64Array(indices.length).fill(1) }
}

/** A'. */
export function transposeRows({ rows, columns, pointers, indices, values }: SparseRows): SparseRows {
  const starts = new Int32Array(columns + 1)
  for (const column of indices) starts[column + 1]!++
  for (let j = 0; j < columns; j++) starts[j + 1]! += starts[j]!
  const next = starts.slice()
  const [across, weights] = [new Int32Array(indices.length), new Float64Array(indices.length)]
  for (let i = 0; i < rows; i++)
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) {
      const to = next[indices[p]!]!++
      across[to] = i
      weights[to] = values[p]!
    }
  return { rows: columns, columns: rows, pointers: starts, indices: across, values: weights }
}
