/** Simulates examples of a problem into a folder of HDF5 shards, one for each block; a run that was stopped goes on. */
import { availableParallelism } from 'node:os'
import { openRun } from '../io/run-folder.js'
import type { EncodeKind } from '../operators/encode.js'
import { key } from '../random.js'
import type { BlockOptions } from './block.js'
import type { BlockTask } from './block-pool.js'
import { ofFamilies } from './families.js'
import { loadProblem } from './problems.js'
import { shardName, shardRows, type ShardOrigin } from './shard.js'
import { seeing } from './seeing.js'
import type { Coordinates } from './view.js'
import { openWorkers, type WorkerPool } from './worker-pool.js'

export interface SimulateOptions {
  /** Name of a shipped problem, or path of a user's. */
  readonly problem: string
  /** What is there already is kept; only its number of examples may change from one call to the next. */
  readonly folder: string
  /** Examples. Default 10,000. */
  readonly count?: number
  /** Default: the problem's. */
  readonly shape?: readonly number[]
  /** Default 0. */
  readonly seed?: number
  /** Families of the problem's mixture; default all. */
  readonly families?: readonly string[]
  /** How measurements are shown to a network, and what diffuses: as for training. */
  readonly encode?: EncodeKind
  readonly coordinates?: Coordinates
  readonly surrogate?: boolean
  /** Operators that share one draw of the physics, and examples that share an operator. Default 16 and 16. */
  readonly block?: Pick<BlockOptions, 'operators' | 'pairs'>
  /** Threads; default as many as the machine runs at once. The files do not depend on it. */
  readonly threads?: number
  /** `overwrite` deletes what is there. */
  readonly mode?: 'resume' | 'overwrite'
  /** Stops after the shards at hand. */
  readonly signal?: AbortSignal
  readonly progress?: (report: SimulateProgress) => void
}

/** Shards that are there, of all; examples that were made in this call, and for how long. */
export interface SimulateProgress {
  readonly done: number
  readonly of: number
  readonly examples: number
  readonly seconds: number
}

export interface Simulated {
  readonly folder: string
  /** Names of the shards in the folder, whether they were made or found. */
  readonly files: readonly string[]
  /** Examples made by this call; the rest was there. */
  readonly made: number
  readonly stopped: boolean
  readonly seconds: number
}

export interface ShardTask extends BlockTask {
  readonly origin: Omit<ShardOrigin, 'block'>
}

/** One shard to be made. */
export interface Shard {
  readonly index: number
  readonly file: string
  readonly rows: number
}

const usualBlock = { operators: 16, pairs: 16 }

/**
 * @throws RangeError for an unknown problem or family, or a count that is none; FileError for a folder that holds simulations
 *   with other settings (naming them), or cannot be written.
 */
export async function simulate(options: SimulateOptions): Promise<Simulated> {
  const { count = 10_000, seed = 0, folder, mode = 'resume', signal } = options
  if (!(Number.isSafeInteger(count) && count >= 1)) throw new RangeError(`simulate: count is ${count}; it must be an integer from 1`) // prettier-ignore
  const began = performance.now()
  const task = await taskOf(options, seed)
  const { shape, view, families, options: block } = task
  const inBlock = block.operators * block.pairs
  const run = await openRun(folder, {
    seed,
    config: { problem: task.origin.problem, shape, view, families, block },
    mode,
  })
  try {
    const shards = Array.from({ length: Math.ceil(count / inBlock) }, (_, index) => {
      return { index, file: run.file(shardName(index)), rows: Math.min(inBlock, count - index * inBlock) }
    })
    const missing: Shard[] = []
    for (const shard of shards) if ((await shardRows(shard.file)) !== shard.rows) missing.push(shard)
    const seconds = (): number => (performance.now() - began) / 1000
    const tell = (done: number, examples: number): void =>
      options.progress?.({ done: shards.length - missing.length + done, of: shards.length, examples, seconds: seconds() }) // prettier-ignore
    tell(0, 0)
    const made = missing.length > 0 ? await writeAll(missing, task, options, tell) : 0
    const stopped = signal?.aborted ?? false
    await (stopped ? run.close() : run.finish())
    return { folder, files: shards.map(({ index }) => shardName(index)), made, stopped, seconds: seconds() }
  } catch (error) {
    await run.close()
    throw error
  }
}

async function taskOf(options: SimulateOptions, seed: number): Promise<ShardTask> {
  const problem = await loadProblem(options.problem)
  const shape = options.shape ?? problem.shape
  const parts = ofFamilies(problem, problem.build(shape), options.families)
  return {
    ...{ problem: options.problem, shape, families: parts.operators.map(({ name }) => name) },
    ...(await seeing(parts, options)),
    ...{ key: key(seed, 'simulate'), options: options.block ?? usualBlock },
    origin: { problem: problem.name, seed },
  }
}

/** Writes shards with all threads; gives the number of examples written. */
async function writeAll(
  shards: readonly Shard[],
  task: ShardTask,
  { threads = availableParallelism(), signal }: SimulateOptions,
  tell: (done: number, examples: number) => void,
): Promise<number> {
  const width = Math.min(threads, shards.length)
  const pool: WorkerPool<Shard, null> = openWorkers('shard-worker', task, width)
  let [next, done, examples] = [0, 0, 0]
  /** A thread takes the next shard that nobody has. */
  const work = async (thread: number): Promise<void> => {
    for (let shard = shards[next++]; shard && !signal?.aborted; shard = shards[next++]) {
      await pool.ask(thread, shard)
      tell(++done, (examples += shard.rows))
    }
  }
  try {
    await Promise.all(Array.from({ length: width }, (_, thread) => work(thread)))
    return examples
  } finally {
    await pool.dispose()
  }
}
