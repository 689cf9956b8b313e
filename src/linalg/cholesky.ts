/**
 * Cholesky factors A = L L^T of dense symmetric matrices, in typed arrays: rows in C order, the lower triangle is read. The
 * functions work in place, so that loops over many small matrices make no garbage. `B` is [n, columns] in C order.
 */

/** Sum over k < n of a[i + k] b[j + k], in four sums that do not wait for each other. */
export function dot(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]
  let k = 0
  for (; k + 4 <= n; k += 4) {
    s0 += a[i + k]! * b[j + k]!
    s1 += a[i + k + 1]! * b[j + k + 1]!
    s2 += a[i + k + 2]! * b[j + k + 2]!
    s3 += a[i + k + 3]! * b[j + k + 3]!
  }
  for (; k < n; k++) s0 += a[i + k]! * b[j + k]!
  return s0 + s1 + (s2 + s3)
}

/**
 * Replaces the lower triangle of A [n, n] by L; what is above the diagonal stays, unread.
 *
 * @throws RangeError where A is not positive definite, naming the pivot.
 */
export function choleskyInPlace(A: Float64Array, n: number, where = 'Cholesky'): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) A[i * n + j] = (A[i * n + j]! - dot(A, i * n, A, j * n, j)) / A[j * n + j]!
    const pivot = A[i * n + i]! - dot(A, i * n, A, i * n, i)
    if (!(pivot > 0 && pivot < Infinity))
      throw new RangeError(
        `${where}: the matrix [${n}, ${n}] is not positive definite: pivot ${i} is ${pivot}, of a diagonal entry of ${A[i * n + i]!}; ` +
          `a covariance needs independent rows and noise above round-off`,
      )
    A[i * n + i] = Math.sqrt(pivot)
  }
}

/** B := L^-1 B. */
export function solveLower(L: Float64Array, n: number, B: Float64Array, columns = 1): void {
  for (let i = 0; i < n; i++) {
    const to = i * columns
    subtractRows(B, to, L, i * n, 1, 0, i, columns)
    const scale = 1 / L[i * n + i]!
    for (let c = to; c < to + columns; c++) B[c]! *= scale
  }
}

/** B := L^-T B. */
export function solveUpper(L: Float64Array, n: number, B: Float64Array, columns = 1): void {
  for (let i = n - 1; i >= 0; i--) {
    const to = i * columns
    subtractRows(B, to, L, i, n, i + 1, n, columns)
    const scale = 1 / L[i * n + i]!
    for (let c = to; c < to + columns; c++) B[c]! *= scale
  }
}

/** Row `to` of B loses the rows k = from, ..., end - 1, each times L[start + k step]; four of them in one pass. */
function subtractRows(
  B: Float64Array,
  to: number,
  L: Float64Array,
  start: number,
  step: number,
  from: number,
  end: number,
  columns: number,
): void {
  let k = from
  for (; k + 4 <= end; k += 4) {
    const [p, q] = [start + k * step, k * columns]
    const [l0, l1, l2, l3] = [L[p]!, L[p + step]!, L[p + 2 * step]!, L[p + 3 * step]!]
    for (let c = 0; c < columns; c++)
      B[to + c]! -=
        l0 * B[q + c]! + l1 * B[q + columns + c]! + l2 * B[q + 2 * columns + c]! + l3 * B[q + 3 * columns + c]!
  }
  for (; k < end; k++) {
    const l = L[start + k * step]!
    for (let c = 0; c < columns; c++) B[to + c]! -= l * B[k * columns + c]!
  }
}

/** L^-1 into the lower triangle of `out` [n, n]; what is above its diagonal stays. `L` and `out` are two arrays. */
export function invertLower(L: Float64Array, n: number, out: Float64Array): void {
  for (let i = 0; i < n; i++) {
    const [row, scale] = [i * n, 1 / L[i * n + i]!]
    out.fill(0, row, row + i)
    for (let k = 0; k < i; k++) {
      const l = L[row + k]!
      for (let c = 0; c <= k; c++) out[row + c]! -= l * out[k * n + c]!
    }
    for (let c = 0; c < i; c++) out[row + c]! *= scale
    out[row + i] = scale
  }
}

/** log det A, given its factor. */
export function logDeterminant(L: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < n; i++) sum += Math.log(L[i * n + i]!)
  return 2 * sum
}

export interface LowRank {
  /** Rows F [rank, n] with A = F^T F up to the tolerance. */
  readonly rows: Float64Array
  readonly rank: number
}

/**
 * The factor of a positive semi-definite matrix A [n, n], by complete pivoting: stops when no remaining diagonal entry is
 * above `tolerance` times the largest of A, so that a singular covariance is fine.
 *
 * Source: N. J. Higham, "Analysis of the Cholesky decomposition of a semi-definite matrix" (1990).
 *
 * @throws RangeError where a diagonal entry falls below -1000 times that tolerance: A has a negative eigenvalue.
 */
export function pivotedCholesky(A: Float64Array, n: number, where = 'Cholesky', tolerance = 1e-14): LowRank {
  const left = Float64Array.from({ length: n }, (_, i) => A[i * (n + 1)]!)
  const small = tolerance * left.reduce((a, b) => Math.max(a, b), 0)
  const rows: Float64Array[] = []
  while (rows.length < n) {
    const pivot = left.reduce((best, value, j) => (value > left[best]! ? j : best), 0)
    if (!(left[pivot]! > small)) break
    const row = A.slice(pivot * n, (pivot + 1) * n)
    for (const done of rows) {
      const l = done[pivot]!
      for (let j = 0; j < n; j++) row[j]! -= l * done[j]!
    }
    const scale = 1 / Math.sqrt(left[pivot]!)
    for (let j = 0; j < n; j++) left[j]! -= (row[j]! *= scale) ** 2
    left[pivot] = 0
    rows.push(row)
  }
  const bad = left.findIndex(value => !(value >= -1000 * small))
  if (bad >= 0) throw new RangeError(`${where}: the matrix [${n}, ${n}] is not positive semi-definite: ${left[bad]!} is left at diagonal entry ${bad}`) // prettier-ignore
  const F = new Float64Array(rows.length * n)
  rows.forEach((row, k) => F.set(row, k * n))
  return { rows: F, rank: rows.length }
}
