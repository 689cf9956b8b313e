/**
 * Large pictures as overlapping tiles, and the tiles' maps as one map: each counts by a weight that falls linearly to its border
 * within the overlap, divided by the sum of weights, so that maps cut from one map give it back, and differing ones blend.
 */
import { array, assertShape, elements, type NdArray } from '../../io/array.js'

type Floats = NdArray<Float32Array>

export interface Tiling {
  /** [height, width] of the picture. */
  readonly shape: readonly [height: number, width: number]
  /** Side of a tile. */
  readonly size: number
  readonly overlap: number
  /** Rows and columns where tiles begin: the last tile of an axis ends with the picture. */
  readonly rows: readonly number[]
  readonly columns: readonly number[]
  /** rows x columns, counted row by row. */
  readonly count: number
}

/**
 * Where tiles lie: `size - overlap` apart, the last one moved back to end with the picture. A picture smaller than a tile is one
 * tile, reflected at its border.
 *
 * @param overlap pixels that neighbours share at least; a quarter of the size unless given
 * @throws RangeError for a size or shape below 1, or an overlap outside [0, size / 2]
 */
export function tilingOf(
  shape: readonly [height: number, width: number],
  { size, overlap = Math.floor(size / 4) }: { readonly size: number; readonly overlap?: number },
): Tiling {
  for (const [name, value] of Object.entries({ height: shape[0], width: shape[1], size }))
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`tilingOf: ${name} is ${value}; it must be an integer from 1`) // prettier-ignore
  if (!Number.isSafeInteger(overlap) || overlap < 0 || overlap > size / 2) throw new RangeError(`tilingOf: overlap is ${overlap}; it must be an integer from 0 to half the size, ${size / 2}`) // prettier-ignore
  const starts = (extent: number): number[] => {
    const count = Math.max(1, Math.ceil((extent - overlap) / (size - overlap)))
    return Array.from({ length: count }, (_, k) => Math.max(0, Math.min(k * (size - overlap), extent - size)))
  }
  const [rows, columns] = [starts(shape[0]), starts(shape[1])]
  return { shape, size, overlap, rows, columns, count: rows.length * columns.length }
}

/**
 * Tiles from, ..., to - 1 of a picture [height, width, channels], as [n, size, size, channels].
 * @throws RangeError for a picture of another size
 */
export function cutTiles(picture: Floats, tiling: Tiling, from = 0, to = tiling.count): Floats {
  const { size, rows, columns } = tiling
  const [height, width] = tiling.shape
  assertShape(picture, [height, width, null], 'cutTiles')
  const channels = picture.shape[2]!
  const data = elements(picture)
  const out = new Float32Array(Math.max(0, to - from) * size * size * channels)
  let at = 0
  for (let k = from; k < to; k++) {
    const [top, left] = [rows[Math.floor(k / columns.length)]!, columns[k % columns.length]!]
    for (let y = 0; y < size; y++) {
      const row = reflected(top + y, height) * width
      if (left + size <= width) {
        out.set(data.subarray((row + left) * channels, (row + left + size) * channels), at)
        at += size * channels
      } else
        for (let x = 0; x < size; x++)
          for (let c = 0, source = (row + reflected(left + x, width)) * channels; c < channels; c++) out[at++] = data[source + c]! // prettier-ignore
    }
  }
  return array(out, [Math.max(0, to - from), size, size, channels])
}

function reflected(i: number, n: number): number {
  const m = i % (2 * n)
  return m < n ? m : 2 * n - 1 - m
}

export interface Stitcher {
  /** Adds the maps of tiles from, from + 1, ..., [n, size, size]; each tile once, in any order. */
  add(maps: Floats, from: number): void
  /** The map, [height, width]. Throws RangeError while a tile is missing. */
  finish(): Floats
}

/** Joins the maps of tiles to one, in the memory of two maps whatever the number of tiles. */
export function openStitcher(tiling: Tiling): Stitcher {
  const { size, overlap, rows, columns, count } = tiling
  const [height, width] = tiling.shape
  const [sum, weight] = [new Float32Array(height * width), new Float32Array(height * width)]
  const added = new Uint8Array(count)
  const ramp = Float32Array.from({ length: size }, (_, i) =>
    Math.min(1, (Math.min(i, size - 1 - i) + 1) / (overlap + 1)),
  )

  function add(maps: Floats, from: number): void {
    assertShape(maps, [null, size, size], 'stitch')
    const n = maps.shape[0]!
    if (!Number.isInteger(from) || from < 0 || from + n > count) throw new RangeError(`stitch: tiles ${from} to ${from + n - 1} of ${count}`) // prettier-ignore
    const data = elements(maps)
    for (let k = from; k < from + n; k++) {
      if (added[k]) throw new RangeError(`stitch: tile ${k} was added before`)
      added[k] = 1
      const [top, left] = [rows[Math.floor(k / columns.length)]!, columns[k % columns.length]!]
      for (let y = 0; y < Math.min(size, height - top); y++)
        for (let x = 0, p = (top + y) * width + left; x < Math.min(size, width - left); x++, p++) {
          const w = ramp[y]! * ramp[x]!
          sum[p]! += w * data[((k - from) * size + y) * size + x]!
          weight[p]! += w
        }
    }
  }

  function finish(): Floats {
    const missing = added.indexOf(0)
    if (missing >= 0) throw new RangeError(`stitch: tile ${missing} of ${count} is missing`)
    return array(sum.map((s, p) => s / weight[p]!), [height, width]) // prettier-ignore
  }

  return { add, finish }
}

/**
 * The map of a large picture from a function of its tiles, `batch` of them at a time.
 *
 * @param picture [height, width, channels]
 * @param f from tiles [n, size, size, channels] to their maps [n, size, size]; `first` is the number of the first tile
 * @throws RangeError as `tilingOf`, for a batch below 1, or maps of another shape
 */
export async function mapTiles(
  picture: Floats,
  options: { readonly size: number; readonly overlap?: number; readonly batch?: number },
  f: (tiles: Floats, first: number) => Floats | Promise<Floats>,
): Promise<Floats> {
  const { batch = 16 } = options
  if (!Number.isSafeInteger(batch) || batch < 1) throw new RangeError(`mapTiles: batch is ${batch}; it must be an integer from 1`) // prettier-ignore
  assertShape(picture, [null, null, null], 'mapTiles')
  const tiling = tilingOf([picture.shape[0]!, picture.shape[1]!], options)
  const stitcher = openStitcher(tiling)
  for (let first = 0; first < tiling.count; first += batch) {
    const last = Math.min(tiling.count, first + batch)
    const maps = await f(cutTiles(picture, tiling, first, last), first)
    assertShape(maps, [last - first, tiling.size, tiling.size], `mapTiles: the maps of tiles ${first} to ${last - 1}`)
    stitcher.add(maps, first)
  }
  return stitcher.finish()
}
