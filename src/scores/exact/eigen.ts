/** Eigenvalues and eigenvectors of small symmetric matrices, by Jacobi's rotations. */

export interface Eigen {
  /** Eigenvalue k belongs to row k of `vectors`. */
  readonly values: number[]
  readonly vectors: number[][]
}

const SWEEPS = 60

/**
 * C = sum_k values_k v_k v_k^T by the cyclic Jacobi method: O(d^3) a sweep, about eight sweeps, to round-off.
 *
 * @param matrix C, symmetric [d][d].
 * @throws RangeError unless C is square, finite and symmetric to 1e-8 of its largest entry.
 */
export function symmetricEigen(matrix: readonly (readonly number[])[], where = 'symmetricEigen'): Eigen {
  assertSymmetric(matrix, where)
  const d = matrix.length
  const a = matrix.map((row, i) => row.map((value, j) => (value + matrix[j]![i]!) / 2))
  const vectors = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)))
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let rotated = false
    for (let p = 0; p < d; p++)
      for (let q = p + 1; q < d; q++) {
        const [pp, qq, pq] = [a[p]![p]!, a[q]![q]!, a[p]![q]!]
        if (Math.abs(pq) <= 1e-17 * (Math.abs(pp) + Math.abs(qq))) continue
        rotated = true
        const theta = (qq - pp) / (2 * pq)
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1))
        const c = 1 / Math.hypot(t, 1)
        rotateRows(a, p, q, c, t * c)
        for (const row of a) rotate(row, p, q, c, t * c)
        rotateRows(vectors, p, q, c, t * c)
      }
    if (!rotated) break
  }
  return { values: a.map((row, i) => row[i]!), vectors }
}

function rotateRows(m: number[][], p: number, q: number, c: number, s: number): void {
  const [P, Q] = [m[p]!, m[q]!]
  for (let k = 0; k < P.length; k++) {
    const [x, y] = [P[k]!, Q[k]!]
    P[k] = c * x - s * y
    Q[k] = s * x + c * y
  }
}

function rotate(row: number[], p: number, q: number, c: number, s: number): void {
  const [x, y] = [row[p]!, row[q]!]
  row[p] = c * x - s * y
  row[q] = s * x + c * y
}

function assertSymmetric(matrix: readonly (readonly number[])[], where: string): void {
  const d = matrix.length
  const size = Math.max(...matrix.flat().map(Math.abs))
  matrix.forEach((row, i) => {
    if (row.length !== d) throw new RangeError(`${where}: row ${i} has ${row.length} entries; the matrix has ${d} rows`)
    row.forEach((value, j) => {
      if (!Number.isFinite(value)) throw new RangeError(`${where}: entry [${i}, ${j}] is ${value}`)
      if (Math.abs(value - matrix[j]![i]!) > 1e-8 * size)
        throw new RangeError(`${where}: not symmetric: [${i}, ${j}] is ${value}, [${j}, ${i}] is ${matrix[j]![i]!}`)
    })
  })
}
