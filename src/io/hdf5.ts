import { array, shapeText, sizeOf, type NdArray } from './array.js'
import { halfToFloat, itemSize, viewAs, type DType, type TypedArray } from './dtype.js'
import { FileError, messageOf } from './error.js'
import {
  handlesInTurn,
  openHandle,
  typeClass,
  type Hdf5Engine,
  type Hdf5Handle,
  type Hdf5Metadata,
} from './hdf5-engine.js'
import { blockBytes, boxes, hyperslab } from './hdf5-boxes.js'
import { noSuchArray } from './npz.js'
import { foreignFile, headBytes, kindOf } from './sniff.js'
import { allocateBytes, readHead, withSource } from './source.js'

export type AttributeValue = string | number | bigint | boolean | string[] | TypedArray

export interface DatasetInfo {
  readonly name: string
  readonly shape: readonly number[]
  /** Half precision is read as float32. */
  readonly dtype: DType
  readonly chunks: readonly number[] | null
}

/** An open HDF5 file. Every method throws `FileError`; after one that tells of damage the file is closed. */
export interface Hdf5Reader {
  readonly file: string
  /** Paths of all datasets, without the leading slash. */
  readonly names: readonly string[]
  info(name: string): DatasetInfo
  read(name: string): NdArray
  /** Rows `start` up to `stop` (excluded) of the first axis: a file may be larger than the memory. */
  rows(name: string, start: number, stop: number): NdArray
  /** The attributes of a dataset or group; of the file by default. */
  attributes(path?: string): Record<string, AttributeValue>
  close(): void
}

/** An attribute that marks the truth values written here: h5wasm cannot write HDF5's enumerations, as h5py does. */
export const boolMark = 'invdiff_dtype'

interface Described extends DatasetInfo {
  half: boolean
  filters: number[]
}

/** Opens an HDF5 file for reading. Throws `FileError`: missing, cut short, damaged or another format. */
export async function openHdf5(file: string): Promise<Hdf5Reader> {
  const size = await sizeOfHdf5(file)
  return readerOf(await openHandle(file, file, 'read'), size)
}

/**
 * Opens many HDF5 files of which one at a time is read: memory and open files do not grow with their number. An error in one
 * closes all. Throws `FileError` as `openHdf5`.
 */
export async function openHdf5InTurn(files: readonly string[]): Promise<Hdf5Reader[]> {
  const handle = await handlesInTurn()
  const readers: Hdf5Reader[] = []
  try {
    for (const file of files) {
      const size = await sizeOfHdf5(file)
      readers.push(readerOf(handle(file), size))
    }
  } catch (error) {
    for (const reader of readers) reader.close()
    throw error
  }
  return readers
}

/** Bytes of an HDF5 file. Throws `FileError` for what is none. */
const sizeOfHdf5 = (file: string): Promise<number> =>
  withSource(file, async source => {
    const head = await readHead(source, headBytes)
    if (kindOf(head)?.reader !== 'readHdf5') throw foreignFile(file, 'an HDF5 file', head)
    return source.size
  })

function readerOf(handle: Hdf5Handle, size: number): Hdf5Reader {
  const { file } = handle
  const names = handle.call('names in an HDF5 file', (engine, id) =>
    engine.get_names(id, '/', true).filter(name => engine.get_type(id, name) === engine.H5G_DATASET),
  )
  const known = new Map<string, Described>()
  const describe = (name: string): Described => {
    const path = name.replace(/^\//, '')
    if (!names.includes(path)) throw noSuchArray(file, path, names)
    let info = known.get(path)
    if (!info) known.set(path, (info = describeDataset(handle, path)))
    return info
  }
  return {
    file,
    names,
    info: describe,
    read(name) {
      const info = describe(name)
      checkClaim(file, info, size)
      return readRows(handle, info, 0, info.shape[0] ?? 1)
    },
    rows(name, start, stop) {
      const info = describe(name)
      const count = info.shape[0] ?? 0
      if (!(Number.isInteger(start) && Number.isInteger(stop) && 0 <= start && start <= stop && stop <= count))
        throw new RangeError(
          `${file}: rows ${start} to ${stop} of ${name}, which has the shape ${shapeText(info.shape)}`,
        )
      return readRows(handle, info, start, stop)
    },
    attributes: (path = '/') => readAttributes(handle, path),
    close: () => handle.close(),
  }
}

/**
 * Reads one dataset of an HDF5 file.
 * @param dataset its path; may be left out where the file holds only one
 * Throws `FileError`.
 */
export async function readHdf5(file: string, dataset?: string): Promise<NdArray> {
  const reader = await openHdf5(file)
  try {
    const name = dataset ?? (reader.names.length === 1 ? reader.names[0]! : undefined)
    if (name === undefined) throw noSuchArray(file, 'that was asked for (name one of several)', reader.names)
    return reader.read(name)
  } finally {
    reader.close()
  }
}

function describeDataset(handle: Hdf5Handle, name: string): Described {
  const [metadata, filters] = handle.call(`the description of ${name}`, (engine, id) => [
    engine.get_dataset_metadata(id, name),
    engine.get_dataset_filters(id, name).map(filter => filter.id),
  ])
  const half = metadata.type === typeClass.float && metadata.size === 2
  const dtype = half ? 'float32' : dtypeOfMetadata(metadata)
  const fault = (found: string): FileError =>
    new FileError(handle.file, { expected: `numbers in the dataset ${name}`, found })
  if (!dtype)
    throw fault(metadata.type === typeClass.string ? 'text' : `HDF5 type class ${metadata.type}, size ${metadata.size}`)
  if (!metadata.shape) throw fault('an empty dataspace')
  if (metadata.virtual_sources) throw fault('a virtual dataset, whose data stand in other files')
  try {
    sizeOf(metadata.shape, name)
  } catch (error) {
    throw fault(messageOf(error))
  }
  const marked = dtype === 'uint8' && readAttributes(handle, name)[boolMark] === 'bool'
  return { name, shape: metadata.shape, dtype: marked ? 'bool' : dtype, chunks: metadata.chunks, half, filters }
}

function dtypeOfMetadata({ type, size, signed, enum_type }: Hdf5Metadata): DType | undefined {
  if (type === typeClass.float) return size === 8 ? 'float64' : size === 4 ? 'float32' : undefined
  const truth = enum_type && Object.keys(enum_type.members).sort().join() === 'FALSE,TRUE'
  if (type === typeClass.enumeration) return truth && size === 1 ? 'bool' : undefined
  if (type !== typeClass.integer || ![1, 2, 4, 8].includes(size)) return undefined
  return `${signed ? '' : 'u'}int${8 * size}` as DType
}

/**
 * A dataset cannot hold more than its filters can unpack from the file: deflate expands by at most 1032, any other
 * by far less than 2^15. Small ones pass in any case (a dataset that was never written takes no room).
 */
function checkClaim(file: string, { name, shape, dtype, filters }: Described, fileSize: number): void {
  const bytes = sizeOf(shape) * itemSize(dtype)
  const known = filters.every(filter => filter <= 3)
  const ratio = filters.length === 0 ? 1 : known ? 1032 : 2 ** 15
  if (bytes <= Math.max(blockBytes, ratio * fileSize)) return
  throw new FileError(file, {
    expected: `at most ${ratio * fileSize} bytes in the dataset ${name} of a file of ${fileSize}`,
    found: `a shape ${shapeText(shape)} of ${bytes}`,
    remedy: 'If it is sparse, read the rows that are there: openHdf5(file) and rows(name, start, stop).',
  })
}

function readRows(handle: Hdf5Handle, info: Described, start: number, stop: number): NdArray {
  const { name, shape, dtype, half } = info
  const stored = half ? 'uint16' : dtype
  const out = shape.length === 0 ? [] : [stop - start, ...shape.slice(1)]
  const bytes = allocateBytes(handle.file, sizeOf(out) * itemSize(stored), name)
  handle.call(`the data of ${name}`, (engine, id) => {
    for (const box of boxes(out, itemSize(stored), info.chunks)) {
      const length = box.count.reduce((n, c) => n * c, itemSize(stored))
      const select = hyperslab(box, start)
      withMemory(engine, length, at => {
        const status = engine.get_dataset_data(id, name, ...select, BigInt(at))
        if (status < 0) throw new Error(`status ${status}`)
        bytes.set(engine.HEAPU8.subarray(at, at + length), box.place)
      })
    }
  })
  const data = viewAs(stored, bytes)
  return array(half ? halfToFloat(data as Uint16Array) : data, out, name)
}

/** Lends `bytes` of the library's memory to `use`. */
export function withMemory<T>(engine: Hdf5Engine, bytes: number, use: (at: number) => T): T {
  const at = engine._malloc(Math.max(1, bytes))
  if (at === 0) throw new Error(`the HDF5 library has no ${bytes} bytes of memory left`)
  // A pointer comes back signed past 2 GiB.
  const result = use(at >>> 0)
  engine._free(at)
  return result
}

function readAttributes(handle: Hdf5Handle, path: string): Record<string, AttributeValue> {
  return handle.call(`the attributes of ${path}`, (engine, id) => {
    const values = engine.get_attribute_names(id, path).map((name): [string, AttributeValue | undefined] => {
      const metadata = engine.get_attribute_metadata(id, path, name)
      const length = metadata.size * metadata.total_size
      if (length > blockBytes) throw new Error(`an attribute ${name} of ${length} bytes`)
      const value = withMemory(engine, length, at => {
        engine.get_attribute_data(id, path, name, BigInt(at))
        const decoded = decodeAttribute(engine, metadata, engine.HEAPU8.slice(at, at + length))
        if (metadata.vlen) engine.reclaim_vlen_memory(id, path, name, BigInt(at))
        return decoded
      })
      return [name, value]
    })
    return Object.fromEntries(values.filter((entry): entry is [string, AttributeValue] => entry[1] !== undefined))
  })
}

/** `undefined` for types without a counterpart (compounds, references). */
function decodeAttribute(engine: Hdf5Engine, metadata: Hdf5Metadata, bytes: Uint8Array): AttributeValue | undefined {
  const scalar = metadata.shape?.length === 0
  if (metadata.type === typeClass.string) {
    const texts = metadata.vlen
      ? Array.from(viewAs('uint32', bytes), pointer => (pointer === 0 ? '' : engine.UTF8ToString(pointer)))
      : Array.from({ length: metadata.total_size }, (_, i) =>
          fixedText(bytes.subarray(i * metadata.size, (i + 1) * metadata.size)),
        )
    return scalar ? (texts[0] ?? '') : texts
  }
  const dtype = dtypeOfMetadata(metadata)
  if (!dtype) return undefined
  const values = viewAs(dtype, bytes)
  return scalar ? (dtype === 'bool' ? values[0] === 1 : values[0]!) : values
}

const fixedText = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('utf8')
    .replace(/[\0 ]+$/, '')
