/**
 * The law from which the reverse process starts, N(m xbar, m^2 C + s^2 I) (theory.md, section 3): the data's mean and
 * covariance, diffused. N(0, I) is right for standardised data at k = 2 only.
 */
import type { NdArray } from '../io/array.js'
import { terminalLaw, type Kernel } from '../pde/process.js'
import { derive, normal, type Key } from '../random.js'

/** Mean xbar and covariance C = diag(variance) + factor factor^T of the data; by default 0 and I: standardised data. */
export interface Moments {
  /** One number, or one for each element of a sample. Default 0. */
  readonly mean?: number | ArrayLike<number>
  /** One number, or one for each element of a sample. Default 1; 0 where there is a factor. */
  readonly variance?: number | ArrayLike<number>
  /** [elements of a sample, r]: C's low-rank part. */
  readonly factor?: NdArray<Float64Array> | NdArray<Float32Array>
}

type Draw = (key: Key, out: Float32Array | Float64Array, first: number) => void

/**
 * How to draw z at a level, for samples `first`, `first` + 1, ...: sample i depends on (key, i) alone.
 *
 * @param size elements of a sample.
 * @throws RangeError when the moments do not fit a sample, or a variance is negative.
 */
export function startingLaw(kernel: Kernel, size: number, data: Moments = {}): Draw {
  const mean = spread(data.mean ?? 0, size, 'mean')
  const variance = spread(data.variance ?? (data.factor ? 0 : 1), size, 'variance')
  const law = Array.from(mean, (value, i) => terminalLaw(kernel, { mean: value, variance: variance[i]! }))
  const bad = law.findIndex((l, i) => !(variance[i]! >= 0 && Number.isFinite(l.variance + l.mean)))
  if (bad >= 0) throw new RangeError(`start: element ${bad} has mean ${mean[bad]!} and variance ${variance[bad]!}`)
  const centre = Float64Array.from(law, l => l.mean)
  const deviation = Float64Array.from(law, l => Math.sqrt(l.variance))
  const factor = data.factor && rowsOf(data.factor, size)
  return (key, out, first) => {
    normal(key, out, first * size)
    for (let i = 0, j = 0; i < out.length; i++, j = j + 1 === size ? 0 : j + 1)
      out[i] = centre[j]! + deviation[j]! * out[i]!
    if (factor) addFactor(factor, kernel.m, derive(key, 'factor'), out, first)
  }
}

function spread(values: number | ArrayLike<number>, size: number, what: string): ArrayLike<number> {
  if (typeof values === 'number') return new Float64Array(size).fill(values)
  if (values.length !== size)
    throw new RangeError(`start: the ${what} has ${values.length} numbers; a sample has ${size} elements`)
  return values
}

function rowsOf(factor: NdArray<Float64Array> | NdArray<Float32Array>, size: number): Float64Array[] {
  const [rows, rank] = factor.shape as [number, number]
  if (factor.shape.length !== 2 || rows !== size)
    throw new RangeError(`start: the factor is [${factor.shape.join(', ')}]; a sample of ${size} elements wants [${size}, r]`) // prettier-ignore
  return Array.from({ length: size }, (_, i) => Float64Array.from({ length: rank }, (_, k) => factor.get(i, k)))
}

/** out += m factor w for each sample. */
function addFactor(rows: Float64Array[], m: number, key: Key, out: Float32Array | Float64Array, first: number): void {
  const [size, rank] = [rows.length, rows[0]!.length]
  const w = normal(key, new Float64Array((out.length / size) * rank), first * rank)
  for (let n = 0; n < out.length / size; n++)
    for (let i = 0; i < size; i++) {
      let sum = 0
      for (let k = 0; k < rank; k++) sum += rows[i]![k]! * w[n * rank + k]!
      out[n * size + i]! += m * sum
    }
}
