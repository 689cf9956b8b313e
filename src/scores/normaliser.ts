/**
 * The units in which a network and the noise levels work: x -> (x - mean)/std, with one deviation for the whole field and one
 * mean, or a mean for each element. It is fitted once, on training data only, saved with the weights and applied once.
 */
import { array, elements, shapeText, type NdArray } from '../io/array.js'

type Floats = Float32Array | Float64Array

/** Plain JSON, as it stands in `model.json`. */
export interface NormaliserSpec {
  /** Of one sample. */
  readonly shape: readonly number[]
  /** One number, or one for each element of a sample in C order. */
  readonly mean: number | readonly number[]
  /** > 0. */
  readonly std: number
}

export interface Normaliser {
  readonly spec: NormaliserSpec
  /** (x - mean)/std of one sample [...shape] or a batch [n, ...shape]; a new array of the type of x. */
  apply<T extends Floats>(x: NdArray<T>): NdArray<T>
  /** mean + std x. */
  invert<T extends Floats>(x: NdArray<T>): NdArray<T>
}

/**
 * The normaliser of a spec. Throws RangeError for a mean that is not finite or does not fit the shape, and for a deviation
 * that is not positive.
 */
export function normaliser(spec: NormaliserSpec): Normaliser {
  const { shape, mean, std } = checkedSpec(spec)
  const size = shape.reduce((a, b) => a * b, 1)
  const means = typeof mean === 'number' ? new Float64Array(size).fill(mean) : Float64Array.from(mean)
  const map = <T extends Floats>(
    x: NdArray<T>,
    where: string,
    f: (value: number, mean: number) => number,
  ): NdArray<T> => {
    assertSamples(x, shape, where)
    const from = elements(x)
    const to = (from instanceof Float32Array ? new Float32Array(from.length) : new Float64Array(from.length)) as T
    for (let start = 0; start < from.length; start += size)
      for (let k = 0; k < size; k++) to[start + k] = f(from[start + k]!, means[k]!)
    return array(to, x.shape)
  }
  return {
    spec: { shape, mean, std },
    apply: x => map(x, 'normaliser.apply', (value, m) => (value - m) / std),
    invert: x => map(x, 'normaliser.invert', (value, m) => m + std * value),
  }
}

export interface NormaliserFit {
  /** Takes a batch [n, ...shape] of training data into account. */
  add(batch: NdArray<Floats>): void
  /** The normaliser of what was added. Throws RangeError for no data, and for constant data. */
  done(): Normaliser
}

/**
 * Fits a normaliser in one pass over batches: means by running averages and the sum of squared deviations by Chan, Golub and
 * LeVeque's update (1983), so that a large mean cancels nothing.
 *
 * @param shape of one sample.
 * @param mean `scalar` (default): one for the whole field; `element`: one for each element, and std is the deviation from it.
 */
export function fitNormaliser(shape: readonly number[], mean: 'scalar' | 'element' = 'scalar'): NormaliserFit {
  const size = shape.reduce((a, b) => a * b, 1)
  const groups = mean === 'scalar' ? 1 : size
  const means = new Float64Array(groups)
  let [count, squares, largest] = [0, 0, 0]
  return {
    add(batch) {
      assertSamples(batch, shape, 'fitNormaliser')
      const values = elements(batch)
      for (let k = 0; k < values.length; k++) {
        const value = values[k]!
        if (!Number.isFinite(value))
          throw new RangeError(
            `fitNormaliser: sample ${count + Math.floor(k / size)} of the training data has ${value}`,
          )
        const group = groups === 1 ? 0 : k % size
        // Values of this group so far, this one included.
        const n = groups === 1 ? count * size + k + 1 : count + Math.floor(k / size) + 1
        const away = value - means[group]!
        means[group]! += away / n
        squares += away * (value - means[group]!)
        largest = Math.max(largest, Math.abs(value))
      }
      count += values.length / size
    },
    done() {
      if (count === 0) throw new RangeError('fitNormaliser: no training data was added')
      const std = Math.sqrt(squares / (count * size))
      // Round-off alone gives constant data a deviation of this size.
      if (!(std > 1e-7 * largest))
        throw new RangeError(
          `fitNormaliser: the ${count} samples of training data are constant (deviation ${std} about ${means[0]!}): nothing can be learnt`,
        )
      return normaliser({ shape: [...shape], mean: groups === 1 ? means[0]! : [...means], std })
    },
  }
}

function checkedSpec({ shape, mean, std }: NormaliserSpec): NormaliserSpec {
  if (!Array.isArray(shape) || !shape.every(d => Number.isSafeInteger(d) && (d as number) > 0))
    throw new RangeError(`normaliser: 'shape' is ${JSON.stringify(shape)}; wants extents from 1`)
  const size = shape.reduce<number>((a, b) => a * (b as number), 1)
  const all: readonly unknown[] = Array.isArray(mean) ? mean : [mean]
  if (Array.isArray(mean) && all.length !== size)
    throw new RangeError(`normaliser: 'mean' has ${all.length} entries; a sample ${shapeText(shape)} has ${size}`)
  const bad = all.findIndex(m => !Number.isFinite(m))
  if (bad >= 0) throw new RangeError(`normaliser: entry ${bad} of 'mean' is ${String(all[bad])}`)
  if (!(std > 0 && std < Infinity)) throw new RangeError(`normaliser: 'std' is ${std}; wants a number > 0`)
  return { shape: [...(shape as number[])], mean, std }
}

function assertSamples(x: NdArray, shape: readonly number[], where: string): void {
  const own = x.shape.slice(-shape.length)
  if (x.shape.length > shape.length + 1 || own.length !== shape.length || own.some((d, i) => d !== shape[i]))
    throw new RangeError(`${where}: wants a sample ${shapeText(shape)} or a batch of them, got ${shapeText(x.shape)}`)
}
