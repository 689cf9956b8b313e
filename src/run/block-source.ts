/**
 * Training data simulated while training runs. Step k draws its batch from a window of blocks that moves on by one block
 * every `stepsPerBlock` steps: an example is seen a few times, each with other noise, and then never again.
 */
import { array, sizeOf } from '../io/array.js'
import { derive, integers, type Key } from '../random.js'
import type { BatchSource } from '../training/data.js'
import type { BlockData, BlockPool, BlockTask } from './block-pool.js'
import { surrogateShapes } from './stored-surrogates.js'
import { channelsOf, embeddingOf, surrogateSizeOf } from './view.js'

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
  const [N, C, E, r] = [sizeOf(shape), channelsOf(view), embeddingOf(view), surrogateSizeOf(view)]
  const blockAt = (index: number): Promise<BlockData> => {
    const known = blocks.get(index) ?? pool.block(index)
    blocks.set(index, known)
    return known
  }
  return {
    ...{ shape, channels: C, embedding: E, size: Infinity, ...(r > 0 && { extras: surrogateShapes(r) }) },
    async batch(step, n) {
      const first = Math.floor(step / stepsPerBlock)
      for (const index of blocks.keys()) if (index < first - 1) blocks.delete(index)
      // The one after the window is made while these are used.
      void blockAt(first + window).catch(() => undefined)
      const here = await Promise.all(Array.from({ length: window }, (_, w) => blockAt(first + w)))
      const chosen = integers(derive(draws, step), 0, window * inBlock, new Int32Array(n))
      /** Rows of an array of the blocks: of the chosen examples, or of their operators, which `each` of them share. */
      const gathered = (name: keyof BlockData, size: number, each = 1): Float32Array => {
        const out = new Float32Array(n * size)
        chosen.forEach((place, i) => {
          const at = Math.floor((place % inBlock) / each) * size
          out.set(here[Math.floor(place / inBlock)]![name].subarray(at, at + size), i * size)
        })
        return out
      }
      return {
        x: array(gathered('x', N), [n, ...shape]),
        channels: array(gathered('channels', C * N), [n, C, ...shape]),
        embedding: array(gathered('embedding', E), [n, E]),
        ...(r > 0 && {
          surrogateRotation: array(gathered('rotations', r ** 2, options.pairs), [n, r, r]),
          surrogateVariances: array(gathered('variances', r + 1, options.pairs), [n, r + 1]),
        }),
      }
    },
  }
}
