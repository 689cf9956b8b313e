import { access, constants, mkdir, readdir, readFile, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { exists, recoverFolder, removeTemporaries, writeFileAtomic } from './atomic.js'
import { environment, type Environment } from './environment.js'
import { FileError, fileError, messageOf } from './error.js'
import { takeLock } from './lock.js'
import { openLog, readLog, toJson, type LogEvent } from './log.js'

type Json = Record<string, unknown>

/** `config.json`: everything that it takes to run again. */
export interface RunConfig extends Environment {
  created: string
  seed: number
  /** As resolved: defaults filled in. */
  config: Json
}

/** What is spent; `budget.json`. */
export interface Budget {
  denoiserCalls: number
  forwardSolves: number
  adjointSolves: number
  wallSeconds: number
  peakMemoryBytes: number
  [other: string]: number
}

export type RunState = 'absent' | 'unfinished' | 'finished'

export interface RunSpec {
  seed: number
  config: Json
  /** Added to what `environment()` finds: the engine and device that compute. */
  hardware?: Json
  /**
   * What to do about a run of that name: `new` refuses it (default), `resume` goes on with it if its seed and
   * configuration are the same, `overwrite` deletes it.
   */
  mode?: 'new' | 'resume' | 'overwrite'
}

/** A run folder this process alone writes to. */
export interface Run {
  readonly path: string
  readonly name: string
  readonly config: RunConfig
  /** Whether there was something to go on with. */
  readonly resumed: boolean
  /** The path of a file in the folder. */
  file(name: string): string
  log(event: LogEvent): Promise<void>
  writeBudget(budget: Budget): Promise<void>
  /** Writes the last line, which marks the run as finished, and closes it. */
  finish(): Promise<void>
  /** Gives the run back, to be resumed. */
  close(): Promise<void>
  /** Takes back a run that failed: deletes what has been written since it was opened, and the folder if it was made for it. */
  discard(): Promise<void>
}

const lockName = 'run.lock'

/** Whether a run is there, and whether it came to its end. Throws `FileError` on a damaged log. */
export async function runState(path: string): Promise<RunState> {
  if (!(await exists(join(path, 'config.json')))) return 'absent'
  const log = join(path, 'log.jsonl')
  const last = (await exists(log)) ? (await readLog(log)).at(-1) : undefined
  return last?.event === 'finished' ? 'finished' : 'unfinished'
}

/** `name`, or the first of `name-2`, `name-3`, ... that is not taken. */
export async function freeName(path: string): Promise<string> {
  for (let k = 1; ; k++) {
    const candidate = k === 1 ? path : `${path}-${k}`
    if (!(await exists(candidate))) return candidate
  }
}

/**
 * Finds before the work what would keep `openRun` from writing its result.
 *
 * @param resumable whether a run that did not finish can be gone on with, which the error then says.
 * Throws `FileError`: a run exists that is not to be overwritten, or the folder cannot be made or written.
 */
export async function assertFreeRun(path: string, mode: 'new' | 'overwrite' = 'new', resumable = false): Promise<void> {
  let folder = resolve(path)
  try {
    while (!(await exists(folder))) folder = dirname(folder)
    if (!(await stat(folder)).isDirectory())
      throw new FileError(folder, { expected: 'a folder', found: 'a file', remedy: 'Choose another name.' })
    await access(folder, constants.W_OK)
  } catch (error) {
    throw fileError(folder, error)
  }
  await recoverFolder(path)
  await refuse(path, mode, resumable)
}

/**
 * Creates a run folder, or opens one to go on with (see `RunSpec.mode`), and locks it.
 * Throws `FileError`: the run exists (naming the next free name), another process writes it, or it differs.
 */
export async function openRun(path: string, spec: RunSpec): Promise<Run> {
  const mode = spec.mode ?? 'new'
  await recoverFolder(path)
  const made = await mkdir(path, { recursive: true }).catch((error: unknown) => {
    throw fileError(path, error)
  })
  const unlock = await takeLock(join(path, lockName))
  try {
    const state = mode === 'resume' ? await runState(path) : await refuse(path, mode)
    if (mode === 'overwrite' && state !== 'absent') await clear(path)
    await removeTemporaries(path)
    const before = await readdir(path)
    const resumed = mode === 'resume' && state !== 'absent'
    const config = resumed ? await readConfig(path, spec) : await writeConfig(path, spec)
    const run = await writableRun(path, config, resumed, unlock)
    return {
      ...run,
      async discard() {
        await run.close()
        for (const name of await readdir(path))
          if (!before.includes(name)) await rm(join(path, name), { recursive: true, force: true })
        if (made !== undefined) await rmdir(path).catch(() => undefined)
      },
    }
  } catch (error) {
    await unlock()
    throw error
  }
}

async function writableRun(
  path: string,
  config: RunConfig,
  resumed: boolean,
  unlock: () => Promise<void>,
): Promise<Omit<Run, 'discard'>> {
  const log = await openLog(join(path, 'log.jsonl'))
  const close = async (): Promise<void> => {
    await log.close()
    await unlock()
  }
  await log.write({ event: resumed ? 'resumed' : 'started' })
  return {
    path,
    name: basename(path),
    config,
    resumed,
    file: name => join(path, name),
    log: event => log.write(event),
    writeBudget: budget => writeFileAtomic(join(path, 'budget.json'), `${toJson(budget, 2)}\n`),
    async finish() {
      await log.write({ event: 'finished' })
      await close()
    },
    close,
  }
}

/** Throws `FileError` where a new run may not take the place of what is there; `resumable` tells whether to speak of resuming. */
async function refuse(path: string, mode: 'new' | 'overwrite', resumable = true): Promise<RunState> {
  const state = await runState(path)
  if (state === 'absent') return state
  const free = join(dirname(path), basename(await freeName(path)))
  if (await isForeign(join(path, 'config.json')))
    throw new FileError(path, {
      expected: 'a new run',
      found: 'a folder whose config.json is of no run',
      remedy: `Choose another folder, such as ${free}.`,
    })
  if (mode === 'overwrite') return state
  const resume = state === 'unfinished' && resumable ? " mode 'resume' to go on with it," : ''
  throw new FileError(path, {
    expected: 'a new run',
    found: state === 'finished' ? 'a finished one' : 'one that did not finish',
    remedy: `Choose${resume} mode 'overwrite' to delete it, or the free name ${free}.`,
  })
}

/** Whether a file is JSON of something else than a run: its folder is not ours to delete. */
async function isForeign(file: string): Promise<boolean> {
  try {
    const value = JSON.parse(await readFile(file, 'utf8')) as Partial<RunConfig> | null
    return value !== null && !isRunConfig(value)
  } catch {
    return false
  }
}

const isRunConfig = (value: Partial<RunConfig> | null): value is RunConfig =>
  typeof value?.seed === 'number' && typeof value.config === 'object'

/** Deletes what a run left, `config.json` last: until then the folder still says that a run was here. */
async function clear(path: string): Promise<void> {
  const names = (await readdir(path)).filter(name => name !== lockName && name !== 'config.json')
  for (const name of [...names, 'config.json']) await rm(join(path, name), { recursive: true, force: true })
}

async function writeConfig(path: string, { seed, config, hardware }: RunSpec): Promise<RunConfig> {
  const made = environment()
  const created = new Date().toISOString()
  const whole = { created, seed, config, versions: made.versions, hardware: { ...made.hardware, ...hardware } }
  await writeFileAtomic(join(path, 'config.json'), `${toJson(whole, 2)}\n`)
  return whole
}

/** The configuration of a run. Throws `FileError`. */
export async function readRunConfig(path: string): Promise<RunConfig> {
  const file = join(path, 'config.json')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(file, error)
  })
  try {
    const value = JSON.parse(text) as Partial<RunConfig> | null
    if (isRunConfig(value)) return value
  } catch (cause) {
    throw new FileError(file, { expected: 'the configuration of a run (JSON)', found: messageOf(cause), cause })
  }
  throw new FileError(file, { expected: 'the configuration of a run', found: 'JSON without seed and config' })
}

async function readConfig(path: string, { seed, config }: RunSpec): Promise<RunConfig> {
  const found = await readRunConfig(path)
  // Compared as JSON holds them, so that -0 or undefined do not tell a run from itself.
  const asked = JSON.parse(toJson({ seed, config })) as Json
  const changes = differences({ seed: found.seed, config: found.config }, asked)
  if (changes.length === 0) return found
  throw new FileError(join(path, 'config.json'), {
    expected: 'the configuration that this run was started with',
    found: `other values: ${changes.slice(0, 5).join('; ')}`,
    remedy: `Use the old values, or the free name ${await freeName(path)}.`,
  })
}

/** `config.steps: 10 became 20`, for each leaf that differs. */
function differences(before: unknown, after: unknown, place = ''): string[] {
  if (isDeepStrictEqual(before, after)) return []
  const isTree = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isTree(before) || !isTree(after)) return [`${place}: ${toJson(before)} became ${toJson(after)}`]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap(key => differences(before[key], after[key], place ? `${place}.${key}` : key))
}
