import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import ndarray from 'ndarray'
import type * as Zarrita from 'zarrita'
import { assign, denseStrides, shapeText, sizeOf, zeros, type NdArray } from './array.js'
import { dtypes, itemSize, viewAs, type DType } from './dtype.js'
import { FileError, messageOf } from './error.js'
import { noSuchArray } from './npz.js'
import { checkedBlosc, crc32cCodec, folderStore, largestExpansion, type FolderStore } from './zarr-store.js'
import { damaged, findNodes } from './zarr-nodes.js'

export interface ZarrInfo {
  readonly name: string
  readonly shape: readonly number[]
  readonly chunks: readonly number[]
  readonly dtype: DType
  /** Names of the dimensions, where the array has them. */
  readonly dims: readonly string[] | undefined
  readonly attributes: Record<string, unknown>
}

/** A Zarr hierarchy open for reading. Every method throws `FileError`. */
export interface ZarrReader {
  readonly path: string
  /** Paths of all arrays, without the leading slash (an array at the root is `''`). */
  readonly names: readonly string[]
  info(name: string): Promise<ZarrInfo>
  read(name: string): Promise<NdArray>
  /** Rows `start` up to `stop` (excluded) of the first axis; chunks that were never written give the fill value. */
  rows(name: string, start: number, stop: number): Promise<NdArray>
  /** The attributes of a group, of the root by default. */
  attributes(group?: string): Promise<Record<string, unknown>>
}

export type ZarrArray = Zarrita.Array<Zarrita.DataType, FolderStore>

let loaded: Promise<typeof Zarrita> | undefined

/** zarrita, loaded when first needed, with codecs that check what they read. */
export const loadZarrita = (): Promise<typeof Zarrita> =>
  (loaded ??= import('zarrita').then(zarrita => {
    zarrita.registry.set('crc32c', () => Promise.resolve(crc32cCodec))
    for (const name of ['blosc', 'numcodecs.blosc']) {
      const entry = zarrita.registry.get(name)
      if (entry) zarrita.registry.set(name, () => entry().then(checkedBlosc))
    }
    return zarrita
  }))

/** Opens a Zarr folder (version 3, or 2 for reading). Throws `FileError`: missing, damaged or no Zarr. */
export async function openZarr(path: string): Promise<ZarrReader> {
  const { arrays: names } = await findNodes(path)
  const store = folderStore(path)
  const open = (name: string): Promise<ZarrArray> => {
    if (!names.includes(name)) return Promise.reject(noSuchArray(path, name, names))
    return openArray(store, path, name)
  }
  return {
    path,
    names,
    info: async name => infoOf(path, name, await open(name)),
    async read(name) {
      const array = await open(name)
      const info = infoOf(path, name, array)
      return readRegion(path, array, info, 0, info.shape[0] ?? 1)
    },
    async rows(name, start, stop) {
      const array = await open(name)
      const info = infoOf(path, name, array)
      const count = info.shape[0] ?? 0
      if (!(Number.isInteger(start) && Number.isInteger(stop) && 0 <= start && start <= stop && stop <= count))
        throw new RangeError(
          `${path}: rows ${start} to ${stop} of ${name}, which has the shape ${shapeText(info.shape)}`,
        )
      return readRegion(path, array, info, start, stop)
    },
    async attributes(group = '') {
      const { open, root } = await loadZarrita()
      const node = await damaged(join(path, group), () => open(root(store).resolve(group), { kind: 'group' }))
      return node.attrs
    },
  }
}

/**
 * Reads one array of a Zarr folder.
 * @param name its path; may be left out where the folder holds only one
 */
export async function readZarr(path: string, name?: string): Promise<NdArray> {
  const reader = await openZarr(path)
  const only = reader.names.length === 1 ? reader.names[0] : undefined
  const chosen = name ?? only
  if (chosen === undefined) throw noSuchArray(path, 'that was asked for (name one of several)', reader.names)
  return reader.read(chosen)
}

/** Opens the array `name` of a store. Throws `FileError`. */
export async function openArray(store: FolderStore, path: string, name: string): Promise<ZarrArray> {
  const { open, root } = await loadZarrita()
  const place = root(store).resolve(name === '' ? '/' : `/${name}`)
  return damaged(join(path, name), () => open(place, { kind: 'array' }))
}

/** What an array is, its metadata checked. Throws `FileError`. */
export function infoOf(path: string, name: string, array: ZarrArray): ZarrInfo {
  const { shape, chunks, dtype, dimensionNames: dims, attrs: attributes } = array
  const fault = (expected: string, found: string): FileError => new FileError(join(path, name), { expected, found })
  const known = dtypes.find(d => d === dtype)
  if (!known) throw fault(`numbers (${dtypes.join(', ')})`, dtype)
  const extents = (list: unknown, least: number): boolean =>
    Array.isArray(list) && list.every(n => Number.isSafeInteger(n) && n >= least)
  if (!extents(shape, 0) || !extents(chunks, 1) || shape.length !== chunks.length)
    throw fault('a shape and chunks of as many positive extents', JSON.stringify({ shape, chunks }))
  try {
    sizeOf(shape)
    sizeOf(chunks)
  } catch (error) {
    throw fault('a usable shape', messageOf(error))
  }
  return { name, shape, chunks, dtype: known, dims, attributes }
}

async function readRegion(
  path: string,
  array: ZarrArray,
  info: ZarrInfo,
  start: number,
  stop: number,
): Promise<NdArray> {
  const { shape, chunks, dtype } = info
  const outShape = shape.map((n, axis) => (axis === 0 ? stop - start : n))
  const first = chunks.map((c, axis) => (axis === 0 ? Math.floor(start / c) : 0))
  const count = chunks.map((c, axis) => Math.ceil((axis === 0 ? stop : shape[axis]!) / c) - first[axis]!)
  await checkClaim(join(path, info.name), outShape, info, sizeOf(count.map(n => Math.max(0, n))))
  const out = zeros(dtype, outShape) as NdArray
  const chunkSize = sizeOf(chunks)
  for (const position of positions(count)) {
    const coords = position.map((p, axis) => p + first[axis]!)
    const chunk = await damaged(join(path, info.name, `chunk ${coords.join('/')}`), async () => {
      const { data, stride } = (await array.getChunk(coords)) as { data: ArrayBufferView; stride: number[] }
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      if (bytes.length !== chunkSize * itemSize(dtype))
        throw new Error(`a chunk of ${bytes.length} bytes instead of ${chunkSize * itemSize(dtype)}`)
      return ndarray(viewAs(dtype, bytes), [...chunks], stride.length ? stride : denseStrides(chunks))
    })
    paste(
      out,
      chunk,
      coords.map((c, axis) => c * chunks[axis]! - (axis === 0 ? start : 0)),
    )
  }
  return out
}

/** Copies the part of a chunk that falls into `out`, where the chunk's first element belongs at `at` (may be negative). */
function paste(out: NdArray, chunk: NdArray, at: readonly number[]): void {
  if (out.shape.length === 0) {
    assign(out, chunk)
    return
  }
  const from = at.map(a => Math.max(0, -a))
  const to = at.map(a => Math.max(0, a))
  const extent = to.map((t, axis) => Math.min(out.shape[axis]! - t, chunk.shape[axis]! - from[axis]!))
  assign(out.lo(...to).hi(...extent), chunk.lo(...from).hi(...extent))
}

/** All positions of a grid, last axis fastest. */
function* positions(count: readonly number[], prefix: number[] = []): Generator<number[]> {
  if (prefix.length === count.length) {
    yield prefix
    return
  }
  for (let i = 0; i < count[prefix.length]!; i++) yield* positions(count, [...prefix, i])
}

/**
 * Metadata can claim any shape; what lies on the disk, and how far a codec can unpack it, bounds the claim;
 * an array that was never written is small or read in parts.
 */
async function checkClaim(
  path: string,
  shape: readonly number[],
  { chunks, dtype }: ZarrInfo,
  chunkCount: number,
): Promise<void> {
  const claim = Math.max(sizeOf(shape), sizeOf(chunks)) * itemSize(dtype)
  if (claim <= 2 ** 24 && chunkCount <= 2 ** 12) return
  const { files, bytes } = await contents(path)
  if (claim <= Math.max(2 ** 24, bytes * largestExpansion) && chunkCount <= Math.max(2 ** 16, files * 2 ** 10)) return
  throw new FileError(path, {
    expected: `at most ${bytes * largestExpansion} bytes in an array of ${files} files with ${bytes}`,
    found: `a shape ${shapeText(shape)} of ${claim} bytes in ${chunkCount} chunks`,
    remedy: 'If it is sparse, read the rows that are there: openZarr(path) and rows(name, start, stop).',
  })
}

async function contents(folder: string): Promise<{ files: number; bytes: number }> {
  const total = { files: 0, bytes: 0 }
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue
    total.files++
    total.bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return total
}
