/** What went wrong with a file, in the words that its message is made of. */
export interface FileFault {
  /** Byte of the file where the expectation failed. */
  offset?: number
  /** What should have been there. */
  expected: string
  /** What was there instead. */
  found: string
  /** What the user can do about it; a sentence. */
  remedy?: string
  cause?: unknown
}

/** A file that cannot be read or written: names the file, the byte, what was expected and found, and the remedy. */
export class FileError extends Error {
  readonly file: string
  readonly offset: number | undefined
  readonly expected: string
  readonly found: string
  readonly remedy: string | undefined

  constructor(file: string, { offset, expected, found, remedy, cause }: FileFault) {
    const place = offset === undefined ? file : `${file}, byte ${offset}`
    super(`${place}: expected ${expected}, found ${found}.${remedy ? ` ${remedy}` : ''}`, { cause })
    this.name = 'FileError'
    this.file = file
    this.offset = offset
    this.expected = expected
    this.found = found
    this.remedy = remedy
  }
}

const systemFaults: Record<string, Omit<FileFault, 'cause'>> = {
  ENOENT: { expected: 'an existing file', found: 'nothing of that name', remedy: 'Check the path.' },
  ENOTDIR: { expected: 'a folder', found: 'a file within the path', remedy: 'Check the path.' },
  EISDIR: {
    expected: 'a file',
    found: 'a folder',
    remedy: 'Name the file inside it (a Zarr store is read by readZarr).',
  },
  EACCES: { expected: 'permission', found: 'that it is denied', remedy: 'Check the owner and mode of the file.' },
  EPERM: { expected: 'permission', found: 'that it is denied', remedy: 'Check the owner and mode of the file.' },
  EROFS: { expected: 'a writable file system', found: 'a read-only one', remedy: 'Choose another folder.' },
  EMFILE: { expected: 'a free file handle', found: 'too many open files', remedy: 'Close some, or raise `ulimit -n`.' },
}

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The system's code of an error (`ENOENT`, `ENOSPC`), if it has one. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** Whether an error comes from the operating system (and not from a caller's own code). */
export const isSystemError = (error: unknown): boolean => error instanceof Error && 'syscall' in error

/**
 * Turns an error of the operating system into a `FileError`; a `FileError` passes through.
 * A full disk names the bytes that are needed, where the caller knows them.
 */
export function fileError(file: string, cause: unknown, bytesNeeded?: number): FileError {
  if (cause instanceof FileError) return cause
  const code = codeOf(cause)
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const need = bytesNeeded === undefined ? 'room on the disk' : `room on the disk for ${bytesNeeded} bytes`
    const found = code === 'EDQUOT' ? 'that the quota is used up' : 'that the disk is full'
    return new FileError(file, { expected: need, found, remedy: 'Free some space or choose another disk.', cause })
  }
  const known = code === undefined ? undefined : systemFaults[code]
  return new FileError(file, { ...(known ?? { expected: 'a usable file', found: messageOf(cause) }), cause })
}

/** The same fault, of a file by another name. */
export const faultOf = (file: string, { offset, expected, found, remedy, cause }: FileError): FileError =>
  new FileError(file, {
    ...(offset !== undefined && { offset }),
    ...(remedy !== undefined && { remedy }),
    ...{ expected, found, cause },
  })
