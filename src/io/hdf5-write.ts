import { rm } from 'node:fs/promises'
import { bytesOf, dtypeOf, shapeText, sizeOf, type NdArray } from './array.js'
import { publish, resolveLinks, temporaryName } from './atomic.js'
import { BoolArray, dtypeOfData, itemSize, type DType } from './dtype.js'
import { fileError } from './error.js'
import { boolMark, withMemory, type AttributeValue } from './hdf5.js'
import { blockBytes, boxes, hyperslab } from './hdf5-boxes.js'
import { openHandle, typeClass, type Hdf5Handle, type Hdf5Target } from './hdf5-engine.js'

export interface DatasetOptions {
  attributes?: Record<string, AttributeValue>
  /** Deflate level 0 (none, the default) to 9. */
  compression?: number
  /** Extents of a chunk; about 1 MiB by default where chunks are needed. */
  chunks?: readonly number[]
}

/** A dataset that grows along its first axis. */
export interface Appender {
  /** Rows written so far. */
  readonly rows: number
  append(block: NdArray): void
}

/** An HDF5 file being written beside its place; `close` puts it there, whole. Methods throw `FileError`. */
export interface Hdf5Writer {
  /** Writes a whole array; groups in the name (`a/b/x`) are made. */
  dataset(name: string, values: NdArray, options?: DatasetOptions): void
  /** A dataset of rows of one shape, to be filled block by block. */
  appendable(name: string, dtype: DType, rowShape: readonly number[], options?: DatasetOptions): Appender
  /** Attributes of a dataset or group, of the file by `'/'`. */
  attributes(path: string, values: Record<string, AttributeValue>): void
  close(): Promise<void>
  /** Gives up; nothing stays. */
  abort(): Promise<void>
}

/** Writes arrays as an HDF5 file at once; names may hold groups (`group/x`). Throws `FileError`. */
export async function writeHdf5(
  file: string,
  arrays: Record<string, NdArray>,
  options: { attributes?: Record<string, AttributeValue>; compression?: number } = {},
): Promise<void> {
  const writer = await createHdf5(file)
  try {
    writer.attributes('/', options.attributes ?? {})
    for (const [name, values] of Object.entries(arrays))
      writer.dataset(name, values, { compression: options.compression ?? 0 })
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** Starts an HDF5 file that takes the place of `file` when it is closed. Throws `FileError`. */
export async function createHdf5(file: string): Promise<Hdf5Writer> {
  const target = await resolveLinks(file)
  const temporary = temporaryName(target)
  const handle = await openHandle(file, temporary, 'create').catch(async (error: unknown) => {
    await rm(temporary, { force: true })
    throw error
  })
  const groups = new Set<string>()

  const create = (
    name: string,
    dtype: DType,
    shape: readonly number[],
    options: DatasetOptions,
    data?: Uint8Array,
  ): void => {
    makeGroups(handle, groups, name)
    handle.call(`room for the dataset ${name}`, (engine, id) =>
      withMemory(engine, data?.length ?? 0, at => {
        if (data) engine.HEAPU8.set(data, at)
        const settings = storage(shape, dtype, options, data === undefined)
        check(engine.create_dataset(id, name, BigInt(at), { ...typeOf(dtype), ...settings }))
      }),
    )
    writeAttributes(handle, name, { ...options.attributes, ...(dtype === 'bool' && { [boolMark]: 'bool' }) })
  }

  return {
    dataset(name, values, options = {}) {
      const dtype = dtypeOf(values)
      const bytes = bytesOf(values)
      // Small arrays in one piece; large ones are created without rows, grown, and written piece by piece.
      if (bytes.length <= blockBytes || values.shape.length === 0) {
        create(name, dtype, values.shape, options, bytes)
        return
      }
      const chunks = options.chunks ?? chunkShape(values.shape, dtype)
      create(name, dtype, [0, ...values.shape.slice(1)], { ...options, chunks })
      resize(handle, name, values.shape)
      writeRows(handle, name, values, 0, chunks)
    },
    appendable(name, dtype, rowShape, options = {}) {
      sizeOf(rowShape, name)
      const chunks = options.chunks ?? chunkShape([2 ** 20, ...rowShape], dtype)
      create(name, dtype, [0, ...rowShape], { ...options, chunks })
      let rows = 0
      return {
        get rows() {
          return rows
        },
        append(block) {
          if (dtypeOf(block) !== dtype) throw new TypeError(`${name}: rows of ${dtype}, got ${dtypeOf(block)}`)
          if (shapeText(block.shape.slice(1)) !== shapeText(rowShape) || block.shape.length === 0)
            throw new RangeError(
              `${name}: expected rows of shape ${shapeText(rowShape)}, got a block ${shapeText(block.shape)}`,
            )
          resize(handle, name, [rows + block.shape[0]!, ...rowShape])
          writeRows(handle, name, block, rows, chunks)
          rows += block.shape[0]!
        },
      }
    },
    attributes: (path, values) => writeAttributes(handle, path, values),
    async close() {
      handle.close()
      await publish(temporary, target).catch((error: unknown) => {
        throw fileError(file, error)
      })
    },
    async abort() {
      try {
        handle.close()
      } catch {
        // Closing fails as the writing did (a full disk); what counts is that nothing stays.
      }
      await rm(temporary, { force: true })
    },
  }
}

/** The library throws on errors; a status is a second witness. */
function check(status: number): void {
  if (status < 0) throw new Error(`status ${status} of the HDF5 library`)
}

function makeGroups(handle: Hdf5Handle, groups: Set<string>, name: string): void {
  const parts = name.split('/')
  for (let k = 1; k < parts.length; k++) {
    const group = parts.slice(0, k).join('/')
    if (group === '' || groups.has(group)) continue
    handle.call(`room for the group ${group}`, (engine, id) => check(engine.create_group(id, group, false)))
    groups.add(group)
  }
}

const typeOf = (dtype: DType): Pick<Hdf5Target, 'type' | 'size' | 'signed' | 'vlen' | 'littleEndian'> => ({
  type: dtype.startsWith('float') ? typeClass.float : typeClass.integer,
  size: itemSize(dtype),
  signed: !dtype.startsWith('u') && dtype !== 'bool',
  vlen: false,
  littleEndian: true,
})

function storage(
  shape: readonly number[],
  dtype: DType,
  { compression = 0, chunks }: DatasetOptions,
  grows: boolean,
): Omit<Hdf5Target, 'type' | 'size' | 'signed' | 'vlen' | 'littleEndian'> {
  if (!Number.isInteger(compression) || compression < 0 || compression > 9)
    throw new RangeError(`compression: a deflate level from 0 to 9, got ${compression}`)
  const chunked = grows || chunks !== undefined || (compression > 0 && sizeOf(shape) > 0)
  const unlimited = 2n ** 64n - 1n
  const extents = shape.map(BigInt)
  return {
    shape: extents,
    maxshape: grows ? [unlimited, ...extents.slice(1)] : extents,
    chunks: chunked && shape.length > 0 ? (chunks ?? chunkShape(shape, dtype)).map(BigInt) : null,
    ...(chunked && shape.length > 0 && compression > 0 && { compression: 1, compression_opts: [compression] }),
  }
}

/** A chunk of at most 1 MiB: leading axes are halved first, so that rows stay together. */
function chunkShape(shape: readonly number[], dtype: DType): number[] {
  const chunk = shape.map(extent => Math.max(1, extent))
  while (sizeOf(chunk) * itemSize(dtype) > 2 ** 20) {
    const axis = chunk.findIndex(extent => extent > 1)
    chunk[axis] = Math.ceil(chunk[axis]! / 2)
  }
  return chunk
}

function resize(handle: Hdf5Handle, name: string, shape: readonly number[]): void {
  handle.call(`room for ${shapeText(shape)} in ${name}`, (engine, id) =>
    check(engine.resize_dataset(id, name, shape.map(BigInt))),
  )
}

/** Writes a block from `row` on, in pieces of whole chunks: a compressed chunk should be written once. */
function writeRows(handle: Hdf5Handle, name: string, block: NdArray, row: number, chunks: readonly number[]): void {
  const [bytes, size] = [bytesOf(block), itemSize(dtypeOf(block))]
  handle.call(`room for the data of ${name}`, (engine, id) => {
    for (const box of boxes(block.shape, size, chunks)) {
      const length = box.count.reduce((n, c) => n * c, size)
      withMemory(engine, length, at => {
        engine.HEAPU8.set(bytes.subarray(box.place, box.place + length), at)
        check(engine.set_dataset_data(id, name, ...hyperslab(box, row), BigInt(at)))
      })
    }
  })
}

function writeAttributes(handle: Hdf5Handle, path: string, values: Record<string, AttributeValue>): void {
  for (const [name, value] of Object.entries(values))
    handle.call(`room for the attribute ${name} of ${path}`, (engine, id) => {
      if (typeof value === 'string' || (Array.isArray(value) && typeof value[0] === 'string')) {
        const texts = Array.isArray(value) ? value : [value]
        const shape = Array.isArray(value) ? [BigInt(texts.length)] : []
        const target: Hdf5Target = {
          type: typeClass.string,
          size: 4,
          signed: false,
          vlen: true,
          littleEndian: true,
          cset: 1,
          shape,
          maxshape: shape,
        }
        check(engine.create_vlen_str_attribute(id, path, name, texts, target))
        return
      }
      const data = numbers(value)
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      const shape = ArrayBuffer.isView(value) ? [BigInt(data.length)] : []
      withMemory(engine, bytes.length, at => {
        engine.HEAPU8.set(bytes, at)
        const target = { ...typeOf(dtypeOfData(data)), shape, maxshape: shape }
        check(engine.create_attribute(id, path, name, BigInt(at), target))
      })
    })
}

function numbers(value: Exclude<AttributeValue, string>) {
  if (typeof value === 'boolean') return Uint8Array.of(Number(value))
  if (typeof value === 'bigint') return BigInt64Array.of(value)
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? Int32Array.of(value) : Float64Array.of(value)
  if (Array.isArray(value)) return new Float64Array(0)
  return value instanceof BoolArray ? new Uint8Array(value) : value
}
