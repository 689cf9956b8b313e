/** What a compiled function takes and gives: named arrays of fixed shapes, checked at the door. */
import ndarray, { type NdArray } from 'ndarray'
import { elements, shapeText } from '../io/array.js'
import type { Data, Shape } from './value.js'

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

const types: Readonly<Record<string, TensorType>> = {
  float32: 'float32',
  float64: 'float32',
  int32: 'int32',
  uint8: 'bool',
}

export const specText = ({ shape, dtype }: { shape: Shape; dtype: string }): string => `${dtype} ${shapeText(shape)}`

export function mapRecord<A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([k, v]) => [k, f(v, k)]))
}

/** The shape and type of an array, or an error that begins with `what`. */
function specOf(array: unknown, what: string): TensorSpec {
  const { shape, dtype, data } = (array ?? {}) as Partial<BoundaryArray>
  if (!Array.isArray(shape) || !dtype || !data)
    throw new Error(`${what} is no ndarray: wrap it as ndarray(data, shape)`)
  const type = types[dtype]
  if (!type)
    throw new Error(
      `${what} holds ${dtype} elements, which no compiled function takes: use float32, float64, int32 or uint8 (bool)`,
    )
  return { shape, dtype: type }
}

export const specsOf = (arrays: Arrays, kind: string, where: string): Specs =>
  mapRecord(arrays, (array, name) => specOf(array, `${where}: ${kind} '${name}'`))

/** A signature in full: every shape checked, every type stated. */
export const normalised = (signature: Signature, where: string): Specs =>
  mapRecord(signature, (given, name) => {
    const { shape, dtype } = Array.isArray(given)
      ? { shape: given as Shape, dtype: 'float32' as const }
      : (given as TensorSpec)
    if (!Array.isArray(shape) || !shape.every(d => Number.isSafeInteger(d) && d >= 0))
      throw new Error(`${where}: the shape of input '${name}' must be a list of whole numbers from 0, as in [64, 2]`)
    if (!Object.values(types).includes(dtype))
      throw new Error(`${where}: input '${name}' cannot be ${dtype}: float32, int32 or bool`)
    return { shape, dtype }
  })

/** The union of inputs, constants and state by name; a name in two of them is an error. */
export function union(kinds: Readonly<Record<string, Specs>>, where: string): Specs {
  const owner = new Map<string, string>()
  for (const [kind, specs] of Object.entries(kinds))
    for (const name of Object.keys(specs)) {
      if (name === '') throw new Error(`${where}: ${kind} '' needs a name`)
      if (owner.has(name)) throw new Error(`${where}: '${name}' is given as ${owner.get(name)!} and as ${kind}`)
      owner.set(name, kind)
    }
  return Object.assign({}, ...Object.values(kinds)) as Specs
}

export const toArray = (data: Data, shape: Shape): BoundaryArray => ndarray(data as Float32Array, [...shape])

/**
 * The elements of each named array (C order, a view where they lie so), after checking names, types and shapes against
 * what was compiled. `kind` says what the arrays are: input, constant or state.
 */
export function checked(arrays: Arrays, specs: Specs, kind: string, where: string): Record<string, Data> {
  const known = (name: string): string => `${where}: ${kind} '${name}'`
  for (const name of Object.keys(arrays))
    if (!(name in specs))
      throw new Error(`${known(name)} does not exist: ${Object.keys(specs).join(', ') || 'none'} does`)
  return mapRecord(specs, (spec, name) => {
    const array = arrays[name]
    if (!array) throw new Error(`${known(name)} (${specText(spec)}) is missing`)
    const given = specOf(array, known(name))
    if (
      given.dtype !== spec.dtype ||
      given.shape.length !== spec.shape.length ||
      given.shape.some((d, i) => d !== spec.shape[i])
    )
      throw new Error(`${known(name)} is ${specText(given)}, compiled for ${specText(spec)}`)
    return elements(array as NdArray<Float32Array>)
  })
}
