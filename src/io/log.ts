import { open, readFile, type FileHandle } from 'node:fs/promises'
import { FileError, fileError, messageOf } from './error.js'

/** A line of a log: anything that JSON holds, with the time it was written. */
export type LogEvent = Record<string, unknown>

/** JSON has no NaN or infinities, and a loss can be one: they are written as texts. */
export const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_key, v: unknown) => (typeof v === 'bigint' || (typeof v === 'number' && !Number.isFinite(v)) ? String(v) : v),
    indent,
  )

export interface Log {
  /** Appends one line in one write, with `time`. */
  write(event: LogEvent): Promise<void>
  close(): Promise<void>
}

/** Opens a JSON-lines file for appending; a line that a killed process left torn is cut off first. Throws `FileError`. */
export async function openLog(file: string): Promise<Log> {
  let handle: FileHandle
  try {
    handle = await open(file, 'a+')
    await cutTornLine(handle)
  } catch (error) {
    throw fileError(file, error)
  }
  return {
    async write(event) {
      const line = `${toJson({ time: new Date().toISOString(), ...event })}\n`
      await handle.appendFile(line).catch((error: unknown) => {
        throw fileError(file, error, Buffer.byteLength(line))
      })
    },
    close: () => handle.close(),
  }
}

async function cutTornLine(handle: FileHandle): Promise<void> {
  const { size } = await handle.stat()
  const step = 2 ** 16
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - step)
    const { buffer } = await handle.read(Buffer.alloc(end - start), 0, end - start, start)
    const newline = buffer.lastIndexOf(10)
    if (newline >= 0 || start === 0) {
      const whole = newline >= 0 ? start + newline + 1 : 0
      if (whole < size) await handle.truncate(whole)
      return
    }
    end = start
  }
}

/** Reads a JSON-lines file; a torn last line is left out. Throws `FileError` naming the byte of any other bad line. */
export async function readLog(file: string): Promise<LogEvent[]> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw fileError(file, error)
  })
  const events: LogEvent[] = []
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start)
    if (end < 0) break // torn: every whole line ends in a newline
    events.push(parseLine(file, start, bytes.toString('utf8', start, end)))
    start = end + 1
  }
  return events
}

function parseLine(file: string, offset: number, line: string): LogEvent {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    throw new FileError(file, { offset, expected: 'a line of JSON', found: messageOf(cause), cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new FileError(file, { offset, expected: 'a JSON object', found: line.slice(0, 40) })
  return value as LogEvent
}
