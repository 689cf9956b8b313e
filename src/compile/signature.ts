/** What a compiled function takes and gives: named arrays of fixed shapes, checked at the door. */
import ndarray, { type NdArray } from 'ndarray'
import { sizeOf, type Data, type Shape } from './value.js'

export type TensorType = 'float32' | 'int32' | 'bool'
export interface TensorSpec {
  readonly shape: Shape
  readonly dtype: TensorType
}
/** Shapes of float32 inputs may be written alone: `{ x: [64, 2], mask: { shape: [64], dtype: 'bool' } }`. */
export type Signature = Readonly<Record<string, Shape | TensorSpec>>
export type Specs = Readonly<Record<string, TensorSpec>>
/** An array of a user's; Float64Array is taken for float32 inputs too, and kept whole in double precision. */
export type BoundaryArray = NdArray<Float32Array> | NdArray<Float64Array> | NdArray<Int32Array> | NdArray<Uint8Array>
export type Arrays = Readonly<Record<string, BoundaryArray>>

const types: Record<string, TensorType> = { float32: 'float32', float64: 'float32', int32: 'int32', uint8: 'bool' }

export function specOf(array: BoundaryArray, where: string): TensorSpec {
  const dtype = types[array.dtype]
  if (!dtype)
    throw new Error(
      `${where}: ${array.dtype} arrays cannot enter a compiled function: use float32, float64, int32 or uint8 (bool)`,
    )
  return { shape: array.shape, dtype }
}

export const specsOf = (arrays: Arrays, where: string): Specs =>
  mapRecord(arrays, (array, name) => specOf(array, `${where}: '${name}'`))

export const normalised = (signature: Signature): Specs =>
  mapRecord(signature, s => ('shape' in s ? s : { shape: s, dtype: 'float32' }))

export function mapRecord<A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, f(v, k)]))
}

/** The elements in C order, without a copy where they lie so already. */
export function elements(array: BoundaryArray): Data {
  const size = sizeOf(array.shape)
  const data = array.data as Data
  let stride = 1
  let contiguous = true
  for (let i = array.shape.length - 1; i >= 0; i--) {
    if (array.shape[i]! > 1 && array.stride[i] !== stride) contiguous = false
    stride *= array.shape[i]!
  }
  if (contiguous && size === data.length) return data
  if (contiguous) return data.subarray(array.offset, array.offset + size)
  const copy = new (data.constructor as Float32ArrayConstructor)(size)
  const index = array.shape.map(() => 0)
  for (let i = 0; i < size; i++) {
    copy[i] = (array as NdArray<Float32Array>).get(...index)
    for (let axis = index.length - 1; axis >= 0 && ++index[axis]! === array.shape[axis]; axis--) index[axis] = 0
  }
  return copy
}

export const toArray = (data: Data, shape: Shape): BoundaryArray => ndarray(data as Float32Array, [...shape])

/** The elements of each named array, after checking names, types and shapes against what was compiled. */
export function checked(arrays: Arrays, specs: Specs, where: string): Record<string, Data> {
  for (const name of Object.keys(arrays))
    if (!(name in specs))
      throw new Error(`${where}: there is no input '${name}'; it takes ${Object.keys(specs).join(', ') || 'none'}`)
  return mapRecord(specs, (spec, name) => {
    const array = arrays[name]
    if (!array) throw new Error(`${where}: input '${name}' of shape [${spec.shape.join(', ')}] is missing`)
    const given = specOf(array, `${where}: '${name}'`)
    if (given.shape.length !== spec.shape.length || given.shape.some((d, i) => d !== spec.shape[i]))
      throw new Error(
        `${where}: input '${name}' has shape [${given.shape.join(', ')}], compiled for [${spec.shape.join(', ')}]`,
      )
    if (given.dtype !== spec.dtype)
      throw new Error(`${where}: input '${name}' is ${given.dtype}, compiled for ${spec.dtype}`)
    return elements(array)
  })
}
