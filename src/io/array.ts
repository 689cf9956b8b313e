import ndarray from 'ndarray'
import { allocate, dtypeOfData, type DataOf, type DType, type TypedArray } from './dtype.js'

/** The array at every boundary: an `ndarray` view of a typed array. */
export type NdArray<T extends TypedArray = TypedArray> = ndarray.NdArray<T>

/** NumPy's own limit is 64; the formats and `ndarray` are exercised up to here. */
export const maxRank = 32

/** `[2, 3]`, as messages print a shape. */
export const shapeText = (shape: readonly (number | null)[]): string => `[${shape.map(n => n ?? 'any').join(', ')}]`

/**
 * The number of elements of a shape.
 * Throws `RangeError` where an extent is negative or not an integer, the rank exceeds 32 or the product 2^53.
 */
export function sizeOf(shape: readonly number[], where = 'shape'): number {
  if (shape.length > maxRank) throw new RangeError(`${where}: ${shape.length} axes; at most ${maxRank} are supported`)
  let size = 1
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 0)
      throw new RangeError(`${where}: ${shapeText(shape)} has the extent ${extent}; extents are integers from 0`)
    size *= extent
  }
  if (!shape.includes(0) && !Number.isSafeInteger(size))
    throw new RangeError(`${where}: ${shapeText(shape)} has more than 2^53 elements`)
  return shape.includes(0) ? 0 : size
}

/**
 * An array over `data` in C order; no copy.
 * @param shape defaults to one axis of `data.length`
 * @param where named in the error when the shape does not fit
 */
export function array<T extends TypedArray>(
  data: T,
  shape: readonly number[] = [data.length],
  where = 'array',
): NdArray<T> {
  const size = sizeOf(shape, where)
  if (size !== data.length)
    throw new RangeError(
      `${where}: shape ${shapeText(shape)} has ${size} elements, the data ${shapeText([data.length])}`,
    )
  return ndarray(data, [...shape])
}

/** An array of zeros in C order. */
export const zeros = <D extends DType>(dtype: D, shape: readonly number[]): NdArray<DataOf[D]> =>
  array(allocate(dtype, sizeOf(shape)), shape)

/** The element type: `float64`, ..., `bool`. */
export const dtypeOf = (a: NdArray): DType => dtypeOfData(a.data)

/** Throws `RangeError` naming both shapes unless `a` has the expected one; `null` stands for any extent. */
export function assertShape(a: NdArray, expected: readonly (number | null)[], where: string): void {
  const fits = a.shape.length === expected.length && expected.every((n, i) => n === null || n === a.shape[i])
  if (!fits) throw new RangeError(`${where}: expected shape ${shapeText(expected)}, got ${shapeText(a.shape)}`)
}

/** Strides of a dense array in C (last axis fastest) or Fortran order. */
export function denseStrides(shape: readonly number[], order: 'C' | 'F' = 'C'): number[] {
  const stride = new Array<number>(shape.length)
  let step = 1
  for (let k = 0; k < shape.length; k++) {
    const axis = order === 'C' ? shape.length - 1 - k : k
    stride[axis] = step
    step *= shape[axis]!
  }
  return stride
}

/** Whether the elements lie densely in the given order (axes of one element have no say). */
export function isDense(a: NdArray, order: 'C' | 'F' = 'C'): boolean {
  const dense = denseStrides(a.shape, order)
  return a.size === 0 || a.shape.every((n, axis) => n === 1 || a.stride[axis] === dense[axis])
}

/** The elements in C order: a view of the array's own memory where it is dense, otherwise a copy. */
export function elements<T extends TypedArray>(a: NdArray<T>): T {
  const data = a.data
  if (isDense(a)) return (a.size === data.length ? data : data.subarray(a.offset, a.offset + a.size)) as T
  const copy = allocate(dtypeOf(a), a.size) as T
  assign(ndarray(copy, a.shape), a)
  return copy
}

/** The same array in C order from offset 0; itself where it already is. */
export function contiguous<T extends TypedArray>(a: NdArray<T>): NdArray<T> {
  return isDense(a) && a.offset === 0 && a.size === a.data.length ? a : ndarray(elements(a), [...a.shape])
}

/** The bytes of the elements in C order; a view where the array is dense. */
export function bytesOf(a: NdArray): Uint8Array {
  const data = elements(a)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** Copies `source` into `target` element by element. Throws `RangeError` where shapes or `TypeError` where types differ. */
export function assign(target: NdArray, source: NdArray): void {
  assertShape(source, target.shape, 'assign')
  if (dtypeOf(target) !== dtypeOf(source))
    throw new TypeError(`assign: expected ${dtypeOf(target)} elements, got ${dtypeOf(source)}`)
  // One element type on both sides, so the loop below never mixes numbers and bigints.
  if (target.size > 0)
    copyAxis(target as NdArray<Float64Array>, source as NdArray<Float64Array>, 0, target.offset, source.offset)
}

function copyAxis(to: NdArray<Float64Array>, from: NdArray<Float64Array>, axis: number, t: number, s: number): void {
  const rank = to.shape.length
  if (rank === 0) {
    to.data[t] = from.data[s]!
    return
  }
  const extent = to.shape[axis]!
  const [dt, ds] = [to.stride[axis]!, from.stride[axis]!]
  if (axis < rank - 1) {
    for (let i = 0; i < extent; i++) copyAxis(to, from, axis + 1, t + i * dt, s + i * ds)
  } else if (dt === 1 && ds === 1) {
    to.data.set(from.data.subarray(s, s + extent), t)
  } else {
    for (let i = 0; i < extent; i++) to.data[t + i * dt] = from.data[s + i * ds]!
  }
}
