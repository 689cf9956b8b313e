/**
 * The order in which rows are seen: an endless sequence of epochs, each a permutation of all rows that is drawn in two
 * steps, so that a file larger than the memory can be read along it. Rows lie in blocks; the blocks are permuted and taken
 * `window` at a time, and the rows of one window are permuted among themselves. One window over all is a plain permutation.
 */
import { derive, permutation, type Key } from '../random.js'

export interface Window {
  /** Which one, counted over all epochs: equal numbers of one order are equal windows. */
  readonly id: string
  /** Position of its first row in the sequence. */
  readonly first: number
  /** Its rows in the order in which they are seen. */
  readonly rows: Uint32Array
  /** Its blocks, ascending. */
  readonly blocks: readonly number[]
}

export interface OrderOptions {
  readonly key: Key
  /** Rows in the whole, and in one block (the last may be shorter). */
  readonly size: number
  readonly block: number
  /** Blocks that take part. */
  readonly blocks: Uint32Array
  /** Blocks in one window. */
  readonly window: number
}

/** The windows of an order: the one that holds a position of the sequence. */
export function windows({ key, size, block, blocks, window }: OrderOptions): (position: number) => Window {
  const length = (b: number): number => Math.min(size, (b + 1) * block) - b * block
  const total = blocks.reduce((sum, b) => sum + length(b), 0)
  const blocksOf = (epoch: number): Uint32Array =>
    window >= blocks.length ? blocks : permutation(derive(key, 'blocks', epoch), blocks.length).map(i => blocks[i]!)
  let last: Window | undefined
  return position => {
    if (last && position >= last.first && position < last.first + last.rows.length) return last
    const epoch = Math.floor(position / total)
    const order = blocksOf(epoch)
    let first = epoch * total
    for (let from = 0; ; from += window) {
      const taken = [...order.subarray(from, from + window)].sort((a, b) => a - b)
      const count = taken.reduce((sum, b) => sum + length(b), 0)
      if (position < first + count) {
        const id = `${epoch}/${from / window}`
        const rows = shuffled(derive(key, 'rows', epoch, from / window), taken, count, block, length)
        return (last = { id, first, rows, blocks: taken })
      }
      first += count
    }
  }
}

function shuffled(
  key: Key,
  blocks: readonly number[],
  count: number,
  block: number,
  length: (b: number) => number,
): Uint32Array {
  const all = new Uint32Array(count)
  let at = 0
  for (const b of blocks) for (let i = 0, n = length(b); i < n; i++) all[at++] = b * block + i
  return permutation(key, count).map(i => all[i]!)
}

export interface Parts {
  readonly training: Uint32Array
  readonly heldOut: Uint32Array
}

/** Blocks 0, ..., count - 1 in two parts, the second with about `share` of them (one at least, where share > 0). */
export function splitBlocks(key: Key, count: number, share: number): Parts {
  if (!(share >= 0 && share < 1)) throw new RangeError(`training: held-out share ${share}; it must be in [0, 1)`)
  const held = share > 0 ? Math.max(1, Math.round(share * count)) : 0
  if (held >= count)
    throw new RangeError(`training: ${count} pieces of data leave none to train on beside a share ${share} held out`)
  const order = permutation(derive(key, 'held-out'), count)
  return { heldOut: order.slice(0, held).sort(), training: order.slice(held).sort() }
}
