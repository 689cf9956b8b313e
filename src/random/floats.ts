/** From 32-bit words to uniform and normal numbers, float32 of one word and float64 of two. */
import { upperQuantile } from './quantile.js'

/** Turns words[from...] into out[at, at + n). */
export type Convert<T> = (words: Int32Array, from: number, out: T, at: number, n: number) => void

export const uniform32: Convert<Float32Array> = (words, from, out, at, n) => {
  for (let i = 0; i < n; i++) out[at + i] = (words[from + i]! >>> 8 || 0.5) * 2 ** -24
}

/** 53 bits of two words. */
const bits53 = (low: number, high: number): number => (high >>> 0) * 2 ** 21 + (low >>> 11)

export const uniform64: Convert<Float64Array> = (words, from, out, at, n) => {
  for (let i = 0; i < n; i++) out[at + i] = (bits53(words[from + 2 * i]!, words[from + 2 * i + 1]!) || 0.5) * 2 ** -53
}

/** The Chebyshev nodes of four points on [0, 1]: 1/2 + cos(j pi / 8) / 2 for odd j. */
const [node0, node1, node2, node3] = [1, 1, -1, -1].map((sign, j) => {
  const cosine = Math.sqrt(2 + (j % 3 === 0 ? Math.SQRT2 : -Math.SQRT2)) / 2
  return 0.5 + (sign * cosine) / 2
}) as [number, number, number, number]

let coefficients: Float64Array | undefined

export const normal32: Convert<Float32Array> = (words, from, out, at, n) => {
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

export const normal64: Convert<Float64Array> = (words, from, out, at, n) => {
  for (let i = 0; i < n; i++) {
    const [low, high] = [words[from + 2 * i]!, words[from + 2 * i + 1]!]
    const z = upperQuantile((bits53(low, high) + 0.5) * 2 ** -54)
    out[at + i] = z * (((low & 1) << 1) - 1)
  }
}
