import { open, type FileHandle } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { FileError, fileError, isSystemError } from './error.js'

/** Bytes of known number, read from anywhere within. */
export interface Source {
  /** Named in errors. */
  readonly file: string
  readonly size: number
  /**
   * `length` bytes from `offset`, which the caller then owns.
   * Throws `FileError` before anything is allocated if the source does not hold them.
   * @param what named in that error: "the header"
   */
  read(offset: number, length: number, what: string): Promise<Uint8Array>
}

/** The first bytes of a source, at most `length`. */
export const readHead = (source: Source, length: number): Promise<Uint8Array> =>
  source.read(0, Math.min(length, source.size), 'the head of the file')

/** Opens a file for reading, hands it to `body` and closes it. Throws `FileError` where it cannot be opened or read. */
export async function withSource<T>(file: string, body: (source: Source) => Promise<T>): Promise<T> {
  let handle: FileHandle | undefined
  try {
    handle = await open(file, 'r')
    const stat = await handle.stat()
    if (!stat.isFile())
      throw new FileError(file, { expected: 'a file', found: stat.isDirectory() ? 'a folder' : 'a device or pipe' })
    return await body(fileSource(file, handle, stat.size))
  } catch (error) {
    if (isSystemError(error)) throw fileError(file, error)
    throw error
  } finally {
    await handle?.close()
  }
}

function fileSource(file: string, handle: FileHandle, size: number): Source {
  return {
    file,
    size,
    async read(offset, length, what) {
      checkRange(file, size, offset, length, what)
      const bytes = allocateBytes(file, length, what)
      for (let done = 0; done < length;) {
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done)
        // The size was checked, so this is a file that is cut while it is read.
        if (bytesRead === 0) checkRange(file, offset + done, offset, length, what)
        done += bytesRead
      }
      return bytes
    },
  }
}

/** Bytes in memory as a source; `read` gives views, so the bytes belong to the source's reader. */
export function bytesSource(file: string, bytes: Uint8Array): Source {
  return {
    file,
    size: bytes.length,
    read(offset, length, what) {
      checkRange(file, bytes.length, offset, length, what)
      return Promise.resolve(bytes.subarray(offset, offset + length))
    },
  }
}

/** Part of a source as a source of its own. */
export function sliceSource(source: Source, file: string, start: number, size: number): Source {
  return {
    file,
    size,
    read(offset, length, what) {
      checkRange(file, size, offset, length, what)
      return source.read(start + offset, length, what)
    },
  }
}

function checkRange(file: string, size: number, offset: number, length: number, what: string): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= size) return
  throw new FileError(file, {
    offset,
    expected: `${length} bytes of ${what}`,
    found: `${Math.max(0, size - offset)} (the file has ${size} bytes)`,
    remedy: 'The file is cut short or damaged: copy or create it again.',
  })
}

/** Zeroed memory for what a file holds. Throws `FileError` where the machine does not have it. */
export function allocateBytes(file: string, length: number, what: string): Uint8Array<ArrayBuffer> {
  const remedy = 'Read a part of it (rows of an HDF5 dataset, chunks of a Zarr array), or use a machine with more.'
  const expected = `${length} bytes of memory for ${what}`
  if (length > totalmem()) throw new FileError(file, { expected, found: `${totalmem()} in this machine`, remedy })
  try {
    return new Uint8Array(length)
  } catch (cause) {
    throw new FileError(file, { expected, found: 'that they cannot be had', remedy, cause })
  }
}
