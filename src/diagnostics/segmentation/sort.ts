/** Sorting of many scores: a radix sort for float32, in linear time and several times as fast as the engine's own. */

export type Scores = Float32Array | Float64Array

/** Fewer than this the engine sorts as fast. */
const FEW = 2 ** 14
const BITS = 11
const BUCKETS = 2 ** BITS
const PASSES = 3

/** Sorts ascending in place; no NaN. Takes as much memory again while it sorts. */
export function sortScores<T extends Scores>(values: T): T {
  if (values instanceof Float32Array && values.length >= FEW) radixSort(values)
  else values.sort()
  return values
}

/** Least significant digit first, over the bits of floats made monotone as unsigned integers. */
function radixSort(values: Float32Array): void {
  let from: Uint32Array = new Uint32Array(values.buffer, values.byteOffset, values.length)
  let to: Uint32Array = new Uint32Array(values.length)
  const starts = Array.from({ length: PASSES }, () => new Uint32Array(BUCKETS))
  for (let i = 0; i < from.length; i++) {
    const bits = from[i]!
    // Negative floats fall as their bits grow: all bits are flipped; of others only the sign.
    const key = (bits >>> 31 === 1 ? ~bits : bits ^ 0x80000000) >>> 0
    from[i] = key
    for (let pass = 0; pass < PASSES; pass++) starts[pass]![(key >>> (BITS * pass)) & (BUCKETS - 1)]!++
  }
  for (let pass = 0; pass < PASSES; pass++) {
    const next = starts[pass]!
    let sum = 0
    for (let b = 0; b < BUCKETS; b++) [next[b], sum] = [sum, sum + next[b]!]
    const shift = BITS * pass
    for (let i = 0; i < from.length; i++) {
      const key = from[i]!
      to[next[(key >>> shift) & (BUCKETS - 1)]!++] = key
    }
    ;[from, to] = [to, from]
  }
  // An odd number of passes ends in the other array.
  for (let i = 0; i < from.length; i++) {
    const key = from[i]!
    to[i] = (key >>> 31 === 1 ? key ^ 0x80000000 : ~key) >>> 0
  }
}
