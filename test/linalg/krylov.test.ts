import { describe, expect, it } from 'vitest'
import { dot } from '../../src/linalg/cholesky.js'
import { conjugateGradients, lanczos, type SymmetricProduct } from '../../src/linalg/krylov.js'
import { key, normal } from '../../src/random.js'

const n = 40

/** H = V diag(values) V^T with reflections for V: a product with known spectrum. */
function withSpectrum(values: Float64Array): SymmetricProduct {
  const u = normal(key(4), new Float64Array(n))
  const norm = dot(u, 0, u, 0, n)
  const reflect = (v: Float64Array): Float64Array => {
    const c = (2 * dot(u, 0, v, 0, n)) / norm
    return v.map((x, k) => x - c * u[k]!)
  }
  return v => {
    const out = new Float64Array(v.length)
    for (let at = 0; at < v.length; at += n) out.set(reflect(reflect(v.subarray(at, at + n)).map((x, k) => x * values[k]!)), at) // prettier-ignore
    return out
  }
}

describe('conjugate gradients', () => {
  const H = withSpectrum(Float64Array.from({ length: n }, (_, k) => 1 + k ** 2))

  it('solve each row to the tolerance, by itself or with others', () => {
    const b = normal(key(1), new Float64Array(3 * n))
    b.fill(0, n, 2 * n)
    const x = conjugateGradients(H, b, n, { tolerance: 1e-12 })
    H(x).forEach((value, k) => { expect(Math.abs(value - b[k]!)).toBeLessThan(1e-9) }) // prettier-ignore
    expect(conjugateGradients(H, b.slice(2 * n), n, { tolerance: 1e-12 })).toEqual(x.slice(2 * n))
  })

  it('say when they stall', () => {
    const b = normal(key(1), new Float64Array(n))
    expect(() => conjugateGradients(H, b, n, { most: 3 })).toThrow(
      /relative residual \S+ after 3 iterations; wants 1e-10/,
    )
  })
})

describe('lanczos', () => {
  /** |Q^T T Q v - H v| / |H v| for random v. */
  function residual(H: SymmetricProduct, { Q, T, rank }: ReturnType<typeof lanczos>): number {
    const v = normal(key(9), new Float64Array(n))
    const a = Float64Array.from({ length: rank }, (_, k) => dot(Q, k * n, v, 0, n))
    const b = Float64Array.from({ length: rank }, (_, k) => dot(T, k * rank, a, 0, rank))
    const w = H(v)
    const error = w.map((x, i) => {
      let sum = x
      for (let k = 0; k < rank; k++) sum -= b[k]! * Q[k * n + i]!
      return sum
    })
    return Math.hypot(...error) / Math.hypot(...w)
  }

  it('finds a spectrum that decays with few directions', () => {
    const H = withSpectrum(Float64Array.from({ length: n }, (_, k) => 10 ** -k))
    const found = lanczos(H, n, 1e-10)
    expect(found.rank).toBeLessThan(20)
    expect(residual(H, found)).toBeLessThan(1e-9)
  })

  it('finds equal eigenvalues, which one Krylov space has not', () => {
    const H = withSpectrum(Float64Array.from({ length: n }, (_, k) => (k < 3 ? 5 : k < 5 ? 2 : 0)))
    const found = lanczos(H, n)
    expect(found.rank).toBeLessThanOrEqual(8)
    expect(residual(H, found)).toBeLessThan(1e-9)
  })

  it('finds the identity, one restart for each direction', () => {
    const H: SymmetricProduct = v => v.map(x => 2 * x)
    const found = lanczos(H, n)
    expect(found.rank).toBe(n)
    expect(residual(H, found)).toBeLessThan(1e-12)
  })

  it('finds all of a matrix of full rank, and nothing of zero', () => {
    const H = withSpectrum(Float64Array.from({ length: n }, (_, k) => 1 + k))
    expect(residual(H, lanczos(H, n))).toBeLessThan(1e-10)
    expect(lanczos(v => new Float64Array(v.length), n).rank).toBe(0)
  })
})
