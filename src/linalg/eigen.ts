/** Eigenvalues and eigenvectors of dense symmetric matrices of up to about a thousand rows (seconds there), by ml-matrix. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { array, type NdArray } from '../io/array.js'
import { valuesOf } from './values.js'

export interface SymmetricEigen {
  /** Increasing [n]. */
  readonly values: NdArray<Float64Array>
  /** Row k belongs to value k [n, n]; orthonormal. */
  readonly vectors: NdArray<Float64Array>
}

/** C = sum_k values_k v_k v_k^T; the lower triangle is read. Throws RangeError unless C is square and finite. */
export function eigenSymmetric(C: NdArray): SymmetricEigen {
  const n = C.shape[0] ?? 0
  const data = valuesOf('eigenSymmetric', C, [n, n])
  const matrix = new Matrix(n, n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      matrix.set(i, j, data[i * n + j]!)
      matrix.set(j, i, data[i * n + j]!)
    }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  const order = realEigenvalues.map((_, k) => k).sort((a, b) => realEigenvalues[a]! - realEigenvalues[b]!)
  const vectors = new Float64Array(n * n)
  order.forEach((column, k) => {
    for (let i = 0; i < n; i++) vectors[k * n + i] = eigenvectorMatrix.get(i, column)
  })
  return { values: array(Float64Array.from(order, k => realEigenvalues[k]!)), vectors: array(vectors, [n, n]) }
}
