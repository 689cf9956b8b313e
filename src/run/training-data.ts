/** Examples for training: simulated while it runs, or read from a folder of simulations. */
import { readdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { sizeOf } from '../io/array.js'
import { FileError } from '../io/error.js'
import { readRunConfig } from '../io/run-folder.js'
import { key } from '../random.js'
import type { BatchSource } from '../training/data.js'
import { hdf5Sources } from '../training/sources.js'
import { openBlockPool, type BlockTask } from './block-pool.js'
import { blockSource } from './block-source.js'
import { blockOfShard, isShardName, operatorDataset, trainingDatasets } from './shard.js'
import { openStoredSurrogates } from './stored-surrogates.js'
import { channelsOf, embeddingOf, surrogateSizeOf } from './view.js'

export interface TrainingData {
  readonly data: BatchSource
  readonly heldOut: BatchSource | undefined
  close(): Promise<void>
}

/** Blocks hold 16 operators with 16 pairs each; a batch comes from 8 blocks, and each example is used about four times. */
const blockOptions = { operators: 16, pairs: 16 }
const inBlock = blockOptions.operators * blockOptions.pairs
const window = 8
const uses = 4

/** What decides which examples there are. */
export type ExampleSpec = Pick<BlockTask, 'problem' | 'shape' | 'families' | 'view' | 'spectrum'>

/** Examples that worker threads make while training runs. */
export function simulatedExamples(spec: ExampleSpec, seed: number, batch: number): TrainingData {
  const task = (name: string): BlockTask => ({ ...spec, options: blockOptions, key: key(seed, name) })
  const [training, heldOut] = [task('training'), task('held-out')]
  const pool = openBlockPool(training, Math.max(1, Math.min(4, availableParallelism() - 1)))
  const heldOutPool = openBlockPool(heldOut)
  return {
    data: blockSource(pool, training, { window, stepsPerBlock: Math.max(1, Math.round((uses * inBlock) / batch)) }),
    heldOut: blockSource(heldOutPool, heldOut, { window: 4, stepsPerBlock: Infinity }),
    async close() {
      await Promise.all([pool.dispose(), heldOutPool.dispose()])
    },
  }
}

/**
 * The shards that `simulate` has written, a tenth of them held out.
 *
 * @param count the first so many examples; default all.
 * @throws FileError for a folder that holds no simulations, too few, or of another problem, shape or view.
 */
export async function storedExamples(
  folder: string,
  { shape, view, problem }: Pick<ExampleSpec, 'shape' | 'view' | 'problem'>,
  seed: number,
  count?: number,
): Promise<TrainingData> {
  const found = (await readRunConfig(folder)).config
  const wanted = JSON.parse(JSON.stringify({ problem, shape, view })) as Record<string, unknown>
  for (const [name, value] of Object.entries(wanted))
    if (!isDeepStrictEqual(found[name], value))
      throw new FileError(folder, {
        expected: `simulations with ${name} ${JSON.stringify(value)}`,
        found: JSON.stringify(found[name]),
        remedy: 'Simulate with the options that you train with.',
      })
  const names = (await readdir(folder)).filter(isShardName).sort()
  if (names.length < 2) throw new FileError(folder, { expected: 'two shards of simulations or more', found: `${names.length}`, remedy: 'Simulate more.' }) // prettier-ignore
  // A block is held out as one: its examples share the physics.
  const { operators, pairs } = { ...blockOptions, ...(found.block as Partial<typeof blockOptions> | undefined) }
  const r = surrogateSizeOf(view)
  const rowBytes = 4 * (sizeOf(shape) * (1 + channelsOf(view)) + embeddingOf(view) + (r > 0 ? 2 : 0))
  const files = names.map(name => join(folder, name))
  const blockBytes = rowBytes * operators * pairs
  const sources = await hdf5Sources(
    files,
    { seed, blockBytes, ...(count !== undefined && { count }) },
    { ...trainingDatasets, ...(r > 0 && { operator: operatorDataset }) },
  )
  const blocks = new Map(names.map((name, i) => [blockOfShard(name), files[i]!]))
  const surrogates = r > 0 ? await openStoredSurrogates(blocks, r) : null
  const whole = (source: BatchSource): BatchSource => surrogates?.join(source) ?? source
  return {
    ...{ data: whole(sources.data), heldOut: sources.heldOut && whole(sources.heldOut) },
    close() {
      sources.close()
      surrogates?.close()
      return Promise.resolve()
    },
  }
}
