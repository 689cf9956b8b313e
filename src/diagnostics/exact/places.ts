/** Parameters theta as functions of z ~ N(0, I), theta_k = F_k^-1(Phi(z_k)), and what measurements say about z (gauss-newton.ts). */
import { array, type NdArray } from '../../io/array.js'
import { choleskyInPlace, dot, solveLower } from '../../linalg/cholesky.js'
import type { Noise } from '../../operators/noise.js'
import type { ParametricPrior } from '../../physics/parametric.js'
import { normalCdf } from '../../random/cdf.js'
import type { Place } from './gauss-newton.js'

export interface MeasuredParameters {
  readonly prior: Pick<ParametricPrior, 'names' | 'laws' | 'logDensity'>
  /** The noise-free measurements [n, m] of each row of theta [n, p]; differentiable. */
  readonly measure: (theta: NdArray<Float64Array>) => Promise<NdArray<Float64Array>>
  /** [m]. */
  readonly y: NdArray<Float64Array>
  readonly noise: Noise
}

/** Beyond this many deviations Phi is 1 to double precision: no place lies there. */
const FARTHEST = 8
/** Step of the differences that stand for J; it enters proposals only. */
const DIFFERENCE = 1e-4

export const isWithin = (z: Float64Array): boolean => z.every(v => Math.abs(v) < FARTHEST)

/** theta of z [n p]. */
export const parametersOf = ({ laws }: Pick<ParametricPrior, 'laws'>, z: Float64Array): Float64Array =>
  z.map((v, k) => laws[k % laws.length]!.quantile(normalCdf(v)))

/**
 * The places of several z, worked out together. The noise is whitened by its covariance at the first of the first call.
 */
export function openPlaces({
  prior,
  measure,
  y,
  noise,
}: MeasuredParameters): (z: readonly Float64Array[]) => Promise<Place[]> {
  const p = prior.names.length
  const m = y.size
  let whiten: ReturnType<typeof whitening> | undefined
  return async list => {
    const n = list.length
    const values = (await measure(array(withDifferences(prior, list), [n * (p + 1), p]))).data
    whiten ??= whitening(noise, values.slice(0, m))
    const repeated = new Float64Array(n * m)
    const clean = new Float64Array(n * m)
    for (let i = 0; i < n; i++) {
      repeated.set(y.data, i * m)
      clean.set(values.subarray(i * (p + 1) * m, (i * (p + 1) + 1) * m), i * m)
    }
    const log = noise.logLikelihood(array(repeated, [n, m]), array(clean, [n, m]))
    return list.map((z, i) => {
      // Columns y - f and f(z + e_k) - f, as rows.
      const own = values.slice(i * (p + 1) * m, (i + 1) * (p + 1) * m)
      for (let k = 1; k <= p; k++) for (let j = 0; j < m; j++) own[k * m + j] = (own[k * m + j]! - own[j]!) / DIFFERENCE
      for (let j = 0; j < m; j++) own[j] = y.data[j]! - own[j]!
      for (let k = 0; k <= p; k++) whiten!(own.subarray(k * m, (k + 1) * m))
      return { z, log: log[i]!, ...normalEquations(own, p, m) }
    })
  }
}

/** theta of each z, followed by those of z + DIFFERENCE e_k. */
function withDifferences(prior: Pick<ParametricPrior, 'laws'>, list: readonly Float64Array[]): Float64Array {
  const p = prior.laws.length
  const out = new Float64Array(list.length * (p + 1) * p)
  list.forEach((z, i) => {
    const theta = parametersOf(prior, z)
    const moved = parametersOf(prior, z.map(v => v + DIFFERENCE)) // prettier-ignore
    for (let k = 0; k <= p; k++) {
      const at = (i * (p + 1) + k) * p
      out.set(theta, at)
      if (k > 0) out[at + k - 1] = moved[k - 1]!
    }
  })
  return out
}

/** J^T J and J^T r of r and the columns of J, one after the other. */
function normalEquations(rows: Float64Array, p: number, m: number): Pick<Place, 'curvature' | 'gradient'> {
  const curvature = new Float64Array(p * p)
  const gradient = new Float64Array(p)
  for (let k = 0; k < p; k++) {
    const at = (k + 1) * m
    gradient[k] = dot(rows, at, rows, 0, m)
    for (let l = 0; l <= k; l++) curvature[l * p + k] = curvature[k * p + l] = dot(rows, at, rows, (l + 1) * m, m)
  }
  return { curvature, gradient }
}

/** Divides values [m] by the root of R at noise-free measurements [m], in place. */
function whitening(noise: Noise, clean: Float64Array): (values: Float64Array) => void {
  const m = clean.length
  const { data, shape } = noise.covariance(array(clean))
  if (shape.length !== 2)
    return values => {
      for (let j = 0; j < m; j++) values[j]! /= Math.sqrt(data[j]!)
    }
  const L = data.slice()
  choleskyInPlace(L, m, 'places: noise')
  return values => {
    solveLower(L, m, values)
  }
}
