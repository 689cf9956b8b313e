/**
 * The Wasserstein distance of order 1 in one dimension, int |F_n - F| dx, and its average over directions in more.
 */
import { array, elements, sizeOf, type NdArray } from '../io/array.js'
import { normal, type Key } from '../random.js'

/** A law on the line. */
export interface Law {
  /** P(X <= x). */
  cdf(x: number): number
  /** The x with P(X <= x) = u, u in (0, 1). */
  quantile(u: number): number
}

/** A law tabulated once, so that many sample sets can be compared with it. */
export interface TabulatedLaw {
  readonly mean: number
  readonly variance: number
  /** The quantile, linear between the tabulated points. */
  readonly quantile: (u: number) => number
  /** int |F_n - F| dx of n values; sorts a copy. */
  readonly distance: (values: ArrayLike<number>) => number
}

/** Points of a table, and the probability that it leaves out at either end. */
const POINTS = 8192
const TAIL = 1e-7

/** A law on a fine grid, F linear between its points: the distance is exact but for that, about 1e-6 of the law's width. */
export function tabulate(law: Law): TabulatedLaw {
  const [low, high] = [law.quantile(TAIL), law.quantile(1 - TAIL)]
  const x = Float64Array.from({ length: POINTS }, (_, i) => low + ((high - low) * i) / (POINTS - 1))
  const F = x.map(v => law.cdf(v))
  F[0] = 0
  F[POINTS - 1] = 1
  const quantile = (u: number): number => {
    let [a, b] = [0, POINTS - 1]
    while (b - a > 1) {
      const c = (a + b) >> 1
      if (F[c]! <= u) a = c
      else b = c
    }
    return F[b]! > F[a]! ? x[a]! + ((x[b]! - x[a]!) * (u - F[a]!)) / (F[b]! - F[a]!) : x[a]!
  }
  const moment = (f: (v: number) => number): number => {
    let sum = 0
    for (let i = 1; i < POINTS; i++) sum += (F[i]! - F[i - 1]!) * f((x[i]! + x[i - 1]!) / 2)
    return sum
  }
  const mean = moment(v => v)
  return {
    mean,
    variance: moment(v => (v - mean) ** 2),
    quantile,
    distance: values => distance(Float64Array.from(values).sort(), x, F),
  }
}

/** int |F_n - F| dx for sorted values, F linear between the points x, 0 before them and 1 after. */
function distance(sorted: Float64Array, x: Float64Array, F: Float64Array): number {
  const n = sorted.length
  let [total, i, j] = [0, 0, 0] // values and points passed
  let at = Math.min(sorted[0]!, x[0]!)
  const level = (v: number): number => {
    if (j === 0) return 0
    if (j === x.length) return 1
    return F[j - 1]! + ((F[j]! - F[j - 1]!) * (v - x[j - 1]!)) / (x[j]! - x[j - 1]!)
  }
  while (i < n || j < x.length) {
    const next = Math.min(sorted[i] ?? Infinity, x[j] ?? Infinity)
    total += absoluteIntegral(level(at) - i / n, level(next) - i / n, next - at)
    at = next
    while (i < n && sorted[i]! <= at) i++
    while (j < x.length && x[j]! <= at) j++
  }
  return total
}

/** The integral of |f| over a width, f linear from a to b. */
function absoluteIntegral(a: number, b: number, width: number): number {
  if (a * b >= 0) return (width * Math.abs(a + b)) / 2
  return (width * (a * a + b * b)) / (2 * Math.abs(b - a))
}

/**
 * Sliced distance of two equally large sets of points [n, d], row by row: the mean over random directions of the distance of
 * their projections.
 *
 * @throws RangeError when the sets differ in size.
 */
export function slicedDistance(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  d: number,
  key: Key,
  directions = 64,
): number {
  if (a.length !== b.length) throw new RangeError(`slicedDistance: ${a.length / d} points against ${b.length / d}`)
  const n = a.length / d
  const v = normal(key, new Float64Array(directions * d))
  let total = 0
  for (let k = 0; k < directions; k++) {
    const direction = v.subarray(k * d, (k + 1) * d)
    const size = Math.hypot(...direction)
    const project = (points: ArrayLike<number>): Float64Array =>
      new Float64Array(n)
        .map((_, i) => direction.reduce((sum, w, j) => sum + (w / size) * points[i * d + j]!, 0))
        .sort()
    const [p, q] = [project(a), project(b)]
    total += p.reduce((sum, value, i) => sum + Math.abs(value - q[i]!), 0) / n
  }
  return total / directions
}

/**
 * The distance of each entry's marginals between samples a [n, ...shape] and b [m, ...shape]: [...shape].
 *
 * @throws RangeError where the shapes differ or a set is empty.
 */
export function marginalDistances(a: NdArray, b: NdArray): NdArray<Float64Array> {
  const [[n, ...shape], [m, ...other]] = [a.shape, b.shape]
  if (shape.join() !== other.join() || !n || !m)
    throw new RangeError(`marginalDistances: [${a.shape.join(', ')}] against [${b.shape.join(', ')}]; wants [n, ...shape] and [m, ...shape]`) // prettier-ignore
  const size = sizeOf(shape)
  const [x, y] = [elements(a) as Float64Array, elements(b) as Float64Array]
  const [left, right] = [new Float64Array(n), new Float64Array(m)]
  return array(
    Float64Array.from({ length: size }, (_, k) => {
      for (let r = 0; r < n; r++) left[r] = x[r * size + k]!
      for (let r = 0; r < m; r++) right[r] = y[r * size + k]!
      return empiricalDistance(left.sort(), right.sort())
    }),
    shape,
  )
}

/** int |F_n - G_m| dx of two sorted lists. */
function empiricalDistance(a: Float64Array, b: Float64Array): number {
  let [i, j, total] = [0, 0, 0]
  let at = Math.min(a[0]!, b[0]!)
  while (i < a.length || j < b.length) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity)
    total += Math.abs(i / a.length - j / b.length) * (next - at)
    at = next
    while (i < a.length && a[i]! <= at) i++
    while (j < b.length && b[j]! <= at) j++
  }
  return total
}
