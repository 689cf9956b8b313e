/** Surrogates of stored examples: a shard holds that of an operator once, for all the examples that share it. */
import { array } from '../io/array.js'
import { openHdf5, type Hdf5Reader } from '../io/hdf5.js'
import { mapSource, type BatchSource } from '../training/data.js'

/** What a batch holds of the surrogate, for one example: r axes. */
export const surrogateShapes = (r: number): Readonly<Record<'surrogateRotation' | 'surrogateVariances', readonly number[]>> => ({ surrogateRotation: [r, r], surrogateVariances: [r + 1] }) // prettier-ignore

export interface StoredSurrogates {
  /** A source whose batches hold surrogates in place of `operator`. */
  join(source: BatchSource): BatchSource
  close(): Promise<void>
}

/** @param files shards by the number of their block. @param r axes. */
export function openStoredSurrogates(files: ReadonlyMap<number, string>, r: number): StoredSurrogates {
  const readers = new Map<number, Promise<Hdf5Reader>>()
  const readerOf = (block: number): Promise<Hdf5Reader> => {
    const known = readers.get(block) ?? openHdf5(files.get(block)!)
    readers.set(block, known)
    return known
  }
  return {
    join: source =>
      mapSource(source, { extras: surrogateShapes(r) }, async ({ operator, ...batch }) => {
        const n = operator!.shape[0]!
        const [rotations, variances] = [new Float32Array(n * r * r), new Float32Array(n * (r + 1))]
        for (let i = 0; i < n; i++) {
          const [block, j] = [operator!.data[2 * i]!, operator!.data[2 * i + 1]!]
          const reader = await readerOf(block)
          rotations.set(reader.rows('rotations', j, j + 1).data as Float32Array, i * r * r)
          variances.set(reader.rows('variances', j, j + 1).data as Float32Array, i * (r + 1))
        }
        return { ...batch, surrogateRotation: array(rotations, [n, r, r]), surrogateVariances: array(variances, [n, r + 1]) } // prettier-ignore
      }),
    async close() {
      for (const reader of readers.values()) (await reader).close()
      readers.clear()
    },
  }
}
