/** Gaussian noise N(0, R) of m entries, by the factor of R: variances [m], or a matrix [m, m]. */
import type { NdArray } from '../io/array.js'
import { choleskyInPlace, dot, logDeterminant, solveLower, solveUpper } from './cholesky.js'
import { valuesOf } from './values.js'

export interface NoiseCovariance {
  readonly m: number
  /** z := L z for each row of m numbers: noise from standard normal numbers. */
  colour(z: Float64Array): Float64Array
  /** z := L^-1 z for each row. */
  whiten(z: Float64Array): Float64Array
  /** z := L^-T z for each row. */
  whitenTransposed(z: Float64Array): Float64Array
  /** log N(e; 0, R) of each row. */
  logDensity(e: Float64Array): Float64Array
  readonly logDeterminant: number
}

/** Throws RangeError for another size, or where R is not positive definite. */
export function noiseCovariance(R: NdArray, m: number, where: string): NoiseCovariance {
  const parts = R.shape.length === 2 ? full(R, m, where) : diagonal(R, m, where)
  const constant = 0.5 * (parts.logDeterminant + m * Math.log(2 * Math.PI))
  return {
    m,
    ...parts,
    logDensity(e) {
      const z = parts.whiten(e.slice())
      return Float64Array.from({ length: z.length / m }, (_, r) => -0.5 * dot(z, r * m, z, r * m, m) - constant)
    },
  }
}

type Parts = Omit<NoiseCovariance, 'm' | 'logDensity'>

function diagonal(R: NdArray, m: number, where: string): Parts {
  const variances = valuesOf(where, R, [m])
  const bad = variances.findIndex(v => !(v > 0))
  if (bad >= 0) throw new RangeError(`${where}: variance ${bad} is ${variances[bad]!}; wants positive ones`)
  const std = variances.map(Math.sqrt)
  const times = (z: Float64Array, factor: (k: number) => number): Float64Array => {
    for (let k = 0; k < z.length; k++) z[k]! *= factor(k % m)
    return z
  }
  const whiten = (z: Float64Array): Float64Array => times(z, k => 1 / std[k]!)
  return {
    ...{ whiten, whitenTransposed: whiten, colour: z => times(z, k => std[k]!) },
    logDeterminant: variances.reduce((sum, v) => sum + Math.log(v), 0),
  }
}

function full(R: NdArray, m: number, where: string): Parts {
  const L = valuesOf(where, R, [m, m]).slice()
  choleskyInPlace(L, m, where)
  const rows = (z: Float64Array, f: (row: Float64Array) => void): Float64Array => {
    for (let at = 0; at < z.length; at += m) f(z.subarray(at, at + m))
    return z
  }
  return {
    colour: z => rows(z, row => { for (let i = m - 1; i >= 0; i--) row[i] = dot(L, i * m, row, 0, i + 1) }), // prettier-ignore
    whiten: z => rows(z, row => { solveLower(L, m, row) }), // prettier-ignore
    whitenTransposed: z => rows(z, row => { solveUpper(L, m, row) }), // prettier-ignore
    logDeterminant: logDeterminant(L, m),
  }
}
