/**
 * LU factors of a sparse matrix with a symmetric pattern, without pivoting: for matrices that are diagonally dominant by
 * rows or by columns, such as I + a L with L from finite volumes, where every pivot is safe. The caller gives the order of
 * elimination (see minimum-degree.ts), the pattern is analysed once, and each matrix of that pattern is factored by itself.
 *
 * A = L U, L unit lower triangular. The pattern of L and that of U^T are one (George and Liu 1981), so that
 * A^T = (U^T D^-1)(D L^T), D = diag(U), has factors of the same pattern: a transpose moves values only.
 *
 * Right-hand sides are taken `lanes` at a time, interleaved: value r of unknown i is x[i * lanes + r]. Each factor entry
 * is then read once for 8 solutions, whose sums stay in registers. A lane has the same bits at every width.
 */

/** Right-hand sides that one pass over the factors serves. */
export const lanes = 8

/** A square matrix by rows: the diagonal, and entries off it; entries of one place add up. */
export interface SparseMatrix {
  readonly diagonal: Float64Array
  /** Row i has the entries pointers[i] to pointers[i + 1]. */
  readonly pointers: Int32Array
  readonly columns: Int32Array
  readonly values: Float64Array
}

/** Where the factors have entries: U by rows, L by rows, and for each entry of L its mirror image in U. */
export interface FactorPattern {
  readonly size: number
  readonly upperPointers: Int32Array
  readonly upperColumns: Int32Array
  readonly lowerPointers: Int32Array
  readonly lowerColumns: Int32Array
  readonly mirror: Int32Array
}

export interface Factors {
  /** Solves A X = B in place; `x` is [size, width] with a width of 1 or `lanes`. */
  solve(x: Float64Array, width: number): void
  /** The factors of A^T, made at the first call. */
  transposed(): Factors
  readonly bytes: number
}

/** The pattern of the factors of every matrix with these off-diagonal places. Throws RangeError unless it is symmetric. */
export function analyse({ pointers, columns }: Pick<SparseMatrix, 'pointers' | 'columns'>): FactorPattern {
  const size = pointers.length - 1
  assertSymmetric(pointers, columns)
  const rows = new Array<Int32Array>(size) // columns right of the diagonal in row k of U
  const children = Array.from({ length: size }, (): number[] => [])
  const seen = new Int32Array(size).fill(-1)
  for (let k = 0; k < size; k++) {
    const row: number[] = []
    const add = (j: number): void => {
      if (j <= k || seen[j] === k) return
      seen[j] = k
      row.push(j)
    }
    for (let p = pointers[k]!; p < pointers[k + 1]!; p++) add(columns[p]!)
    for (const child of children[k]!) rows[child]!.forEach(add)
    const sorted = Int32Array.from(row).sort()
    rows[k] = sorted
    if (sorted.length > 0) children[sorted[0]!]!.push(k)
  }
  return { size, ...layout(rows) }
}

function assertSymmetric(pointers: Int32Array, columns: Int32Array): void {
  const size = pointers.length - 1
  const places = new Set<number>()
  for (let i = 0; i < size; i++)
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) places.add(i * size + columns[p]!)
  for (const place of places) {
    const [i, j] = [Math.floor(place / size), place % size]
    if (!places.has(j * size + i))
      throw new RangeError(`sparse LU: the matrix has an entry at (${i}, ${j}) but none at (${j}, ${i})`)
  }
}

/** Rows of U as one list, and the same entries as rows of L. */
function layout(rows: readonly Int32Array[]): Omit<FactorPattern, 'size'> {
  const size = rows.length
  const upperPointers = new Int32Array(size + 1)
  const lowerPointers = new Int32Array(size + 1)
  rows.forEach((row, k) => {
    upperPointers[k + 1] = upperPointers[k]! + row.length
    for (const j of row) lowerPointers[j + 1]!++
  })
  for (let i = 0; i < size; i++) lowerPointers[i + 1]! += lowerPointers[i]!
  const upperColumns = new Int32Array(upperPointers[size]!)
  const lowerColumns = new Int32Array(upperColumns.length)
  const mirror = new Int32Array(upperColumns.length)
  const next = lowerPointers.slice(0, size)
  rows.forEach((row, k) => {
    upperColumns.set(row, upperPointers[k])
    row.forEach((j, at) => {
      const p = next[j]!++
      lowerColumns[p] = k
      mirror[p] = upperPointers[k]! + at
    })
  })
  return { upperPointers, upperColumns, lowerPointers, lowerColumns, mirror }
}

/**
 * The factors of a matrix of the analysed pattern, row by row.
 * Throws RangeError for a pivot that is zero or not finite.
 */
export function factor(pattern: FactorPattern, matrix: SparseMatrix): Factors {
  const { size, upperPointers, upperColumns, lowerPointers, lowerColumns } = pattern
  const lower = new Float64Array(lowerColumns.length)
  const upper = new Float64Array(upperColumns.length)
  const pivots = new Float64Array(size)
  const row = new Float64Array(size) // the row at work; zero outside its pattern
  for (let i = 0; i < size; i++) {
    row[i] = matrix.diagonal[i]!
    for (let p = matrix.pointers[i]!; p < matrix.pointers[i + 1]!; p++) row[matrix.columns[p]!]! += matrix.values[p]!
    for (let p = lowerPointers[i]!; p < lowerPointers[i + 1]!; p++) {
      const k = lowerColumns[p]!
      const l = row[k]! / pivots[k]!
      lower[p] = l
      row[k] = 0
      for (let q = upperPointers[k]!; q < upperPointers[k + 1]!; q++) row[upperColumns[q]!]! -= l * upper[q]!
    }
    const pivot = row[i]!
    if (!(Number.isFinite(pivot) && pivot !== 0)) throw new RangeError(`sparse LU: pivot ${i} is ${pivot}: the matrix is singular or not finite`) // prettier-ignore
    pivots[i] = pivot
    row[i] = 0
    for (let q = upperPointers[i]!; q < upperPointers[i + 1]!; q++) {
      const j = upperColumns[q]!
      upper[q] = row[j]!
      row[j] = 0
    }
  }
  return factorsOf(pattern, lower, upper, pivots)
}

function factorsOf(pattern: FactorPattern, lower: Float64Array, upper: Float64Array, pivots: Float64Array): Factors {
  const { size, upperPointers, upperColumns, lowerPointers, lowerColumns, mirror } = pattern
  const inverse = pivots.map(d => 1 / d)
  let other: Factors | undefined

  function transposed(): Factors {
    if (other) return other
    const [left, right] = [new Float64Array(lower.length), new Float64Array(upper.length)]
    for (let p = 0; p < lower.length; p++) {
      const [k, q] = [lowerColumns[p]!, mirror[p]!]
      left[p] = upper[q]! / pivots[k]!
      right[q] = pivots[k]! * lower[p]!
    }
    other = factorsOf(pattern, left, right, pivots)
    return other
  }

  function solve(x: Float64Array, width: number): void {
    if ((width !== 1 && width !== lanes) || x.length !== size * width)
      throw new RangeError(`sparse LU: ${x.length} values are not [${size}, ${width}], width 1 or ${lanes}`)
    const sweep = width === 1 ? sweepOne : sweepLanes
    sweep(lowerPointers, lowerColumns, lower, null, x)
    sweep(upperPointers, upperColumns, upper, inverse, x)
  }

  return { solve, transposed, bytes: 8 * (lower.length + upper.length + 2 * size) }
}

/** x_i -= sum_j values_ij x_j: downwards for the unit lower factor, upwards and scaled for the upper one. */
function sweepOne(
  pointers: Int32Array,
  columns: Int32Array,
  values: Float64Array,
  inverse: Float64Array | null,
  x: Float64Array,
): void {
  const size = pointers.length - 1
  for (let step = 0; step < size; step++) {
    const i = inverse ? size - 1 - step : step
    let sum = x[i]!
    const end = pointers[i + 1]!
    for (let p = pointers[i]!; p < end; p++) sum -= values[p]! * x[columns[p]!]!
    x[i] = inverse ? sum * inverse[i]! : sum
  }
}

/** `sweepOne` for 8 interleaved right-hand sides; written out so that the sums stay in registers. */
function sweepLanes(
  pointers: Int32Array,
  columns: Int32Array,
  values: Float64Array,
  inverse: Float64Array | null,
  x: Float64Array,
): void {
  const size = pointers.length - 1
  for (let step = 0; step < size; step++) {
    const i = inverse ? size - 1 - step : step
    const at = i << 3
    let a = x[at]!
    let b = x[at + 1]!
    let c = x[at + 2]!
    let d = x[at + 3]!
    let e = x[at + 4]!
    let f = x[at + 5]!
    let g = x[at + 6]!
    let h = x[at + 7]!
    const end = pointers[i + 1]!
    for (let p = pointers[i]!; p < end; p++) {
      const value = values[p]!
      const j = columns[p]! << 3
      a -= value * x[j]!
      b -= value * x[j + 1]!
      c -= value * x[j + 2]!
      d -= value * x[j + 3]!
      e -= value * x[j + 4]!
      f -= value * x[j + 5]!
      g -= value * x[j + 6]!
      h -= value * x[j + 7]!
    }
    const scale = inverse ? inverse[i]! : 1
    x[at] = a * scale
    x[at + 1] = b * scale
    x[at + 2] = c * scale
    x[at + 3] = d * scale
    x[at + 4] = e * scale
    x[at + 5] = f * scale
    x[at + 6] = g * scale
    x[at + 7] = h * scale
  }
}
