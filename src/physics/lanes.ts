/** Batches at the boundary, and blocks of interleaved simulations inside (see sparse-lu.ts). */
import { dtypeOf, elements, shapeText, type NdArray } from '../io/array.js'
import { lanes } from '../linalg/sparse-lu.js'

/** Float64 data of one item, [...shape], or of a batch, [n, ...shape]. */
export interface Batch {
  readonly data: Float64Array
  /** Values of one item. */
  readonly size: number
  /** Items, or null for one that stands alone and goes with every item of the others. */
  readonly count: number | null
}

/**
 * Reads an array as an item of `shape` or a batch of them.
 * Throws RangeError for another shape or a value that is not finite, TypeError for integers of 64 bits.
 */
export function batchOf(where: string, a: NdArray, shape: readonly number[]): Batch {
  const single = a.shape.length === shape.length
  const item = single ? a.shape : a.shape.slice(1)
  if (a.shape.length - item.length > 1 || shapeText(item) !== shapeText(shape))
    throw new RangeError(`${where}: shape ${shapeText(a.shape)}; wants ${shapeText(shape)}, or ${shapeText(['n' as never, ...shape])} for a batch`) // prettier-ignore
  const source = elements(a)
  if (source instanceof BigInt64Array || source instanceof BigUint64Array)
    throw new TypeError(`${where}: ${dtypeOf(a)} elements; wants float64`)
  const data = source instanceof Float64Array ? source : Float64Array.from(source)
  const bad = data.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) throw new RangeError(`${where}: ${data[bad]!} at element ${bad} in C order; wants finite values`)
  const size = shape.reduce((x, y) => x * y, 1)
  return { data, size, count: single ? null : a.shape[0]! }
}

/** The common number of items, null where none is a batch. Throws RangeError, naming both, where two differ. */
export function commonCount(where: string, batches: Readonly<Record<string, Batch | undefined>>): number | null {
  let [first, count]: [string, number | null] = ['', null]
  for (const [name, batch] of Object.entries(batches)) {
    if (!batch || batch.count === null) continue
    if (count !== null && batch.count !== count)
      throw new RangeError(`${where}: ${first} is a batch of ${count} but ${name} of ${batch.count}`)
    ;[first, count] = [name, batch.count]
  }
  return count
}

/** Simulations first, ..., first + count - 1 side by side, interleaved by `width`. */
export interface Block {
  readonly first: number
  readonly count: number
  readonly width: number
}

/** Blocks of at most `lanes` simulations that cover first, ..., end - 1. */
export function blocksOf(first: number, end: number): Block[] {
  return Array.from({ length: Math.ceil((end - first) / lanes) }, (_, k) => {
    const start = first + k * lanes
    const count = Math.min(lanes, end - start)
    return { first: start, count, width: count === 1 ? 1 : lanes }
  })
}

/** Where item r of a batch starts. */
export const startOf = ({ count, size }: Batch, r: number): number => (count === null ? 0 : r * size)
