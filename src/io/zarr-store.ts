import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type * as Zarrita from 'zarrita'
import { exists, writeFileAtomic } from './atomic.js'
import { crc32c } from './crc.js'
import { codeOf, fileError } from './error.js'
import { withSource } from './source.js'

/** A folder as zarrita's store: every chunk and every metadata file is written aside and renamed. */
export interface FolderStore {
  get(key: `/${string}`): Promise<Uint8Array | undefined>
  /** Part of a file: how shards are read. */
  getRange(key: `/${string}`, range: Range): Promise<Uint8Array | undefined>
  set(key: `/${string}`, value: Uint8Array): Promise<void>
}

/** No codec unpacks to more than this many times its input: zstd's blocks of runs come closest. */
export const largestExpansion = 2 ** 15

type Range = { offset: number; length: number } | { suffixLength: number }

/**
 * Reads and writes the files of a Zarr hierarchy below `root`. Throws `FileError`.
 * @param sync as in `writeFileAtomic`
 */
export function folderStore(root: string, sync = true): FolderStore {
  const pathOf = (key: string): string => join(root, key.slice(1))
  return {
    async get(key) {
      try {
        // A plain copy: a small file comes as part of a shared pool, which zarrita would read from its start.
        return new Uint8Array(await readFile(pathOf(key)))
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined
        throw fileError(pathOf(key), error)
      }
    },
    async getRange(key, range) {
      if (!(await exists(pathOf(key)))) return undefined
      return withSource(pathOf(key), source =>
        'suffixLength' in range
          ? source.read(source.size - range.suffixLength, range.suffixLength, 'the index of a shard')
          : source.read(range.offset, range.length, 'a chunk of a shard'),
      )
    },
    async set(key, value) {
      const path = pathOf(key)
      try {
        await mkdir(dirname(path), { recursive: true })
      } catch (error) {
        throw fileError(path, error)
      }
      await writeFileAtomic(path, value, { sync })
    },
  }
}

/** zarrita's own `crc32c` codec neither writes nor checks the checksum; this one does both. */
export const crc32cCodec = {
  kind: 'bytes_to_bytes' as const,
  fromConfig: () => crc32cCodec,
  encode(bytes: Uint8Array): Uint8Array {
    const out = new Uint8Array(bytes.length + 4)
    out.set(bytes)
    new DataView(out.buffer).setUint32(bytes.length, crc32c(bytes), true)
    return out
  },
  computeEncodedSize: (size: number) => size + 4,
  decode(bytes: Uint8Array): Uint8Array {
    const end = bytes.length - 4
    if (end < 0) throw new Error(`${bytes.length} bytes, too few for a checksum`)
    const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(end, true)
    const found = crc32c(bytes.subarray(0, end))
    if (stored !== found) throw new Error(`the checksum ${found} instead of ${stored}`)
    // A copy, so that elements start at the beginning of their memory, where zarrita's next codec reads.
    return bytes.slice(0, end)
  },
}

/** A codec as zarrita's registry gives it. */
type CodecEntry = Awaited<ReturnType<NonNullable<ReturnType<(typeof Zarrita)['registry']['get']>>>>

type Decode = (bytes: Uint8Array, out?: Uint8Array) => unknown

/**
 * zarrita's Blosc reads past the end of a chunk that was cut; this one looks first. The header says the sizes
 * (Blosc 1, README_CHUNK_FORMAT: bytes 4 to 7 unpacked, 12 to 15 packed).
 */
export function checkedBlosc(entry: CodecEntry): CodecEntry {
  // What zarrita says a codec is comes from a package whose types do not resolve.
  const fromConfig = entry.fromConfig as unknown as (...configuration: unknown[]) => { decode: Decode }
  const checked = (...configuration: unknown[]): { decode: Decode } => {
    const blosc = fromConfig(...configuration)
    const decode = blosc.decode.bind(blosc)
    blosc.decode = (bytes, out) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const [size, packed] = bytes.length < 16 ? [0, 16] : [view.getUint32(4, true), view.getUint32(12, true)]
      if (packed !== bytes.length) throw new Error(`a Blosc chunk of ${bytes.length} bytes instead of ${packed}`)
      if (size > packed * largestExpansion) throw new Error(`a Blosc chunk of ${packed} bytes that claims ${size}`)
      return decode(bytes, out)
    }
    return blosc
  }
  return { fromConfig: checked }
}
