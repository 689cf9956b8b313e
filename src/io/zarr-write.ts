import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { bytesOf, contiguous, denseStrides, dtypeOf, shapeText, sizeOf, type NdArray } from './array.js'
import { exists, writeFolderAtomic } from './atomic.js'
import type { DType } from './dtype.js'
import { FileError, fileError } from './error.js'
import { folderStore, type FolderStore } from './zarr-store.js'
import { infoOf, loadZarrita, openArray, type ZarrArray, type ZarrInfo } from './zarr.js'
import { damaged, findNodes } from './zarr-nodes.js'

export interface ZarrSpec {
  shape: readonly number[]
  /** Extents of a chunk: what is written, and kept whole, at a time. */
  chunks: readonly number[]
  dtype: DType
  /** Names of the dimensions, as xarray and ArviZ use them. */
  dims?: readonly string[]
  attributes?: Record<string, unknown>
  /** Default `zstd`. Either way each chunk carries a CRC-32C. */
  compression?: 'zstd' | 'none'
}

/** An array being written. Chunks that were not written read as NaN, or 0 for integers. */
export interface ZarrArrayWriter {
  readonly info: ZarrInfo
  /** Writes a block with its first element at `offset`; each chunk it touches is replaced as a whole, one after the other. */
  write(offset: readonly number[], block: NdArray): Promise<void>
  /** Changes the extents; the chunks stay. */
  resize(shape: readonly number[]): Promise<void>
}

/** A Zarr hierarchy being written in place: after a kill, every chunk and every metadata file is whole. */
export interface ZarrWriter {
  readonly path: string
  /** Makes a group, and those above it. */
  group(name: string, attributes?: Record<string, unknown>): Promise<void>
  /** Makes an array, and the groups above it. */
  array(name: string, spec: ZarrSpec): Promise<ZarrArrayWriter>
  /** An array that is there already, to go on with. */
  existing(name: string): Promise<ZarrArrayWriter>
  /** Writes a whole array. */
  put(name: string, values: NdArray, spec?: Partial<Pick<ZarrSpec, 'chunks' | 'dims' | 'attributes'>>): Promise<void>
  /** Gathers the metadata into each group, so that xarray and ArviZ open it with one read. Call it last. */
  consolidate(): Promise<void>
}

export interface ZarrOptions {
  /** Of the root group. */
  attributes?: Record<string, unknown>
  resume?: boolean
  sync?: boolean
}

/**
 * Starts a Zarr (version 3) folder, or goes on with one.
 * @param resume goes on with what is there (default: refuses a folder that exists)
 * @param sync `false` leaves the flush to the system: whole after a killed process, not after a power cut
 * Throws `FileError`.
 */
export async function createZarr(
  path: string,
  { attributes = {}, resume = false, sync = true }: ZarrOptions = {},
): Promise<ZarrWriter> {
  const store = folderStore(path, sync)
  const there = await exists(path)
  if (there && !resume)
    throw new FileError(path, {
      expected: 'a free name',
      found: 'that it exists',
      remedy: 'Pass resume: true, or choose another name.',
    })
  await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileError(path, error)
  })
  const makeGroup = async (name: string, attrs: Record<string, unknown>): Promise<void> => {
    const { create, root } = await loadZarrita()
    await create(root(store).resolve(`/${name}`), { attributes: attrs })
  }
  const makeParents = async (name: string): Promise<void> => {
    const parts = name.split('/')
    for (let k = 1; k < parts.length; k++) {
      const parent = parts.slice(0, k).join('/')
      if (!(await exists(join(path, parent, 'zarr.json')))) await makeGroup(parent, {})
    }
  }
  if (!(await exists(join(path, 'zarr.json')))) await makeGroup('', attributes)

  const writer: ZarrWriter = {
    path,
    async group(name, attrs = {}) {
      checkName(name)
      await makeParents(name)
      await makeGroup(name, attrs)
    },
    async array(name, spec) {
      checkName(name)
      await makeParents(name)
      return arrayWriter(store, path, name, await createArray(store, name, spec))
    },
    existing: async name => arrayWriter(store, path, name, await openArray(store, path, name)),
    async put(name, values, spec = {}) {
      const { shape } = values
      const chunks = spec.chunks ?? shape.map(n => Math.max(1, n))
      const target = await writer.array(name, { ...spec, shape, chunks, dtype: dtypeOf(values) })
      await target.write(new Array<number>(shape.length).fill(0), values)
    },
    consolidate: () => consolidate(store, path),
  }
  return writer
}

/** Writes arrays as a Zarr folder that appears whole. Throws `FileError`. */
export async function writeZarr(
  path: string,
  arrays: Record<string, NdArray>,
  { attributes = {}, overwrite = false }: { attributes?: Record<string, unknown>; overwrite?: boolean } = {},
): Promise<void> {
  const fill = async (folder: string): Promise<void> => {
    const writer = await createZarr(folder, { attributes, resume: true, sync: false }) // flushed as one, at the end
    for (const [name, values] of Object.entries(arrays)) await writer.put(name, values)
    await writer.consolidate()
  }
  await writeFolderAtomic(path, fill, { overwrite })
}

function checkName(name: string): void {
  const bad = name
    .split('/')
    .some(part => part === '' || part.startsWith('.') || part.startsWith('__') || part === 'zarr.json')
  if (bad || /[\\%?#]/.test(name))
    throw new RangeError(
      `the Zarr name ${JSON.stringify(name)}: parts between slashes may not be empty, start with . or __, nor hold \\ % ? #`,
    )
}

async function createArray(store: FolderStore, name: string, spec: ZarrSpec): Promise<ZarrArray> {
  const { create, root } = await loadZarrita()
  const { shape, chunks, dtype, dims, attributes = {}, compression = 'zstd' } = spec
  sizeOf(shape, name)
  if (sizeOf(chunks, name) === 0 || chunks.length !== shape.length)
    throw new RangeError(
      `${name}: chunks ${shapeText(chunks)} for the shape ${shapeText(shape)}; one positive extent for each axis`,
    )
  if (dims && dims.length !== shape.length)
    throw new RangeError(`${name}: ${dims.length} dimension names for the shape ${shapeText(shape)}`)
  const packed = compression === 'zstd' ? [{ name: 'zstd', configuration: { level: 1, checksum: false } }] : []
  // Metadata is JSON: a number for the fill value of 64-bit integers too.
  const fillValue = dtype.startsWith('float') ? NaN : dtype === 'bool' ? false : 0
  return create(root(store).resolve(`/${name}`), {
    shape: [...shape],
    chunkShape: [...chunks],
    dtype: dtype as Exclude<DType, 'int64' | 'uint64' | 'bool'>,
    codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, ...packed, { name: 'crc32c', configuration: {} }],
    fillValue: fillValue as number,
    ...(dims && { dimensionNames: [...dims] }),
    attributes,
  })
}

function arrayWriter(store: FolderStore, path: string, name: string, initial: ZarrArray): ZarrArrayWriter {
  let array = initial
  let info = infoOf(path, name, array)
  // A chunk that is written in part is read first, so writes wait for each other.
  let last: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>): Promise<void> => (last = last.catch(() => undefined).then(work))
  return {
    get info() {
      return info
    },
    write(offset, block) {
      const { shape, dtype } = info
      const end = offset.map((o, axis) => o + (block.shape[axis] ?? NaN))
      if (
        offset.length !== shape.length ||
        block.shape.length !== shape.length ||
        !end.every((e, axis) => offset[axis]! >= 0 && e <= shape[axis]!)
      )
        return Promise.reject(
          new RangeError(
            `${name}: a block ${shapeText(block.shape)} at ${shapeText(offset)} of the shape ${shapeText(shape)}`,
          ),
        )
      if (dtypeOf(block) !== dtype)
        return Promise.reject(new TypeError(`${name}: elements of ${dtype}, got ${dtypeOf(block)}`))
      return inTurn(() => damaged(join(path, name), () => writeBlock(array, offset, end, block)))
    },
    resize(shape) {
      sizeOf(shape, name)
      if (shape.length !== info.shape.length)
        throw new RangeError(`${name}: expected ${info.shape.length} axes, got ${shapeText(shape)}`)
      return inTurn(async () => {
        const metadata = await readJson(store, path, `/${name}/zarr.json`)
        await store.set(`/${name}/zarr.json`, toJson({ ...metadata, shape }))
        array = await openArray(store, path, name)
        info = infoOf(path, name, array)
      })
    },
  }
}

async function writeBlock(
  array: ZarrArray,
  offset: readonly number[],
  end: readonly number[],
  block: NdArray,
): Promise<void> {
  if (block.size === 0) return
  const { set, slice } = await loadZarrita()
  const dense = contiguous(block)
  if (block.shape.length === 0) {
    const value = dense.data[0]!
    await set(array, null, (array.dtype === 'bool' ? value === 1 : value) as never)
    return
  }
  const selection = offset.map((o, axis) => slice(o, end[axis]))
  // zarrita's own class for truth values stands over the same bytes.
  const data =
    array.dtype === 'bool' ? new (await loadZarrita()).BoolArray(new Uint8Array(bytesOf(dense)).buffer) : dense.data
  await set(array, selection, { data, shape: [...block.shape], stride: denseStrides(block.shape) })
}

type Json = Record<string, unknown>

const toJson = (value: Json): Uint8Array => Buffer.from(JSON.stringify(value, null, 2))

async function readJson(store: FolderStore, path: string, key: `/${string}`): Promise<Json> {
  const bytes = await store.get(key)
  return damaged(join(path, key), () => JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as Json)
}

/** Writes into each group's zarr.json the metadata of all that lies below it, as zarr-python does. */
async function consolidate(store: FolderStore, path: string): Promise<void> {
  const { arrays, groups } = await findNodes(path)
  const keyOf = (name: string): `/${string}` => (name === '' ? '/zarr.json' : `/${name}/zarr.json`)
  const nodes = new Map<string, Json>()
  for (const name of [...groups, ...arrays]) {
    const node = await readJson(store, path, keyOf(name))
    delete node.consolidated_metadata
    nodes.set(name, node)
  }
  for (const group of groups) {
    const below = [...nodes].filter(([name]) => name !== group && (group === '' || name.startsWith(`${group}/`)))
    const metadata = Object.fromEntries(
      below.map(([name, node]) => [group === '' ? name : name.slice(group.length + 1), node]),
    )
    const consolidated = { kind: 'inline', must_understand: false, metadata }
    await store.set(keyOf(group), toJson({ ...nodes.get(group), consolidated_metadata: consolidated }))
  }
}
