/** Arrays at the boundary as float64 numbers, checked. */
import { dtypeOf, elements, shapeText, type NdArray } from '../io/array.js'

/**
 * The elements of `a` in C order: its own memory where it is dense float64.
 *
 * @param shape what `a` must have; `null` stands for any extent.
 * @throws RangeError for another shape or a value that is not finite, TypeError for integers of 64 bits.
 */
export function valuesOf(where: string, a: NdArray, shape: readonly (number | null)[]): Float64Array {
  const fits = a.shape.length === shape.length && shape.every((n, i) => n === null || n === a.shape[i])
  if (!fits) throw new RangeError(`${where}: shape ${shapeText(a.shape)}; wants ${shapeText(shape)}`)
  const source = elements(a)
  if (source instanceof BigInt64Array || source instanceof BigUint64Array)
    throw new TypeError(`${where}: ${dtypeOf(a)} elements; wants float64`)
  const data = source instanceof Float64Array ? source : Float64Array.from(source)
  for (let k = 0; k < data.length; k++)
    if (!Number.isFinite(data[k]!)) throw new RangeError(`${where}: ${data[k]!} at element ${k} in C order; wants finite values`) // prettier-ignore
  return data
}

/** A batch of items, or one item, as rows. */
export interface Rows {
  readonly data: Float64Array
  readonly size: number
  readonly count: number
  /** What a result of another item shape has: [...item], or [count, ...item]. */
  readonly batched: (item: readonly number[]) => number[]
}

/** Reads one item of `shape` or a batch of them; throws as `valuesOf` does. */
export function rowsOf(where: string, a: NdArray, shape: readonly number[]): Rows {
  const single = a.shape.length === shape.length
  const data = valuesOf(where, a, single ? shape : [null, ...shape])
  const size = shape.reduce((x, y) => x * y, 1)
  const count = single ? 1 : a.shape[0]!
  return { data, size, count, batched: item => (single ? [...item] : [count, ...item]) }
}
