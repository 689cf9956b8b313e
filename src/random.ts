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

/** Two unsigned 32-bit words, low word first. */
type Pair = readonly [low: number, high: number]

/** An independent stream of random numbers. Plain data, so it can be stored as JSON or sent to a worker. */
export interface Key {
  readonly seed: Pair
  readonly stream: Pair
}

/** The last words of a counter: one for each kind of use, so that two uses of one key share no words. */
const purposes = { uniform32: 0, uniform64: 1, normal32: 2, normal64: 3, integers: 4, derive: 5 }

/**
 * Threefry-4x32-20 of the counters (c0, c1, c2, c3), (c0 + 1, c1, c2, c3), ..., with a carry from c0 into c1, written
 * one after the other into `out`, four words each, until it is full.
 */
export function threefry(key: ArrayLike<number>, counter: ArrayLike<number>, out: Int32Array): Int32Array {
  const [k0, k1, k2, k3] = [key[0]! | 0, key[1]! | 0, key[2]! | 0, key[3]! | 0]
  const k4 = 0x1bd11bda ^ k0 ^ k1 ^ k2 ^ k3
  const [low, high, c2, c3] = [counter[0]! >>> 0, counter[1]! | 0, counter[2]! | 0, counter[3]! | 0]
  for (let i = 0, n = low; i + 4 <= out.length; i += 4, n++) {
    // prettier-ignore
    {
      let a = (n + k0) | 0, b = (high + (n > 0xffffffff ? 1 : 0) + k1) | 0, c = (c2 + k2) | 0, d = (c3 + k3) | 0
      a = (a + b) | 0; b = ((b << 10) | (b >>> 22)) ^ a; c = (c + d) | 0; d = ((d << 26) | (d >>> 6)) ^ c
      a = (a + d) | 0; d = ((d << 11) | (d >>> 21)) ^ a; c = (c + b) | 0; b = ((b << 21) | (b >>> 11)) ^ c
      a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a; c = (c + d) | 0; d = ((d << 27) | (d >>> 5)) ^ c
      a = (a + d) | 0; d = ((d << 23) | (d >>> 9)) ^ a; c = (c + b) | 0; b = ((b << 5) | (b >>> 27)) ^ c
      a = (a + k1) | 0; b = (b + k2) | 0; c = (c + k3) | 0; d = (d + k4 + 1) | 0
      a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a; c = (c + d) | 0; d = ((d << 20) | (d >>> 12)) ^ c
      a = (a + d) | 0; d = ((d << 17) | (d >>> 15)) ^ a; c = (c + b) | 0; b = ((b << 11) | (b >>> 21)) ^ c
      a = (a + b) | 0; b = ((b << 25) | (b >>> 7)) ^ a; c = (c + d) | 0; d = ((d << 10) | (d >>> 22)) ^ c
      a = (a + d) | 0; d = ((d << 18) | (d >>> 14)) ^ a; c = (c + b) | 0; b = ((b << 20) | (b >>> 12)) ^ c
      a = (a + k2) | 0; b = (b + k3) | 0; c = (c + k4) | 0; d = (d + k0 + 2) | 0
      a = (a + b) | 0; b = ((b << 10) | (b >>> 22)) ^ a; c = (c + d) | 0; d = ((d << 26) | (d >>> 6)) ^ c
      a = (a + d) | 0; d = ((d << 11) | (d >>> 21)) ^ a; c = (c + b) | 0; b = ((b << 21) | (b >>> 11)) ^ c
      a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a; c = (c + d) | 0; d = ((d << 27) | (d >>> 5)) ^ c
      a = (a + d) | 0; d = ((d << 23) | (d >>> 9)) ^ a; c = (c + b) | 0; b = ((b << 5) | (b >>> 27)) ^ c
      a = (a + k3) | 0; b = (b + k4) | 0; c = (c + k0) | 0; d = (d + k1 + 3) | 0
      a = (a + b) | 0; b = ((b << 6) | (b >>> 26)) ^ a; c = (c + d) | 0; d = ((d << 20) | (d >>> 12)) ^ c
      a = (a + d) | 0; d = ((d << 17) | (d >>> 15)) ^ a; c = (c + b) | 0; b = ((b << 11) | (b >>> 21)) ^ c
      a = (a + b) | 0; b = ((b << 25) | (b >>> 7)) ^ a; c = (c + d) | 0; d = ((d << 10) | (d >>> 22)) ^ c
      a = (a + d) | 0; d = ((d << 18) | (d >>> 14)) ^ a; c = (c + b) | 0; b = ((b << 20) | (b >>> 12)) ^ c
      a = (a + k4) | 0; b = (b + k0) | 0; c = (c + k1) | 0; d = (d + k2 + 4) | 0
      a = (a + b) | 0; b = ((b << 10) | (b >>> 22)) ^ a; c = (c + d) | 0; d = ((d << 26) | (d >>> 6)) ^ c
      a = (a + d) | 0; d = ((d << 11) | (d >>> 21)) ^ a; c = (c + b) | 0; b = ((b << 21) | (b >>> 11)) ^ c
      a = (a + b) | 0; b = ((b << 13) | (b >>> 19)) ^ a; c = (c + d) | 0; d = ((d << 27) | (d >>> 5)) ^ c
      a = (a + d) | 0; d = ((d << 23) | (d >>> 9)) ^ a; c = (c + b) | 0; b = ((b << 5) | (b >>> 27)) ^ c
      out[i] = a + k0; out[i + 1] = b + k1; out[i + 2] = c + k2; out[i + 3] = d + k3 + 5
    }
  }
  return out
}

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

/** Turns words[from...] into out[at, at + n). */
type Convert<T> = (words: Int32Array, from: number, out: T, at: number, n: number) => void

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

const uniform32: Convert<Float32Array> = (words, from, out, at, n) => {
  for (let i = 0; i < n; i++) out[at + i] = (words[from + i]! >>> 8 || 0.5) * 2 ** -24
}

/** 53 bits of two words. */
const bits53 = (low: number, high: number): number => (high >>> 0) * 2 ** 21 + (low >>> 11)

const uniform64: Convert<Float64Array> = (words, from, out, at, n) => {
  for (let i = 0; i < n; i++) out[at + i] = (bits53(words[from + 2 * i]!, words[from + 2 * i + 1]!) || 0.5) * 2 ** -53
}

const normal32: Convert<Float32Array> = (words, from, out, at, n) => {
  const c = (coefficients ??= quantileTable())
  for (let i = 0; i < n; i++) {
    const word = words[from + i]!
    const v = (word << 1) | 1
    const k = Math.clz32(v)
    const x = v << k
    const s = (k << 6) | ((x >>> 25) & 60)
    const t = (x & 0x7ffffff) * 2 ** -27
    const z = c[s]! + (t - node0) * (c[s + 1]! + (t - node1) * (c[s + 2]! + (t - node2) * c[s + 3]!))
    out[at + i] = z * ((word >> 31) | 1) // the top bit is the sign, without a branch
  }
}

/** The Chebyshev nodes of four points on [0, 1]: 1/2 + cos(j pi / 8) / 2 for odd j. */
const [node0, node1, node2, node3] = [1, 1, -1, -1].map((sign, j) => {
  const cosine = Math.sqrt(2 + (j % 3 === 0 ? Math.SQRT2 : -Math.SQRT2)) / 2
  return 0.5 + (sign * cosine) / 2
}) as [number, number, number, number]

let coefficients: Float64Array | undefined

/**
 * The upper quantile of p = v 2^-33, v an odd 32-bit integer, as cubics in Newton's form: 16 for each octave of v, each
 * through its Chebyshev nodes. Within 2e-8 of the quantile.
 */
function quantileTable(): Float64Array {
  const table = new Float64Array(32 * 16 * 4)
  const nodes = [node0, node1, node2, node3]
  for (let s = 0; s < table.length; s += 4) {
    const [octave, part] = [s >> 6, (s >> 2) & 15]
    const difference = nodes.map(t => upperQuantile(2 ** (-2 - octave) * (1 + (part + t) / 16)))
    for (let order = 1; order < 4; order++)
      for (let j = 3; j >= order; j--)
        difference[j] = (difference[j]! - difference[j - 1]!) / (nodes[j]! - nodes[j - order]!)
    table.set(difference, s)
  }
  return table
}

const normal64: Convert<Float64Array> = (words, from, out, at, n) => {
  for (let i = 0; i < n; i++) {
    const [low, high] = [words[from + 2 * i]!, words[from + 2 * i + 1]!]
    const z = upperQuantile((bits53(low, high) + 0.5) * 2 ** -54)
    out[at + i] = z * (((low & 1) << 1) - 1)
  }
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

/**
 * The standard normal quantile z(p), p in (0, 1), to about 1e-15 relative: P(Z < z) = p. Algorithm AS 241, PPND16
 * (Wichura 1988, Applied Statistics 37:477). NaN outside.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) return NaN
  return p < 0.5 ? -upperQuantile(p) : upperQuantile(1 - p)
}

/** z with P(Z > z) = p, p in (0, 1/2]. The parts are functions small enough to be inlined. */
function upperQuantile(p: number): number {
  return p >= 0.075 ? centralQuantile(0.5 - p) : tailQuantile(p)
}

function centralQuantile(q: number): number {
  const r = 0.180625 - q * q
  // prettier-ignore
  return (q * (((((((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r +
    45921.953931549871457) * r + 13731.693765509461125) * r + 1971.5909503065514427) * r + 133.14166789178437745) * r +
    3.387132872796366608)) / (((((((r * 5226.495278852545925 + 28729.085735721942674) * r + 39307.89580009271061) * r +
    21213.794301586595867) * r + 5394.1960214247511077) * r + 687.1870074920579083) * r + 42.313330701600911252) * r + 1)
}

function tailQuantile(p: number): number {
  const s = Math.sqrt(-logarithm(p))
  if (s <= 5) {
    const r = s - 1.6
    // prettier-ignore
    return (((((((r * 7.7454501427834140764e-4 + 0.0227238449892691845833) * r + 0.24178072517745061177) * r +
      1.27045825245236838258) * r + 3.64784832476320460504) * r + 5.7694972214606914055) * r + 4.6303378461565452959) * r +
      1.42343711074968357734) / (((((((r * 1.05075007164441684324e-9 + 5.475938084995344946e-4) * r +
      0.0151986665636164571966) * r + 0.14810397642748007459) * r + 0.68976733498510000455) * r + 1.6763848301838038494) * r +
      2.05319162663775882187) * r + 1)
  }
  const r = s - 5
  // prettier-ignore
  return (((((((r * 2.01033439929228813265e-7 + 2.71155556874348757815e-5) * r + 0.0012426609473880784386) * r +
    0.026532189526576123093) * r + 0.29656057182850489123) * r + 1.7848265399172913358) * r + 5.4637849111641143699) * r +
    6.6579046435011037772) / (((((((r * 2.04426310338993978564e-15 + 1.4215117583164458887e-7) * r +
    1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r + 0.0148753612908506148525) * r +
    0.13692988092273580531) * r + 0.59983220655588793769) * r + 1)
}

/**
 * log p for p in (0, 1), to about 1e-15: p = m 2^-k with m near 1, and log m = 2 (s + s^3 / 3 + s^5 / 5 + ...) with
 * s = (m - 1) / (m + 1), |s| < 0.172.
 */
function logarithm(p: number): number {
  let k = 0
  for (; p < 2 ** -32; k += 32) p *= 2 ** 32
  const zeros = Math.clz32(p * 2 ** 32)
  let m = p * 2 ** zeros
  k += zeros
  if (m < Math.SQRT1_2) {
    m *= 2
    k++
  }
  const s = (m - 1) / (m + 1)
  const t = s * s
  // prettier-ignore
  const series = 1 + t * (1 / 3 + t * (1 / 5 + t * (1 / 7 + t * (1 / 9 + t * (1 / 11 + t * (1 / 13 + t * (1 / 15 +
    t * (1 / 17 + t * (1 / 19 + t / 21)))))))))
  return 2 * s * series - k * Math.LN2
}
