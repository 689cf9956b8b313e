import { lstat, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf, faultOf, FileError, fileError, isSystemError } from './error.js'

export type Chunks = Iterable<Uint8Array> | AsyncIterable<Uint8Array>

let counter = 0

/** A name beside `target` that no other write uses; `removeTemporaries` knows its pattern. */
export const temporaryName = (target: string): string =>
  join(dirname(target), `.${basename(target)}.${process.pid}-${counter++}.tmp`)

/** The folder that takes the place of `target` while it is replaced; `recoverFolder` knows it. */
const asideName = (target: string): string => join(dirname(target), `.${basename(target)}.old`)

/** Where a path leads: through symbolic links, so that a link is kept and its target replaced. */
export const resolveLinks = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))

/**
 * Writes a file so that it is at any moment whole: written beside the target, synced, renamed.
 * @param data the bytes, or chunks written one after the other
 * @param sync `false` leaves the flush to the system: whole after a killed process, not after a power cut
 * Throws `FileError` (a full disk with the bytes needed); the old file then stays and nothing is left beside it.
 */
export async function writeFileAtomic(
  path: string,
  data: Uint8Array | string | Chunks,
  { sync = true }: { sync?: boolean } = {},
): Promise<void> {
  const target = await resolveLinks(path)
  const temporary = temporaryName(target)
  const mode = await stat(target).then(
    s => s.mode & 0o777,
    () => 0o666,
  )
  const chunks = typeof data === 'string' ? [Buffer.from(data)] : data instanceof Uint8Array ? [data] : data
  try {
    await writeAll(temporary, chunks, mode, sync)
    await rename(temporary, target)
    if (sync) await syncFolder(dirname(target))
  } catch (error) {
    await rm(temporary, { force: true })
    // An error of whoever makes the chunks is theirs and passes through.
    throw isSystemError(error) ? fileError(path, error, totalBytes(chunks)) : error
  }
}

async function writeAll(file: string, chunks: Chunks, mode: number, sync: boolean): Promise<void> {
  const handle = await open(file, 'wx', mode)
  try {
    for await (const chunk of chunks)
      for (let done = 0; done < chunk.length;)
        done += (await handle.write(chunk, done, Math.min(chunk.length - done, 2 ** 30))).bytesWritten
    if (sync) await handle.sync()
  } finally {
    await handle.close()
  }
}

const totalBytes = (chunks: Chunks): number | undefined =>
  Array.isArray(chunks) ? (chunks as Uint8Array[]).reduce((n, chunk) => n + chunk.length, 0) : undefined

/** Flushes a folder's entries; a system that cannot (Windows) is left alone. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** Flushes a file, or a folder with all that it holds. */
async function syncTree(path: string): Promise<void> {
  if ((await lstat(path)).isDirectory()) {
    for (const name of await readdir(path)) await syncTree(join(path, name))
    return syncFolder(path)
  }
  const handle = await open(path, 'r+')
  await handle.sync().finally(() => handle.close())
}

/**
 * Moves a finished temporary file or folder to its place, flushed first.
 * A folder in the way is set aside before and deleted after; a kill between the two renames is undone by `recoverFolder`.
 */
export async function publish(temporary: string, target: string): Promise<void> {
  await syncTree(temporary)
  const old = await stat(target).catch(() => undefined)
  if (old?.isDirectory()) {
    const aside = asideName(target)
    await rm(aside, { recursive: true, force: true })
    await rename(target, aside)
    await rename(temporary, target)
    await rm(aside, { recursive: true, force: true })
  } else await rename(temporary, target)
  await syncFolder(dirname(target))
}

/** Puts back a folder that a killed process had set aside, if its successor never came. */
export async function recoverFolder(path: string): Promise<void> {
  const target = resolve(path)
  if (await exists(target)) return
  await rename(asideName(target), target).catch((error: unknown) => {
    if (codeOf(error) !== 'ENOENT') throw fileError(path, error)
  })
}

/**
 * Writes a folder as one: `fill` works in a folder beside the target, which then takes its place.
 * @param overwrite replaces an existing folder (default: refuses)
 * Throws `FileError`, or what `fill` throws; nothing is left behind.
 */
export async function writeFolderAtomic(
  path: string,
  fill: (folder: string) => Promise<void>,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<void> {
  await recoverFolder(path)
  const target = await resolveLinks(path)
  if (!overwrite && (await exists(target)))
    throw new FileError(path, {
      expected: 'a free name',
      found: 'that it exists',
      remedy: 'Pass overwrite: true, or choose another name.',
    })
  const temporary = temporaryName(target)
  try {
    await mkdir(temporary)
    await fill(temporary)
    await publish(temporary, target)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (error instanceof FileError && error.file.startsWith(temporary))
      throw faultOf(path + error.file.slice(temporary.length), error)
    throw isSystemError(error) ? fileError(path, error) : error
  }
}

/** Whether a file or folder of that name is there. */
export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  )

/** Whether a process of this machine is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Deletes the temporary files and folders that dead processes left in a folder; those of one target where it is named. */
export async function removeTemporaries(folder: string, target?: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, of, pid] = /^\.(.*)\.(\d+)-\d+\.tmp$/.exec(name) ?? []
    if (!pid || (target !== undefined && of !== target) || isAlive(Number(pid))) continue
    await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Deletes what dead processes left of a file or folder that they did not finish. */
export async function removeUnfinished(path: string): Promise<void> {
  const target = await resolveLinks(path)
  if (await exists(dirname(target))) await removeTemporaries(dirname(target), basename(target))
}
