import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import {
  choleskyInPlace,
  dot,
  invertLower,
  logDeterminant,
  pivotedCholesky,
  solveLower,
  solveUpper,
} from '../../src/linalg/cholesky.js'
import { eigenSymmetric } from '../../src/linalg/eigen.js'
import { key, normal } from '../../src/random.js'

/** G^T G for G [rank, n]: positive semi-definite. */
function gram(n: number, rank = n + 3): Float64Array {
  const G = normal(key(1, 'gram', n, rank), new Float64Array(rank * n))
  const A = new Float64Array(n * n)
  for (let r = 0; r < rank; r++)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) A[i * n + j]! += G[r * n + i]! * G[r * n + j]!
  return A
}

const difference = (a: Float64Array, b: Float64Array): number => a.reduce((max, v, k) => Math.max(max, Math.abs(v - b[k]!)), 0) // prettier-ignore

/** A B for A [n, n], B [n, columns]. */
function product(A: Float64Array, n: number, B: Float64Array, columns: number): Float64Array {
  const out = new Float64Array(n * columns)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < n; k++) for (let c = 0; c < columns; c++) out[i * columns + c]! += A[i * n + k]! * B[k * columns + c]! // prettier-ignore
  return out
}

describe.each([1, 2, 3, 4, 5, 9, 32, 61])('the Cholesky factor of a matrix of %i rows', n => {
  const A = gram(n)
  const L = A.slice()
  choleskyInPlace(L, n)

  it('solves, one right-hand side or several', () => {
    for (const columns of [1, 3, 8]) {
      const X = normal(key(2), new Float64Array(n * columns))
      const B = product(A, n, X, columns)
      solveLower(L, n, B, columns)
      solveUpper(L, n, B, columns)
      expect(difference(B, X)).toBeLessThan(1e-8) // of random matrices with condition numbers up to 1e5
    }
  })

  it('has an inverse, and the determinant of the eigenvalues', () => {
    const inverse = new Float64Array(n * n)
    invertLower(L, n, inverse)
    const lower = L.map((v, k) => (k % n > Math.floor(k / n) ? 0 : v))
    const identity = Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0))
    expect(difference(product(lower, n, inverse, n), identity)).toBeLessThan(1e-10)
    const { values, vectors } = eigenSymmetric(array(A, [n, n]))
    const logs = values.data.reduce((sum, v) => sum + Math.log(v), 0)
    expect(Math.abs(logDeterminant(L, n) - logs)).toBeLessThan(1e-9 * (1 + Math.abs(logs)))
    for (let k = 0; k < n; k++) {
      const v = vectors.data.slice(k * n, (k + 1) * n)
      expect(difference(product(A, n, v, 1), v.map(x => x * values.get(k)))).toBeLessThan(1e-10 * values.get(n - 1)) // prettier-ignore
      expect(dot(v, 0, v, 0, n)).toBeCloseTo(1, 12)
      if (k > 0) expect(values.get(k)).toBeGreaterThanOrEqual(values.get(k - 1))
    }
  })
})

describe('matrices that are not positive definite', () => {
  it('are refused, by pivot', () => {
    expect(() => { choleskyInPlace(Float64Array.of(1, 0, 2, 3), 2, 'here') }).toThrow('here: the matrix [2, 2] is not positive definite: pivot 1 is -1, of a diagonal entry of 3') // prettier-ignore
    expect(() => { choleskyInPlace(Float64Array.of(NaN), 1) }).toThrow('pivot 0 is NaN') // prettier-ignore
  })

  it('have a factor of their rank where they are semi-definite', () => {
    const [n, rank] = [12, 4]
    const A = gram(n, rank)
    const { rows, rank: found } = pivotedCholesky(A, n)
    expect(found).toBe(rank)
    const back = new Float64Array(n * n)
    for (let k = 0; k < rank; k++)
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) back[i * n + j]! += rows[k * n + i]! * rows[k * n + j]!
    expect(difference(A, back)).toBeLessThan(1e-12)
    expect(pivotedCholesky(new Float64Array(4), 2).rank).toBe(0)
    expect(() => pivotedCholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow('not positive semi-definite')
  })
})
