/** Gaussian laws of a field: what closed forms need of a prior. Gaussian random fields (physics/gaussian-field.ts) are such. */
import { array, type NdArray } from '../io/array.js'
import { normal, type Key } from '../random.js'
import { choleskyInPlace, dot, logDeterminant, pivotedCholesky, solveLower } from './cholesky.js'
import { rowsOf, valuesOf } from './values.js'
import type { Spectrum } from './spectrum.js'

/** Mean and covariance of a field of N cells. */
export interface PriorMoments {
  /** The leading axes of the covariance, where they have been worked out. */
  readonly spectrum?: Spectrum
  /** xbar [...shape]. */
  readonly mean: NdArray<Float64Array>
  /** Root of the diagonal of C [...shape]. */
  readonly std: NdArray<Float64Array>
  /** C x of a field or a batch of them. */
  covarianceProduct(x: NdArray): NdArray<Float64Array>
  /** C [N, N] over the cells in C order. */
  covariance(): NdArray<Float64Array>
}

/** A Gaussian law N(xbar, C) that can be drawn from and judged. */
export interface GaussianPrior extends PriorMoments {
  /** Samples start, ..., start + n - 1 of a key [n, ...shape]: sample i is the same whatever start and n. */
  sample(key: Key, n: number, start?: number): NdArray<Float64Array>
  /** log N(x; xbar, C) of each field of a batch, or of one. */
  logDensity(x: NdArray): Float64Array
}

/**
 * N(mean, covariance), the covariance dense. It may be singular: then it has samples, but no density.
 *
 * @param mean [...shape], N cells.
 * @param covariance [N, N].
 * @throws RangeError for sizes that do not fit, values that are not finite, a matrix that is not symmetric to 1e-8 of its
 * largest entry. `sample` throws RangeError for a matrix with a negative eigenvalue, `logDensity` for a singular one.
 */
export function denseGaussian(mean: NdArray, covariance: NdArray): GaussianPrior {
  const where = 'denseGaussian'
  const shape = [...mean.shape]
  const centre = valuesOf(`${where}: mean`, mean, shape).slice()
  const N = centre.length
  const C = valuesOf(`${where}: covariance`, covariance, [N, N]).slice()
  assertSymmetric(C, N, where)
  const root = once(() => pivotedCholesky(C, N, where))
  const lower = once(() => {
    const L = C.slice()
    choleskyInPlace(L, N, `${where}: logDensity`)
    return { L, logNormaliser: 0.5 * (logDeterminant(L, N) + N * Math.log(2 * Math.PI)) }
  })

  function covarianceProduct(x: NdArray): NdArray<Float64Array> {
    const { data, count, batched } = rowsOf(`${where}: covarianceProduct`, x, shape)
    const out = new Float64Array(data.length)
    for (let r = 0; r < count; r++) for (let i = 0; i < N; i++) out[r * N + i] = dot(C, i * N, data, r * N, N)
    return array(out, batched(shape))
  }

  function sample(key: Key, n: number, start = 0): NdArray<Float64Array> {
    const { rows: factor, rank } = root()
    const z = normal(key, new Float64Array(n * rank), start * rank)
    const out = new Float64Array(n * N)
    for (let r = 0; r < n; r++) {
      const row = out.subarray(r * N, (r + 1) * N)
      row.set(centre)
      for (let k = 0; k < rank; k++) {
        const value = z[r * rank + k]!
        for (let i = 0; i < N; i++) row[i]! += value * factor[k * N + i]!
      }
    }
    return array(out, [n, ...shape])
  }

  function logDensity(x: NdArray): Float64Array {
    const { data, count } = rowsOf(`${where}: logDensity`, x, shape)
    const { L, logNormaliser } = lower()
    return Float64Array.from({ length: count }, (_, r) => {
      const z = data.slice(r * N, (r + 1) * N).map((value, i) => value - centre[i]!)
      solveLower(L, N, z)
      return -0.5 * dot(z, 0, z, 0, N) - logNormaliser
    })
  }

  return {
    mean: array(centre, shape),
    std: array(
      Float64Array.from({ length: N }, (_, i) => Math.sqrt(Math.max(0, C[i * (N + 1)]!))),
      shape,
    ),
    covariance: () => array(C.slice(), [N, N]),
    ...{ covarianceProduct, sample, logDensity },
  }
}

/** A value that is worked out when first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

function assertSymmetric(C: Float64Array, N: number, where: string): void {
  const size = C.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  for (let i = 0; i < N; i++)
    for (let j = 0; j < i; j++)
      if (Math.abs(C[i * N + j]! - C[j * N + i]!) > 1e-8 * size)
        throw new RangeError(`${where}: the covariance is not symmetric: [${i}, ${j}] is ${C[i * N + j]!}, [${j}, ${i}] is ${C[j * N + i]!}`) // prettier-ignore
}
