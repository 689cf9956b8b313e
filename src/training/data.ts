/** What training reads: batches as a function of the step, so that a resumed run sees what an uninterrupted one would. */
import type { NdArray } from '../io/array.js'

export type Floats = NdArray<Float32Array>

/**
 * Examples in the units that the network sees (standardised). `x` is the unknown; everything else reaches the denoiser as
 * its condition, by name.
 */
export interface Batch {
  /** [n, ...shape]. */
  readonly x: Floats
  /** Fields on the unknown's grid [n, channels, ...shape]. */
  readonly channels?: Floats
  /** Numbers that describe the operator [n, embedding]. */
  readonly embedding?: Floats
  readonly [name: string]: Floats | undefined
}

export interface BatchSource {
  /** Of one unknown. */
  readonly shape: readonly number[]
  /** Numbers of channels and of embedding entries; 0 where there are none. */
  readonly channels: number
  readonly embedding: number
  /** Shapes, for one example, of what else a batch holds. */
  readonly extras?: Readonly<Record<string, readonly number[]>>
  /** Number of examples; Infinity where they are simulated. */
  readonly size: number
  /** The n examples of a step 0, 1, ...: the same whenever asked, in any order. */
  batch(step: number, n: number): Promise<Batch>
}

/** The shape of one example of each array in a source's batches. */
export function shapesOf({ shape, channels, embedding, extras }: BatchSource): Record<string, readonly number[]> {
  return {
    x: shape,
    ...(channels > 0 ? { channels: [channels, ...shape] } : {}),
    ...(embedding > 0 ? { embedding: [embedding] } : {}),
    ...extras,
  }
}

/**
 * A source whose batches are made from those of another: standardised, measured, encoded.
 *
 * @param become the numbers that change, of the batches that `f` makes.
 * @param f pure: its result depends on the batch and the step alone (take random numbers from a key of the step).
 */
export function mapSource(
  source: BatchSource,
  become: Partial<Pick<BatchSource, 'shape' | 'channels' | 'embedding' | 'extras'>>,
  f: (batch: Batch, step: number) => Batch | Promise<Batch>,
): BatchSource {
  return { ...source, ...become, batch: async (step, n) => f(await source.batch(step, n), step) }
}

/** Asks for batches before they are needed: up to `depth` after the one at hand. Steps are taken one after the other. */
export function readAhead(source: BatchSource, n: number, depth = 2): (step: number) => Promise<Batch> {
  const asked = new Map<number, Promise<Batch>>()
  const ask = (step: number): Promise<Batch> => {
    let batch = asked.get(step)
    if (!batch) {
      batch = source.batch(step, n)
      // Whoever takes it sees its error; until then it is not unhandled.
      batch.catch(() => undefined)
      asked.set(step, batch)
    }
    return batch
  }
  return step => {
    const batch = ask(step)
    asked.delete(step)
    for (let k = 1; k <= depth; k++) void ask(step + k)
    return batch
  }
}
