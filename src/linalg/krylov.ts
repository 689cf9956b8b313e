/** Matrix-free solves and spectra of symmetric positive matrices, known by their products with vectors. */
import { key, normal } from '../random.js'
import { dot } from './cholesky.js'

/** H v for each row of `v` [n, size]. */
export type SymmetricProduct = (v: Float64Array) => Float64Array

/**
 * Solves H x = b for every row of b [n, size] by conjugate gradients, the rows side by side in each product.
 *
 * Source: M. R. Hestenes, E. Stiefel, J. Res. Nat. Bur. Stand. 49 (1952).
 *
 * @param tolerance of |b - H x| / |b|, each row; 1e-10 unless given.
 * @param most iterations; 10 size + 100 unless given.
 * @throws Error that names the residual where that many do not suffice.
 */
export function conjugateGradients(
  H: SymmetricProduct,
  b: Float64Array,
  size: number,
  options: { readonly tolerance?: number; readonly most?: number } = {},
): Float64Array {
  const { tolerance = 1e-10, most = 10 * size + 100 } = options
  const rows = Array.from({ length: b.length / size }, (_, r) => r * size)
  const [x, residual, p] = [new Float64Array(b.length), b.slice(), b.slice()]
  const square = rows.map(at => dot(b, at, b, at, size))
  const target = square.map(s => s * tolerance ** 2)
  for (let iteration = 0; rows.some((_, r) => square[r]! > target[r]!); iteration++) {
    if (iteration === most) throw new Error(`conjugate gradients: relative residual ${worst(square, target, tolerance)} after ${most} iterations; wants ${tolerance}. Larger noise or a smaller prior variance makes the problem easier`) // prettier-ignore
    const Hp = H(p)
    rows.forEach((at, r) => {
      if (square[r]! <= target[r]!) return // its direction stays as it is, and is not used
      const alpha = square[r]! / dot(p, at, Hp, at, size)
      for (let k = at; k < at + size; k++) {
        x[k]! += alpha * p[k]!
        residual[k]! -= alpha * Hp[k]!
      }
      const next = dot(residual, at, residual, at, size)
      const beta = next / square[r]!
      for (let k = at; k < at + size; k++) p[k] = residual[k]! + beta * p[k]!
      square[r] = next
    })
  }
  return x
}

const worst = (square: readonly number[], target: readonly number[], tolerance: number): string =>
  (tolerance * Math.sqrt(Math.max(...square.map((s, r) => s / target[r]!)))).toExponential(1)

/** H = Q^T T Q up to the tolerance, T tridiagonal. */
export interface Tridiagonal {
  /** Orthonormal rows [rank, size]. */
  readonly Q: Float64Array
  readonly rank: number
  /** T [rank, rank]. */
  readonly T: Float64Array
}

/**
 * The part of a symmetric positive semi-definite H [size, size] above a tolerance, by Lanczos with full reorthogonalisation.
 * Where the Krylov space closes, it starts again beside it, until a random vector finds nothing left.
 *
 * Source: B. N. Parlett, The Symmetric Eigenvalue Problem (1980), chapter 13.
 *
 * @param tolerance relative to the largest entry of the diagonal of T; 1e-10 unless given.
 */
export function lanczos(H: SymmetricProduct, size: number, tolerance = 1e-10): Tridiagonal {
  const basis: Float64Array[] = []
  const [alpha, beta]: [number[], number[]] = [[], []]
  let starts = 0
  const small = (): number => tolerance * alpha.reduce((a, b) => Math.max(a, b), Number.MIN_VALUE)
  const fresh = (): Float64Array => {
    const v = normal(key(0, 'lanczos', starts++), new Float64Array(size))
    orthogonalise(v, basis)
    return unit(v)
  }
  let q = fresh()
  for (let closed = true; basis.length < size;) {
    const w = H(q).slice()
    if (closed && Math.sqrt(dot(w, 0, w, 0, size)) <= small()) break
    basis.push(q)
    alpha.push(dot(w, 0, q, 0, size))
    orthogonalise(w, basis)
    const length = Math.sqrt(dot(w, 0, w, 0, size))
    closed = length <= small()
    if (basis.length === size) break
    beta.push(closed ? 0 : length)
    q = closed ? fresh() : unit(w)
  }
  const rank = basis.length
  const [Q, T] = [new Float64Array(rank * size), new Float64Array(rank * rank)]
  basis.forEach((row, k) => {
    Q.set(row, k * size)
    T[k * (rank + 1)] = alpha[k]!
    if (k + 1 < rank) T[k * (rank + 1) + 1] = T[k * (rank + 1) + rank] = beta[k]!
  })
  return { Q, rank, T }
}

/** v minus its part in the span of the orthonormal `basis`, twice for round-off. */
function orthogonalise(v: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++)
    for (const q of basis) {
      const part = dot(v, 0, q, 0, v.length)
      for (let k = 0; k < v.length; k++) v[k]! -= part * q[k]!
    }
}

function unit(v: Float64Array): Float64Array {
  const scale = 1 / Math.sqrt(dot(v, 0, v, 0, v.length))
  return v.map(value => scale * value)
}
