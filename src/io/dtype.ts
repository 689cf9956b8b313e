/** Truth values, one byte each (0 or 1). A type of its own, so that `bool` survives views and round trips. */
export class BoolArray extends Uint8Array {}

/** The typed array of every element type at the boundary. */
export interface DataOf {
  float64: Float64Array
  float32: Float32Array
  int64: BigInt64Array<ArrayBuffer>
  int32: Int32Array
  int16: Int16Array
  int8: Int8Array
  uint64: BigUint64Array<ArrayBuffer>
  uint32: Uint32Array
  uint16: Uint16Array
  uint8: Uint8Array
  bool: BoolArray
}

export type DType = keyof DataOf
export type TypedArray = DataOf[DType]

interface DataConstructor<T> {
  readonly BYTES_PER_ELEMENT: number
  new (length: number): T
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): T
}

const constructors: { [D in DType]: DataConstructor<DataOf[D]> } = {
  float64: Float64Array,
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: BoolArray,
}

/** Every element type, by name. */
export const dtypes = Object.keys(constructors) as DType[]

/** Bytes of one element. */
export const itemSize = (dtype: DType): number => constructors[dtype].BYTES_PER_ELEMENT

/** A typed array of zeros. */
export const allocate = <D extends DType>(dtype: D, length: number): DataOf[D] => new constructors[dtype](length)

/** The element type of a typed array. Throws `TypeError` on anything else. */
export function dtypeOfData(data: unknown): DType {
  // BoolArray is a Uint8Array too, so the exact constructor decides before the prototype chain does.
  for (const dtype of dtypes) if ((data as object | null)?.constructor === constructors[dtype]) return dtype
  for (const dtype of dtypes) if (data instanceof constructors[dtype]) return dtype
  const found = data === null || data === undefined ? String(data) : data.constructor.name
  throw new TypeError(`expected a typed array of ${dtypes.join(', ')}; got ${found}`)
}

/** Little-endian bytes as elements: a view where `bytes` is aligned for the type, otherwise a copy. */
export function viewAs<D extends DType>(dtype: D, bytes: Uint8Array): DataOf[D] {
  const size = itemSize(dtype)
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return new constructors[dtype](aligned.buffer, aligned.byteOffset, aligned.byteLength / size)
}

/** Reverses the bytes of each element in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (size === 2) buffer.swap16()
  else if (size === 4) buffer.swap32()
  else if (size === 8) buffer.swap64()
}

/** IEEE 754 half-precision bit patterns to single precision (exact). */
export function halfToFloat(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length)
  for (let i = 0; i < bits.length; i++) {
    const h = bits[i]!
    const sign = h & 0x8000 ? -1 : 1
    const exponent = (h >> 10) & 0x1f
    const fraction = h & 0x3ff
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
  }
  return out
}
