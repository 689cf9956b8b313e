/**
 * What the models of noise share: rows of measurements, and random numbers by row. Row i of a batch with `start` uses the
 * random numbers of measurement start + i, whatever the batch.
 */
import { array, dtypeOf, elements, shapeText, sizeOf, type NdArray } from '../../io/array.js'
import { derive, normal, uniform, type Key } from '../../random.js'

/** Shape of one measurement, where it is known; else [m] is one measurement, and the first axis of anything higher counts rows. */
export type OneShape = readonly number[] | undefined

/** Measurements as rows of m values. */
export interface RowsOf {
  readonly data: Float64Array
  readonly n: number
  readonly m: number
}

/** Reads an array as measurements. Throws RangeError for another shape or a value that is not finite. */
export function measurements(where: string, a: NdArray, one: OneShape): RowsOf {
  const batched = a.shape.length > (one?.length ?? 1)
  const item = batched ? a.shape.slice(1) : a.shape
  if (one && shapeText(item) !== shapeText(one))
    throw new RangeError(`${where}: shape ${shapeText(a.shape)}; wants ${shapeText(one)}, or [n, ${one.join(', ')}] for a batch`) // prettier-ignore
  const source = elements(a)
  if (source instanceof BigInt64Array || source instanceof BigUint64Array)
    throw new TypeError(`${where}: ${dtypeOf(a)} elements; wants float64`)
  const data = source instanceof Float64Array ? source : Float64Array.from(source)
  const bad = data.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) throw new RangeError(`${where}: ${data[bad]!} at element ${bad} in C order; wants finite values`)
  return { data, n: batched ? a.shape[0]! : 1, m: sizeOf(item) }
}

/** Two arrays of the same measurements, such as y and the noise-free ones. Throws RangeError unless their shapes agree. */
export function pairOf(
  where: string,
  y: NdArray,
  clean: NdArray,
  one: OneShape,
): RowsOf & { readonly clean: Float64Array } {
  const [a, b] = [measurements(`${where}: y`, y, one), measurements(`${where}: clean`, clean, one)]
  const single = b.n === 1 && b.m === a.m
  if (a.m !== b.m || (a.n !== b.n && !single))
    throw new RangeError(`${where}: y is ${shapeText(y.shape)} but clean ${shapeText(clean.shape)}`)
  if (a.n === b.n) return { ...a, clean: b.data }
  const repeated = new Float64Array(a.data.length)
  for (let r = 0; r < a.n; r++) repeated.set(b.data, r * a.m)
  return { ...a, clean: repeated }
}

/** Sum of f over each row. */
export const rowSums = ({ n, m }: RowsOf, f: (index: number, column: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, r) => {
    let sum = 0
    for (let k = 0; k < m; k++) sum += f(r * m + k, k)
    return sum
  })

export type Draw = (key: Key, out: Float64Array, start: number) => Float64Array

/** Numbers for rows start, start + 1, ... of m values each. */
export const normals: Draw = (key, out, start) => normal(derive(key, 'normal'), out, start)
export const uniforms =
  (name: string): Draw =>
  (key, out, start) => uniform(derive(key, name), out, start) // prettier-ignore

/** y = f(clean, u, v, k), entry by entry, in the shape of `clean`: u and v from one or two draws, k the entry in its row. */
export function sampled(
  where: string,
  one: OneShape,
  [first, second = first]: readonly [Draw, Draw?],
  f: (clean: number, u: number, v: number, k: number) => number,
): (clean: NdArray, key: Key, start?: number) => NdArray<Float64Array> {
  return (clean, key, start = 0) => {
    const { data, n, m } = measurements(`${where}: clean`, clean, one)
    const u = first(key, new Float64Array(n * m), start * m)
    const v = second === first ? u : second(key, new Float64Array(n * m), start * m)
    return array(data.map((value, i) => f(value, u[i]!, v[i]!, i % m)), [...clean.shape]) // prettier-ignore
  }
}

/** One number, or one for each of m entries: the value at entry k. Throws RangeError for another number of them. */
export function perEntry(value: number | readonly number[], m: number, where: string): (k: number) => number {
  if (typeof value === 'number') return () => value
  if (value.length !== m) throw new RangeError(`${where} has ${value.length} entries; a measurement has ${m}`)
  return k => value[k]!
}

/** log Gamma(x) for x > 0, to about 1e-14 relative: Stirling's series beyond 10, the recurrence before. */
export function logGamma(x: number): number {
  let shift = 0
  for (; x < 10; x++) shift -= Math.log(x)
  const r = 1 / (x * x)
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360360)))))) / x
  return shift + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series
}
