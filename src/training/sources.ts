/** Sources of batches over rows, shuffled anew in each epoch; a part of the rows is held out of training. */
import ndarray from 'ndarray'
import { sizeOf } from '../io/array.js'
import { derive, key, type Key } from '../random.js'
import type { Batch, BatchSource, Floats } from './data.js'
import { hdf5Rows } from './hdf5-rows.js'
import { splitBlocks, windows, type Window } from './order.js'
import { arrayRows, firstRows, type RowArrays, type Rows } from './rows.js'

export interface SourceOptions {
  /** Of the order and of what is held out. */
  readonly seed: number | bigint
  /** Share of the examples that training does not see. Default 0.1; 0 for none. */
  readonly heldOut?: number
}

export interface StreamOptions extends SourceOptions {
  /** The first so many examples; default all. */
  readonly count?: number
  /** Bytes, about, that are read at once and held out as one. Default 1 MiB. */
  readonly blockBytes?: number
  /** Bytes, about, that each source keeps in memory and shuffles. Default 64 MiB. */
  readonly windowBytes?: number
}

/** Two parts of one set of examples. */
export interface Sources {
  readonly data: BatchSource
  readonly heldOut: BatchSource | undefined
  /** Closes the files. */
  readonly close: () => void
}

/** Batches of arrays in memory, which are not copied. Throws RangeError: shapes that do not fit, NaN, too few rows. */
export function arraySources(arrays: RowArrays, { seed, heldOut = 0.1 }: SourceOptions): Sources {
  const rows = arrayRows(arrays)
  return rowSources(rows, { seed, heldOut, block: 1, window: rows.size })
}

/**
 * Batches of HDF5 files that may be larger than the memory: blocks of rows are read in a random order, and shuffled within
 * a window of them. See `hdf5Rows` for the arguments and what it throws.
 */
export async function hdf5Sources(
  files: readonly string[],
  { seed, heldOut = 0.1, count, blockBytes = 2 ** 20, windowBytes = 2 ** 26 }: StreamOptions,
  datasets?: Readonly<Record<string, string>>,
): Promise<Sources> {
  const rows = firstRows(await hdf5Rows(files, datasets), count)
  const rowBytes = Object.values(rows.shapes).reduce((sum, shape) => sum + 4 * sizeOf(shape), 0)
  const chunks = Math.max(1, Math.round(blockBytes / rowBytes / rows.chunk))
  const block = Math.min(rows.size, chunks * rows.chunk)
  try {
    return rowSources(rows, { seed, heldOut, block, window: Math.max(1, Math.floor(windowBytes / rowBytes / block)) })
  } catch (error) {
    rows.close()
    throw error
  }
}

/** @param block rows read, permuted and held out as one; @param window blocks shuffled together. */
export function rowSources(
  rows: Rows,
  { seed, heldOut, block, window }: Required<SourceOptions> & { readonly block: number; readonly window: number },
): Sources {
  const whole = key(seed, 'data')
  const parts = splitBlocks(whole, Math.ceil(rows.size / block), heldOut)
  const part = (name: string, blocks: Uint32Array): BatchSource =>
    rowSource(rows, { key: derive(whole, name), block, blocks, window })
  return {
    data: part('training', parts.training),
    heldOut: heldOut > 0 ? part('held-out', parts.heldOut) : undefined,
    close: () => rows.close(),
  }
}

interface PartOptions {
  readonly key: Key
  readonly block: number
  readonly blocks: Uint32Array
  readonly window: number
}

function rowSource(rows: Rows, options: PartOptions): BatchSource {
  const { x: shape = [], channels = [0], embedding = [0], ...extras } = rows.shapes
  const { block, blocks } = options
  const windowAt = windows({ ...options, size: rows.size })
  const load = loader(rows, block)
  return {
    shape,
    channels: channels[0] ?? 0,
    embedding: embedding[0] ?? 0,
    extras,
    size: blocks.reduce((sum, b) => sum + Math.min(rows.size, (b + 1) * block) - b * block, 0),
    batch: (step, n) => Promise.resolve().then(() => gather(rows, { windowAt, load }, step * n, n)),
  }
}

interface Reader {
  readonly windowAt: (position: number) => Window
  readonly load: (window: Window) => Loaded
}

/** n rows from a position of the sequence. */
function gather(rows: Rows, { windowAt, load }: Reader, position: number, n: number): Batch {
  const batch = mapShapes(rows, shape => ndarray(new Float32Array(n * sizeOf(shape)), [n, ...shape]))
  for (let i = 0; i < n;) {
    const window = windowAt(position + i)
    const { data, place } = load(window)
    const from = position + i - window.first
    const stop = Math.min(window.rows.length, from + n - i)
    for (let r = from; r < stop; r++, i++) {
      const at = place(window.rows[r]!)
      for (const [name, { data: out, stride }] of Object.entries(batch)) {
        const size = stride[0]!
        out.set(data[name]!.subarray(at * size, (at + 1) * size), i * size)
      }
    }
  }
  return batch as Record<string, Floats> & Batch
}

const mapShapes = <T>({ shapes }: Rows, f: (shape: readonly number[]) => T): Record<string, T> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, f(shape)]))

interface Loaded {
  readonly data: Readonly<Record<string, Float32Array>>
  /** Where a row of the whole lies in `data`. */
  readonly place: (row: number) => number
}

/** Brings a window into memory: what lies there is used as it is, all else is read over the window before. */
function loader(rows: Rows, block: number): (window: Window) => Loaded {
  const { memory } = rows
  if (memory) return () => ({ data: memory, place: row => row })
  let data: Record<string, Float32Array> = {}
  const bases = new Map<number, number>()
  let loaded = ''
  const place = (row: number): number => bases.get(Math.floor(row / block))! + (row % block)
  return ({ id, rows: { length }, blocks }) => {
    if (id === loaded) return { data, place }
    loaded = ''
    bases.clear()
    if (!Object.values(data)[0] || Object.keys(data).some(n => data[n]!.length < length * sizeOf(rows.shapes[n]!)))
      data = mapShapes(rows, shape => new Float32Array(length * sizeOf(shape)))
    let base = 0
    for (const b of blocks) {
      const [start, stop] = [b * block, Math.min(rows.size, (b + 1) * block)]
      for (const [name, shape] of Object.entries(rows.shapes))
        rows.read(name, start, stop, data[name]!, base * sizeOf(shape))
      bases.set(b, base)
      base += stop - start
    }
    loaded = id
    return { data, place }
  }
}
