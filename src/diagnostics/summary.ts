/** Summaries of posterior samples [n, ...shape], entry by entry. */
import { array, elements, sizeOf, type NdArray } from '../io/array.js'

export interface Moments {
  readonly n: number
  /** [...shape] */
  readonly mean: NdArray<Float64Array>
  /** Standard deviation with the divisor n - 1; 0 for one sample. */
  readonly std: NdArray<Float64Array>
}

/** Mean and deviation of samples that come in batches; holds two fields, however many samples there are. */
export interface MomentAccumulator {
  /** Adds samples [k, ...shape]. Throws RangeError for another shape. */
  add(samples: NdArray): void
  /** Of all samples so far. Throws RangeError where there are none. */
  moments(): Moments
}

/** Samples of a batch as n and a flat array. Throws RangeError unless they are [n, ...shape]. */
export function flat(
  samples: NdArray,
  where: string,
): { n: number; size: number; shape: number[]; data: ArrayLike<number> } {
  const [n, ...shape] = samples.shape
  if (n === undefined) throw new RangeError(`${where}: expected samples [n, ...shape], got a single number`)
  return { n, size: sizeOf(shape), shape, data: elements(samples) as ArrayLike<number> }
}

/**
 * Means and sums of squares updated one sample at a time, stable for any mean.
 * Source: B. P. Welford, Technometrics 4 (1962).
 */
export function momentAccumulator(shape: readonly number[]): MomentAccumulator {
  const size = sizeOf(shape)
  const mean = new Float64Array(size)
  const squares = new Float64Array(size)
  let n = 0
  return {
    add(samples) {
      const { n: count, shape: given, data } = flat(samples, 'moments')
      if (given.join() !== shape.join())
        throw new RangeError(`moments: expected samples [n, ${shape.join(', ')}], got [${samples.shape.join(', ')}]`)
      for (let r = 0; r < count; r++) {
        n++
        for (let i = 0; i < size; i++) {
          const d = data[r * size + i]! - mean[i]!
          mean[i]! += d / n
          squares[i]! += d * (data[r * size + i]! - mean[i]!)
        }
      }
    },
    moments() {
      if (n === 0) throw new RangeError('moments: no samples')
      return { n, mean: array(mean.slice(), shape), std: array(squares.map(s => Math.sqrt(s / Math.max(1, n - 1))), shape) } // prettier-ignore
    },
  }
}

/** Mean and standard deviation of samples [n, ...shape]. Throws RangeError where there are none. */
export function moments(samples: NdArray): Moments {
  const accumulator = momentAccumulator(samples.shape.slice(1))
  accumulator.add(samples)
  return accumulator.moments()
}

/** Entries whose columns are gathered together, so that each row of samples is read in runs. */
const block = 32

/**
 * Quantiles of each entry, [levels, ...shape]: linear between order statistics, x_(k) at (k - 1) / (n - 1).
 *
 * Source: R. J. Hyndman, Y. Fan, Am. Stat. 50 (1996), type 7 (NumPy's default).
 * @throws RangeError for a level outside of [0, 1], or no samples.
 */
export function quantiles(samples: NdArray, levels: readonly number[]): NdArray<Float64Array> {
  const { n, size, shape, data } = flat(samples, 'quantiles')
  const wrong = levels.find(level => !(level >= 0 && level <= 1))
  if (wrong !== undefined) throw new RangeError(`quantiles: level ${wrong}; wants numbers in [0, 1]`)
  if (n === 0) throw new RangeError('quantiles: no samples')
  const out = new Float64Array(levels.length * size)
  const columns = new Float64Array(block * n)
  for (let start = 0; start < size; start += block) {
    const width = Math.min(block, size - start)
    for (let r = 0; r < n; r++) for (let j = 0; j < width; j++) columns[j * n + r] = data[r * size + start + j]!
    for (let j = 0; j < width; j++) {
      const sorted = columns.subarray(j * n, (j + 1) * n).sort()
      levels.forEach((level, k) => (out[k * size + start + j] = sortedQuantile(sorted, level)))
    }
  }
  return array(out, [levels.length, ...shape])
}

/** A quantile of sorted values, linear between them. */
export function sortedQuantile(sorted: Float64Array, level: number): number {
  const at = level * (sorted.length - 1)
  const k = Math.min(sorted.length - 2, Math.floor(at))
  return k < 0 ? sorted[0]! : sorted[k]! + (at - k) * (sorted[k + 1]! - sorted[k]!)
}

/** The ends of the central interval of a probability, [...shape] each. */
export interface CentralInterval {
  readonly level: number
  readonly low: NdArray<Float64Array>
  readonly high: NdArray<Float64Array>
}

/** Central intervals of each entry. Throws as `quantiles`. */
export function centralIntervals(samples: NdArray, levels: readonly number[] = [0.5, 0.9]): CentralInterval[] {
  const ends = quantiles(samples, levels.flatMap(level => [(1 - level) / 2, (1 + level) / 2])) // prettier-ignore
  const shape = samples.shape.slice(1)
  const size = sizeOf(shape)
  const end = (k: number): NdArray<Float64Array> => array(ends.data.subarray(k * size, (k + 1) * size), shape)
  return levels.map((level, k) => ({ level, low: end(2 * k), high: end(2 * k + 1) }))
}

/** The covariance of the entries over samples, [N, N], with the divisor n - 1. Throws RangeError for fewer than two. */
export function sampleCovariance(samples: NdArray): NdArray<Float64Array> {
  const { n, size, data } = flat(samples, 'covariance')
  if (n < 2) throw new RangeError(`covariance: ${n} samples; wants two at least`)
  const mean = moments(samples).mean.data
  // Columns of the centred samples, so that each product runs along memory.
  const columns = new Float64Array(size * n)
  for (let r = 0; r < n; r++) for (let i = 0; i < size; i++) columns[i * n + r] = data[r * size + i]! - mean[i]!
  const out = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0
      for (let r = 0; r < n; r++) sum += columns[i * n + r]! * columns[j * n + r]!
      out[i * size + j] = out[j * size + i] = sum / (n - 1)
    }
  return array(out, [size, size])
}
