/** Examples as rows of arrays, in memory or in files. */
import { elements, shapeText, sizeOf, type NdArray } from '../io/array.js'

type Shape = readonly number[]

export interface Rows {
  /** Where they come from, for errors. */
  readonly where: string
  readonly size: number
  /** The shape of one row of each array; one is `x`. */
  readonly shapes: Readonly<Record<string, Shape>>
  /** Rows that are stored together, best read together; 1 where it makes no difference. */
  readonly chunk: number
  /** All of it, where it lies in memory. */
  readonly memory?: Readonly<Record<string, Float32Array>>
  /** Copies rows `start` up to `stop` (excluded) of an array to `out` from its element `at`. */
  read(name: string, start: number, stop: number, out: Float32Array, at: number): void
  readonly close: () => void
}

export interface RowArrays {
  /** [size, ...shape]. */
  readonly x: NdArray
  readonly [name: string]: NdArray
}

/** Rows of arrays in memory; float32 arrays are used as they lie. Throws RangeError where lengths differ. */
export function arrayRows(arrays: RowArrays, where = 'training data'): Rows {
  const size = checkedSize(arrays, where)
  const memory = Object.fromEntries(
    Object.entries(arrays).map(([name, a]) => [name, floats(elements(a as NdArray<Float32Array>))]),
  )
  const shapes = Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, a.shape.slice(1)]))
  for (const [name, data] of Object.entries(memory))
    assertFiniteRows(data, sizeOf(shapes[name]!), 0, `${where}, '${name}'`)
  return {
    where,
    size,
    shapes,
    chunk: 1,
    memory,
    read(name, start, stop, out, at) {
      const row = sizeOf(shapes[name]!)
      out.set(memory[name]!.subarray(start * row, stop * row), at)
    },
    close: () => undefined,
  }
}

/** The first rows alone, all unless told. Throws RangeError, and closes them, where there are fewer. */
export function firstRows(rows: Rows, count = rows.size): Rows {
  if (Number.isSafeInteger(count) && count >= 1 && count <= rows.size) return { ...rows, size: count }
  rows.close()
  throw new RangeError(`${rows.where}: ${count} examples are asked for, there are ${rows.size}`)
}

const floats = (data: ArrayLike<number>): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data)

/** The common number of rows of named arrays of some shapes. */
export function checkedSize(arrays: Readonly<Record<string, { readonly shape: Shape }>>, where: string): number {
  const x = arrays.x?.shape
  if (!x) throw new RangeError(`${where}: no array 'x' among ${Object.keys(arrays).join(', ') || 'none'}`)
  for (const [name, { shape }] of Object.entries(arrays))
    if (shape.length === 0 || shape[0] !== x[0])
      throw new RangeError(`${where}: '${name}' is ${shapeText(shape)} and 'x' ${shapeText(x)}: row counts differ`)
  if (!(x[0]! > 0)) throw new RangeError(`${where}: 'x' ${shapeText(x)} holds no examples`)
  return x[0]!
}

/** Throws RangeError naming the first row, counted from `first`, that holds a NaN or an infinity. */
export function assertFiniteRows(data: Float32Array, row: number, first: number, where: string): void {
  // x - x is 0 for every number and NaN for all else, so one sum without branches tells of both.
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i]! - data[i]!
  if (sum === 0) return
  const at = data.findIndex(v => !Number.isFinite(v))
  throw new RangeError(
    `${where}: row ${first + Math.floor(at / row)} holds ${data[at]}; leave it out, or fill its gaps and say so in a mask`,
  )
}
