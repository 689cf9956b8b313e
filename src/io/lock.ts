import { link, open, readFile, rename, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { isAlive, temporaryName } from './atomic.js'
import { codeOf, FileError, fileError } from './error.js'

interface Holder {
  pid: number
  host: string
  since: string
}

/** Locks held by this process: a lock with our own number but not among them was left by a dead process. */
const held = new Set<string>()

/**
 * Takes a lock file, so that two processes do not write one run; a lock whose process is dead is taken over.
 * @returns the function that gives it back
 * Throws `FileError` naming the holder.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const file = resolve(path)
  const mine: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() }
  for (;;) {
    try {
      const handle = await open(file, 'wx')
      held.add(file)
      await handle.writeFile(JSON.stringify(mine)).finally(() => handle.close())
      return async () => {
        held.delete(file)
        await rm(file, { force: true })
      }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw fileError(path, error)
    }
    await removeDead(path, file)
  }
}

/** Removes a lock whose holder is dead. Throws `FileError` if the holder lives, or cannot be known to be dead. */
async function removeDead(path: string, file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  if (text === undefined) return // given back in the meantime
  const holder = parseHolder(text)
  if (!holder || lives(file, holder)) {
    const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.since}` : 'an unknown process'
    throw new FileError(path, {
      expected: 'a run that nobody is writing',
      found: `the lock of ${who}`,
      remedy: 'Wait for it, or delete this file if that process is no more.',
    })
  }
  // Another process may have done the same and hold a new lock by now: what was moved away must be what was read.
  const moved = temporaryName(file)
  await rename(file, moved).catch(() => undefined)
  const took = await readFile(moved, 'utf8').catch(() => text)
  if (took !== text) await link(moved, file).catch(() => undefined)
  await rm(moved, { force: true })
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null
    return typeof value?.pid === 'number'
      ? { host: 'an unknown host', since: 'an unknown time', ...value, pid: value.pid }
      : undefined
  } catch {
    return undefined
  }
}

const lives = (file: string, { pid, host }: Holder): boolean =>
  host !== hostname() || (pid === process.pid ? held.has(file) : isAlive(pid))
