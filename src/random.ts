/**
 * Random numbers as a function of a key and an index: value i of a stream depends on (key, i) alone, so that a result
 * does not depend on the batch size, the order of the work, or the number of workers.
 *
 * The generator is Threefry-4x32-20: four 32-bit words are a bijection of a 128-bit counter under a 128-bit key
 * (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Here the key is (seed, stream)
 * and the counter (block, purpose, 0): word i is word i mod 4 of block floor(i / 4).
 *
 * The same bits on every platform: words take 32-bit integer operations only, and the step to floats takes only
 * + - * / and sqrt of float64, which IEEE 754 fixes. No Math.log, Math.sin and the like, which it does not.
 */
import { type Convert, normal32, normal64, uniform32, uniform64 } from './random/floats.js'
import { threefry } from './random/threefry.js'

export { normalQuantile } from './random/quantile.js'
export { threefry } from './random/threefry.js'

/** Two unsigned 32-bit words, low word first. */
type Pair = readonly [low: number, high: number]

/** An independent stream of random numbers. Plain data, so it can be stored as JSON or sent to a worker. */
export interface Key {
  readonly seed: Pair
  readonly stream: Pair
}

/** The last words of a counter: one for each kind of use, so that two uses of one key share no words. */
const purposes = { uniform32: 0, uniform64: 1, normal32: 2, normal64: 3, integers: 4, derive: 5 }

const pair = (value: bigint): Pair => [Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn)]

/**
 * The stream of a seed (an integer from 0 to 2^64 - 1; a number must be safe) at a path such as `'train', 3`.
 * `key(seed, ...a, ...b)` is `derive(key(seed, ...a), ...b)`; other paths give independent streams.
 * Throws RangeError for another seed or path.
 */
export function key(seed: number | bigint, ...path: (number | string)[]): Key {
  if (typeof seed === 'number' ? !Number.isSafeInteger(seed) || seed < 0 : seed < 0n || seed >= 1n << 64n)
    throw new RangeError(`key: the seed is ${seed}; it must be an integer from 0 to 2^53 - 1, or a bigint below 2^64`)
  return derive({ seed: pair(BigInt(seed)), stream: [0, 0] }, ...path)
}

/**
 * The stream below `parent` at a path of safe integers and strings. Each part replaces the stream by the first two words
 * of Threefry at a counter that holds the part: the integer in two's complement, or the length of the string followed
 * by one counter for each four UTF-16 units. By chance, two of n streams of one seed coincide with probability n^2 / 2^65.
 */
export function derive(parent: Key, ...path: (number | string)[]): Key {
  let { stream } = parent
  const words = new Int32Array(4)
  const absorb = ([low, high]: Pair, kind: number): void => {
    threefry([...parent.seed, ...stream], [low, high, purposes.derive, kind], words)
    stream = [words[0]! >>> 0, words[1]! >>> 0]
  }
  for (const part of path) {
    if (typeof part === 'number') {
      if (!Number.isSafeInteger(part))
        throw new RangeError(`key: the path has ${part}; parts are safe integers or strings`)
      absorb(pair(BigInt(part)), 0)
      continue
    }
    absorb([part.length, 0], 1)
    const unit = (i: number): number => (i < part.length ? part.charCodeAt(i) : 0)
    for (let i = 0; i < part.length; i += 4)
      absorb([(unit(i) | (unit(i + 1) << 16)) >>> 0, (unit(i + 2) | (unit(i + 3) << 16)) >>> 0], 2)
  }
  return { seed: parent.seed, stream }
}

const scratch = new Int32Array(1024)

/** Fills `out` with the values start, start + 1, ..., each made of `width` words (1 or 2). */
function fill<T extends { readonly length: number }>(
  { seed, stream }: Key,
  purpose: number,
  start: number,
  out: T,
  width: number,
  convert: Convert<T>,
): T {
  if (!Number.isSafeInteger(start) || start < 0 || start + out.length > 2 ** 51)
    throw new RangeError(`random: start is ${start}; it must be an integer from 0, and the last index below 2^51`)
  const keyWords = [...seed, ...stream]
  for (let done = 0; done < out.length;) {
    const word = (start + done) * width
    const skip = word % 4
    const n = Math.min(out.length - done, (scratch.length - skip) / width)
    const block = (word - skip) / 4
    const words = scratch.subarray(0, Math.ceil((skip + n * width) / 4) * 4)
    threefry(keyWords, [block % 2 ** 32, Math.floor(block / 2 ** 32), purpose, 0], words)
    convert(words, skip, out, done, n)
    done += n
  }
  return out
}

/**
 * Uniform on the open interval (0, 1): a multiple of 2^-24 (float32) or 2^-53 (float64), with half a step in the place
 * of 0. `out` receives the values start, start + 1, ... of the stream and is returned. Throws RangeError for a start
 * that is no index.
 */
export function uniform<T extends Float32Array | Float64Array>(key: Key, out: T, start = 0): T {
  if (out instanceof Float32Array) fill(key, purposes.uniform32, start, out, 1, uniform32)
  else fill(key, purposes.uniform64, start, out, 2, uniform64)
  return out
}

/**
 * Standard normal, by the quantile function: at most 6.4 in size for float32, which has 2^32 values before rounding, and
 * 8.4 for float64, which has 2^54. `out` receives the values start, start + 1, ... of the stream and is returned.
 * Throws RangeError for a start that is no index.
 */
export function normal<T extends Float32Array | Float64Array>(key: Key, out: T, start = 0): T {
  if (out instanceof Float32Array) fill(key, purposes.normal32, start, out, 1, normal32)
  else fill(key, purposes.normal64, start, out, 2, normal64)
  return out
}

/**
 * Integers from `low` to `high`, `high` left out: floor(u m / 2^64) for a 64-bit word u and m = high - low, so that
 * probabilities differ from 1 / m by less than 2^-64, a relative bias below m 2^-64 <= 2^-32. `out` receives the values
 * start, start + 1, ... of the stream and is returned. Throws RangeError for an empty range or one outside int32.
 */
export function integers(key: Key, low: number, high: number, out: Int32Array, start = 0): Int32Array {
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < -(2 ** 31) || high > 2 ** 31 || low >= high)
    throw new RangeError(`integers: [${low}, ${high}) must be a range of int32 integers with at least one`)
  const m = high - low
  return fill(key, purposes.integers, start, out, 2, (words, from, result, at, n) => {
    for (let i = 0; i < n; i++) result[at + i] = low + scaled(words[from + 2 * i]!, words[from + 2 * i + 1]!, m)
  })
}

/** floor((high 2^32 + low) m / 2^64) for m <= 2^32, exact: 16 bits at a time, every product below 2^49. */
function scaled(low: number, high: number, m: number): number {
  let carry = Math.floor((m * (low & 0xffff)) / 65536)
  carry = Math.floor((m * (low >>> 16) + carry) / 65536)
  carry = Math.floor((m * (high & 0xffff) + carry) / 65536)
  return Math.floor((m * (high >>> 16) + carry) / 65536)
}

/** A uniform permutation of 0, ..., n - 1 (Fisher and Yates). Throws RangeError unless 0 <= n <= 2^31. */
export function permutation(key: Key, n: number): Uint32Array {
  if (!Number.isInteger(n) || n < 0 || n > 2 ** 31)
    throw new RangeError(`permutation: n is ${n}, not a size up to 2^31`)
  const order = Uint32Array.from({ length: n }, (_, i) => i)
  fill(key, purposes.integers, 0, order, 2, (words, from, out, at, count) => {
    // Inside out: element k goes to a uniform place among the first k + 1, whose element moves to k.
    for (let i = 0; i < count; i++) {
      const k = at + i
      const j = scaled(words[from + 2 * i]!, words[from + 2 * i + 1]!, k + 1)
      out[k] = out[j]!
      out[j] = k
    }
  })
  return order
}
