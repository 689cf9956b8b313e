import type { Hyperslab } from './hdf5-engine.js'

/** Bytes moved through the library's memory at a time; that memory never shrinks. */
export const blockBytes = 2 ** 24

/** Count, offset and step of a box whose rows begin at `row`; a dataset without axes takes none. */
export function hyperslab({ count, offset }: Box, row: number): Hyperslab {
  if (count.length === 0) return [null, null, null]
  const from = offset.map((o, axis) => BigInt(axis === 0 ? o + row : o))
  return [count.map(BigInt), from, from.map(() => 1n)]
}

export interface Box {
  offset: number[]
  count: number[]
  /** Byte in a dense array of the whole shape. */
  place: number
}

/** Cuts a shape into pieces of about `blockBytes` that are contiguous in C order, along whole chunks where it can. */
export function* boxes(shape: readonly number[], size: number, chunks: readonly number[] | null): Generator<Box> {
  if (shape.includes(0)) return
  let axis = shape.length
  let inner = size
  while (axis > 0 && inner * shape[axis - 1]! <= blockBytes) inner *= shape[--axis]!
  // Axes from `axis` on fit whole; the one before is cut, those before it are walked one by one.
  const cut = axis - 1
  const chunk = cut >= 0 ? (chunks?.[cut] ?? 1) : 1
  const most = Math.max(1, Math.floor(blockBytes / inner))
  const step = most >= chunk ? most - (most % chunk) : most
  const walk = function* (at: number, offset: number[], place: number): Generator<Box> {
    if (at >= cut) {
      const extent = cut < 0 ? 1 : shape[cut]!
      for (let i = 0; i < extent; i += step) {
        const head = cut < 0 ? [] : [...offset, i]
        const count = shape.map((n, k) => (k < cut ? 1 : k === cut ? Math.min(step, extent - i) : n))
        yield { offset: [...head, ...shape.slice(head.length).map(() => 0)], count, place: place + i * inner }
      }
      return
    }
    const stride = shape.slice(at + 1).reduce((n, extent) => n * extent, size)
    for (let i = 0; i < shape[at]!; i++) yield* walk(at + 1, [...offset, i], place + i * stride)
  }
  yield* walk(0, [], 0)
}
