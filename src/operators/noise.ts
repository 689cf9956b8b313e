/** Noise of a measurement: p(y | A x), for measurements of any shape, entry by entry or with a covariance. */
import type { NdArray } from '../io/array.js'
import type { Key } from '../random.js'

export interface Noise {
  /** `gaussian`, `laplace`, `student-t`, `poisson` or `multiplicative`. */
  readonly kind: string
  /** y for noise-free measurements [...] or a batch [n, ...]; row i is the same whatever the batch: value `start + i`. */
  sample(clean: NdArray, key: Key, start?: number): NdArray<Float64Array>
  /** log p(y | clean) of each row. */
  logLikelihood(y: NdArray, clean: NdArray): Float64Array
  /** Cov(y | clean) of one noise-free measurement of m entries: variances [m], or a matrix [m, m] where entries correlate. */
  covariance(clean: NdArray): NdArray<Float64Array>
}

/** Noise as a configuration file states it, such as { kind: 'gaussian', std: 0.05 }. */
export interface NoiseSpec {
  readonly kind: string
  readonly [parameter: string]: unknown
}
