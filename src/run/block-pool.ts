/** Blocks of training data from worker threads, each asked for by its index. */
import type { Spectrum } from '../linalg/spectrum.js'
import type { Key } from '../random.js'
import type { BlockOptions } from './block.js'
import type { ViewSpec } from './view.js'
import { openWorkers } from './worker-pool.js'

/** Everything that a worker needs to make any block. */
export interface BlockTask {
  /** Name or path of the problem. */
  readonly problem: string
  readonly shape: readonly number[]
  /** Families of its mixture that are drawn from. */
  readonly families: readonly string[]
  readonly view: ViewSpec
  /** Of a view with a surrogate. */
  readonly spectrum?: Spectrum
  readonly key: Key
  readonly options: BlockOptions
}

/** The arrays of a block, flat. */
export interface BlockData {
  readonly x: Float32Array
  readonly channels: Float32Array
  readonly embedding: Float32Array
  /** Of each operator; empty for a model without a surrogate. */
  readonly rotations: Float32Array
  readonly variances: Float32Array
}

export interface BlockPool {
  /** Block `index`; asked for once, it is made once. */
  block(index: number): Promise<BlockData>
  dispose(): Promise<void>
}

/** @param threads workers that make blocks at the same time. */
export function openBlockPool(task: BlockTask, threads = 1): BlockPool {
  const pool = openWorkers<null, BlockData>('block-worker', task, threads)
  return { block: index => pool.ask(index, null), dispose: () => pool.dispose() }
}
