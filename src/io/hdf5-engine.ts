import { FileError } from './error.js'

/** What h5wasm tells of the type and extent of a dataset or attribute. */
export interface Hdf5Metadata {
  type: number
  size: number
  signed: boolean
  vlen: boolean
  cset?: number
  shape: number[] | null
  total_size: number
  chunks: number[] | null
  enum_type?: { type: number; members: Record<string, number> }
  virtual_sources?: unknown[]
}

/** A type and extent to be written. */
export interface Hdf5Target {
  type: number
  size: number
  signed: boolean
  vlen: boolean
  littleEndian: true
  cset?: number
  shape: bigint[]
  maxshape: bigint[]
  chunks?: bigint[] | null
  compression?: number
  compression_opts?: number[]
}

/** Count, offset and step along each axis, or nothing for all. */
export type Hyperslab = [count: bigint[] | null, offset: bigint[] | null, step: bigint[] | null]

/** h5wasm's compiled module, as far as it is used here; pointers and offsets count bytes of `HEAPU8`. */
export interface Hdf5Engine {
  readonly HEAPU8: Uint8Array
  readonly H5F_ACC_RDONLY: number
  readonly H5F_ACC_RDWR: number
  readonly H5F_ACC_TRUNC: number
  readonly H5G_DATASET: number
  readonly FS: { streams: ({ fd: number } | null | undefined)[]; close(stream: object): void }
  _malloc(bytes: number): number
  _free(pointer: number): void
  UTF8ToString(pointer: number): string
  activate_throwing_error_handler(): number
  open(file: string, mode: number, trackOrder: boolean, libverLow: number, libverHigh: number): bigint
  flush(file: bigint): number
  close_file(file: bigint): number
  get_names(file: bigint, path: string, recursive: boolean): string[]
  get_type(file: bigint, path: string): number
  get_dataset_metadata(file: bigint, path: string): Hdf5Metadata
  get_dataset_filters(file: bigint, path: string): { id: number; name: string }[]
  get_dataset_data(file: bigint, path: string, ...select: [...Hyperslab, to: bigint]): number
  set_dataset_data(file: bigint, path: string, ...select: [...Hyperslab, from: bigint]): number
  resize_dataset(file: bigint, path: string, shape: bigint[]): number
  create_group(file: bigint, path: string, trackOrder: boolean): number
  create_dataset(file: bigint, path: string, from: bigint, target: Hdf5Target): number
  create_attribute(file: bigint, path: string, name: string, from: bigint, target: Hdf5Target): number
  create_vlen_str_attribute(file: bigint, path: string, name: string, data: string[], target: Hdf5Target): number
  get_attribute_names(file: bigint, path: string): string[]
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Metadata
  get_attribute_data(file: bigint, path: string, name: string, to: bigint): number
  reclaim_vlen_memory(file: bigint, path: string, name: string, pointer: bigint): number
}

/** HDF5's classes of types (H5Tpublic.h). */
export const typeClass = { integer: 0, float: 1, string: 3, enumeration: 8 } as const

/** An open file, and the one way to call the library about it. */
export interface Hdf5Handle {
  readonly file: string
  /** Runs a call; whatever goes wrong in it becomes a `FileError` that names `expected`, and the file is let go. */
  call<T>(expected: string, run: (engine: Hdf5Engine, id: bigint) => T): T
  /** Closes the file; harmless when it is closed. */
  close(): void
}

/**
 * Opens a file with an instance of the library of its own (40 ms, 6 MB). An error unwinds the compiled code without
 * restoring its stack and handles, and a damaged file can make it abort: with the instance let go, nothing of
 * that reaches another file.
 */
export const openHandle = async (file: string, path: string, mode: Mode): Promise<Hdf5Handle> =>
  handleOf(await newEngine(), file, path, mode)

/**
 * Handles of any number of files to read with one instance of the library, which opens a file when it is used and closes
 * the one before: neither memory nor open files grow with their number. An error in one closes them all.
 */
export async function handlesInTurn(): Promise<(file: string) => Hdf5Handle> {
  const engine = await newEngine()
  let open: Hdf5Handle | undefined
  let sound = true
  const turnTo = (file: string): Hdf5Handle => {
    if (open?.file === file) return open
    open?.close()
    return (open = handleOf(engine, file, file, 'read'))
  }
  return file => {
    let closed = false
    return {
      file,
      call(expected, run) {
        if (closed || !sound) throw closedError(file)
        sound = false
        const result = turnTo(file).call(expected, run)
        sound = true
        return result
      },
      close() {
        closed = true
        if (sound && open?.file === file) open.close()
        if (open?.file === file) open = undefined
      },
    }
  }
}

type Mode = 'read' | 'edit' | 'create'

const closedError = (file: string): FileError =>
  new FileError(file, { expected: 'an open HDF5 file', found: 'that it was closed' })

function handleOf(engine: Hdf5Engine, file: string, path: string, mode: Mode): Hdf5Handle {
  let closed = false
  const letGo = (): void => {
    closed = true
    for (const stream of engine.FS.streams) if (stream && stream.fd > 2) engine.FS.close(stream)
  }
  const guard = <T>(expected: string, run: () => T): T => {
    if (closed) throw closedError(file)
    try {
      return run()
    } catch (cause) {
      letGo()
      throw cause instanceof FileError ? cause : hdf5Error(file, expected, cause)
    }
  }
  const flags = { read: engine.H5F_ACC_RDONLY, edit: engine.H5F_ACC_RDWR, create: engine.H5F_ACC_TRUNC }[mode]
  const id = guard(mode === 'create' ? 'a file that can be created' : 'a whole HDF5 file', () =>
    engine.open(path, flags, false, -1, -1),
  )
  return {
    file,
    call: (expected, run) => guard(expected, () => run(engine, id)),
    close() {
      if (closed) return
      guard('an HDF5 file that can be closed', () => {
        if (engine.close_file(id) < 0) throw new Error('that it cannot')
      })
      letGo()
    },
  }
}

/** h5wasm exports one shared instance; the factory of instances stands beside it in the package. */
async function newEngine(): Promise<Hdf5Engine> {
  const url = new URL('hdf5_util.js', import.meta.resolve('h5wasm/node'))
  const { default: factory } = (await import(url.href)) as {
    default: (options: { noInitialRun: boolean }) => Promise<Hdf5Engine>
  }
  const engine = await factory({ noInitialRun: true })
  engine.activate_throwing_error_handler()
  return engine
}

/** The innermost line of HDF5's error stack says what happened. */
function hdf5Error(file: string, expected: string, cause: unknown): FileError {
  const text = cause instanceof Error ? cause.message : String(cause)
  const innermost = [...text.matchAll(/#\d+: .*? in \w+\(\): (.*)/g)].at(-1)?.[1]
  if (/No space left/i.test(text))
    return new FileError(file, {
      expected: 'room on the disk for an HDF5 file',
      found: 'that the disk is full',
      remedy: 'Free some space or choose another disk.',
      cause,
    })
  const filter = /filter .*not registered|can't open directory|plugin/i.test(text)
  const remedy = filter
    ? 'Its compression is not built in: `h5repack -f GZIP=4 old.h5 new.h5`.'
    : 'The file is cut short or damaged: copy or create it again.'
  const byte = /addr = (\d+)/.exec(text)?.[1]
  const found = innermost ?? `an error of the HDF5 library (${text.split('\n')[0] ?? ''})`
  return new FileError(file, { ...(byte && { offset: Number(byte) }), expected, found, remedy, cause })
}
