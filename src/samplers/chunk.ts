/** Samples are worked on in chunks of one size: one compiled shape, and calls of at most about a second. */
import { elements, type NdArray } from '../io/array.js'
import { conditionInput, zerosOf, type ChunkShape, type EngineOptions, type Real } from './program.js'

export type Conditions = Readonly<Record<string, NdArray<Float32Array> | NdArray<Float64Array>>>

/**
 * Chunks begin at multiples of this and have such sizes, the last one filled up with samples that are not asked for. So each
 * sample keeps its place in the vector registers, where first and last elements are rounded otherwise: its bytes do not
 * depend on the size of the chunk.
 */
export const GRANULE = 16

/** Numbers in the state of a chunk, by default: it stays in the processor's cache. */
const STATE = 2 ** 16

const roundUp = (size: number): number => Math.ceil(size / GRANULE) * GRANULE

/**
 * The size of a chunk: `asked`, or what fits the cache; never more than n, and a multiple of 16.
 *
 * @throws RangeError unless `asked` is an integer >= 1.
 */
export function chunkSize(n: number, elementsOfSample: number, asked?: number): number {
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1))
    throw new RangeError(`a chunk of ${asked} samples: wants an integer >= 1`)
  return roundUp(Math.min(n, asked ?? Math.max(1, Math.floor(STATE / elementsOfSample))))
}

/** A smaller chunk after a call that took this many seconds; the same one when it is short enough, or cannot be smaller. */
export function smaller(size: number, seconds: number): number {
  return seconds <= 1 ? size : Math.max(GRANULE, Math.floor(size / (2 * seconds) / GRANULE) * GRANULE)
}

/** Shapes of the conditions in a chunk: a leading axis of 1 stays, one of n becomes the chunk's. */
export function conditionShapes(conditions: Conditions, n: number, size: number): ChunkShape['condition'] {
  const shapes = Object.entries(conditions).map(([name, { shape }]) => {
    if (shape[0] !== 1 && shape[0] !== n)
      throw new RangeError(
        `condition '${name}' is [${shape.join(', ')}]; its leading axis must be 1 (all samples) or ${n} (one row each)`,
      )
    return [name, [shape[0] === 1 ? 1 : size, ...shape.slice(1)]] as const
  })
  return Object.fromEntries(shapes)
}

/** The rows of the conditions for samples first, first + 1, ..., the last row repeated beyond n. */
export function conditionOfChunk(
  conditions: Conditions,
  { condition }: ChunkShape,
  first: number,
  precision: EngineOptions['precision'],
): Record<string, Real> {
  const rows = Object.entries(conditions).map(([name, given]) => {
    const source = elements<Float32Array | Float64Array>(given)
    const chunk = zerosOf(precision, condition[name]!)
    const [have, want] = [given.shape[0]!, chunk.shape[0]!]
    const row = source.length / have
    for (let i = 0; i < want; i++) {
      const from = (want === 1 ? 0 : Math.min(first + i, have - 1)) * row
      chunk.data.set(source.subarray(from, from + row), i * row)
    }
    return [conditionInput(name), chunk] as const
  })
  return Object.fromEntries(rows)
}
