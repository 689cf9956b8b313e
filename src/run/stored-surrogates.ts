/** Surrogates of stored examples: a shard holds that of an operator once, for all the examples that share it. */
import { array } from '../io/array.js'
import { openHdf5InTurn } from '../io/hdf5.js'
import { mapSource, type BatchSource } from '../training/data.js'

/** What a batch holds of the surrogate, for one example: r axes. */
export const surrogateShapes = (
  r: number,
): Readonly<Record<'surrogateRotation' | 'surrogateVariances', readonly number[]>> => ({
  surrogateRotation: [r, r],
  surrogateVariances: [r + 1],
})

export interface StoredSurrogates {
  /** A source whose batches hold surrogates in place of `operator`. */
  join(source: BatchSource): BatchSource
  close(): void
}

/** Of one block. */
type Surrogates = Readonly<Record<'rotations' | 'variances', Float32Array>>

/** Blocks that are kept: more than the examples of a batch come from. */
const kept = 64

/** @param files shards by the number of their block. @param r axes. @throws FileError for a damaged file. */
export async function openStoredSurrogates(files: ReadonlyMap<number, string>, r: number): Promise<StoredSurrogates> {
  const blocks = [...files.keys()]
  const readers = new Map((await openHdf5InTurn([...files.values()])).map((reader, i) => [blocks[i]!, reader] as const))
  const known = new Map<number, Surrogates>()
  function surrogatesOf(block: number): Surrogates {
    const found = known.get(block)
    if (found) return found
    const reader = readers.get(block)!
    const all = (name: string): Float32Array => reader.read(name).data as Float32Array
    const read = { rotations: all('rotations'), variances: all('variances') }
    known.set(block, read)
    // The oldest goes.
    if (known.size > kept) known.delete(known.keys().next().value!)
    return read
  }
  return {
    join: source =>
      mapSource(source, { extras: surrogateShapes(r) }, ({ operator, ...batch }) => {
        const n = operator!.shape[0]!
        const [rotations, variances] = [new Float32Array(n * r * r), new Float32Array(n * (r + 1))]
        for (let i = 0; i < n; i++) {
          const j = operator!.data[2 * i + 1]!
          const own = surrogatesOf(operator!.data[2 * i]!)
          rotations.set(own.rotations.subarray(j * r * r, (j + 1) * r * r), i * r * r)
          variances.set(own.variances.subarray(j * (r + 1), (j + 1) * (r + 1)), i * (r + 1))
        }
        return {
          ...batch,
          surrogateRotation: array(rotations, [n, r, r]),
          surrogateVariances: array(variances, [n, r + 1]),
        }
      }),
    close() {
      for (const reader of readers.values()) reader.close()
      known.clear()
    },
  }
}
