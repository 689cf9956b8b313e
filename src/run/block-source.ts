/**
 * Training data simulated while training runs. Step k draws its batch from a window of blocks that moves on by one block
 * every `stepsPerBlock` steps: an example is seen a few times, each with other noise, and then never again.
 */
import { array, sizeOf } from '../io/array.js'
import { derive, integers, type Key } from '../random.js'
import type { BatchSource } from '../training/data.js'
import type { BlockData, BlockPool, BlockTask } from './block-pool.js'
import { channelsOf, embeddingOf } from './view.js'

export interface WindowOptions {
  /** Blocks that a batch is drawn from. */
  readonly window: number
  readonly stepsPerBlock: number
}

/** A source over the blocks of a pool; training and held-out examples come from keys of their own. */
export function blockSource(
  pool: BlockPool,
  { shape, view, options, key }: Pick<BlockTask, 'shape' | 'view' | 'options' | 'key'>,
  { window, stepsPerBlock }: WindowOptions,
): BatchSource {
  const blocks = new Map<number, Promise<BlockData>>()
  const draws: Key = derive(key, 'batches')
  const inBlock = options.operators * options.pairs
  const [N, C, E] = [sizeOf(shape), channelsOf(view), embeddingOf(view)]
  const blockAt = (index: number): Promise<BlockData> => {
    const known = blocks.get(index) ?? pool.block(index)
    blocks.set(index, known)
    return known
  }
  return {
    ...{ shape, channels: C, embedding: E, size: Infinity },
    async batch(step, n) {
      const first = Math.floor(step / stepsPerBlock)
      for (const index of blocks.keys()) if (index < first - 1) blocks.delete(index)
      // The one after the window is made while these are used.
      void blockAt(first + window).catch(() => undefined)
      const here = await Promise.all(Array.from({ length: window }, (_, w) => blockAt(first + w)))
      const chosen = integers(derive(draws, step), 0, window * inBlock, new Int32Array(n))
      const [x, channels, embedding] = [N, C * N, E].map(size => new Float32Array(n * size)) as [Float32Array, Float32Array, Float32Array] // prettier-ignore
      chosen.forEach((place, i) => {
        const data = here[Math.floor(place / inBlock)]!
        const at = place % inBlock
        x.set(data.x.subarray(at * N, (at + 1) * N), i * N)
        channels.set(data.channels.subarray(at * C * N, (at + 1) * C * N), i * C * N)
        embedding.set(data.embedding.subarray(at * E, (at + 1) * E), i * E)
      })
      return {
        x: array(x, [n, ...shape]),
        channels: array(channels, [n, C, ...shape]),
        embedding: array(embedding, [n, E]),
      }
    },
  }
}
