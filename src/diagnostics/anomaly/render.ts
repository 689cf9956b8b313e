/** Maps and decisions to look at: masks, heat maps, overlays and contact sheets, as pictures of 8 bits. */
import { array, assertShape, elements, type NdArray } from '../../io/array.js'
import type { Picture } from '../../io/image.js'

/** One map, [height, width]. */
export type Map2d = NdArray<Float32Array>

/** Colours of a heat map from low to high: matplotlib's inferno (N. Smith, S. van der Walt, CC0) at nine places. */
const inferno = [
  [0, 0, 4], [31, 12, 72], [85, 15, 109], [136, 34, 106], [186, 54, 85], [227, 89, 51], [249, 140, 10], [249, 201, 50], [252, 255, 164],
] as const // prettier-ignore

/** 255 where the map reaches the threshold, else 0; [height, width]. */
export function maskOf(map: Map2d, threshold: number): Picture {
  assertShape(map, [null, null], 'maskOf')
  if (Number.isNaN(threshold)) throw new RangeError('maskOf: the threshold is NaN')
  return array(
    Uint8Array.from(elements(map), v => (v >= threshold ? 255 : 0)),
    map.shape,
  )
}

/**
 * A map in colours, [height, width, 3].
 * @param scale what is shown darkest and brightest; take one for all pictures that are compared. The map's own unless given.
 */
export function heatOf(map: Map2d, scale: readonly [low: number, high: number] = extremes(map)): Picture {
  assertShape(map, [null, null], 'heatOf')
  const [low, high] = scale
  const data = elements(map)
  const out = new Uint8Array(3 * data.length)
  for (let p = 0; p < data.length; p++) {
    const t = high > low ? Math.min(1, Math.max(0, (data[p]! - low) / (high - low))) * (inferno.length - 1) : 0
    const k = Math.min(inferno.length - 2, Math.floor(t))
    for (let c = 0; c < 3; c++) out[3 * p + c] = Math.round(inferno[k]![c]! + (t - k) * (inferno[k + 1]![c]! - inferno[k]![c]!)) // prettier-ignore
  }
  return array(out, [...map.shape, 3])
}

function extremes(map: Map2d): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  for (const v of elements(map)) [low, high] = [Math.min(low, v), Math.max(high, v)]
  return [low, high]
}

/**
 * The picture with its anomaly tinted and outlined, [height, width, 3].
 * @param picture [height, width, 1 or 3]
 * @param mask [height, width], anomaly where it is not 0
 * @param colour of the outline; the tint is 35 % of it
 * @throws RangeError for other shapes
 */
export function overlayOf(picture: Picture, mask: Picture, colour: readonly number[] = [255, 40, 40]): Picture {
  assertShape(picture, [null, null, null], 'overlayOf')
  const [height = 0, width = 0, channels = 1] = picture.shape
  assertShape(mask, [height, width], 'overlayOf: the mask')
  const [source, marked] = [elements(picture), elements(mask)]
  const on = (y: number, x: number): boolean => y >= 0 && x >= 0 && y < height && x < width && marked[y * width + x]! > 0 // prettier-ignore
  const out = new Uint8Array(height * width * 3)
  for (let y = 0, p = 0; y < height; y++)
    for (let x = 0; x < width; x++, p++) {
      const inside = marked[p]! > 0
      // The outline lies just outside, so that thin anomalies stay visible under it.
      const edge = !inside && (on(y - 1, x) || on(y + 1, x) || on(y, x - 1) || on(y, x + 1))
      const share = edge ? 1 : inside ? 0.35 : 0
      for (let c = 0; c < 3; c++) {
        const value = source[p * channels + (channels === 1 ? 0 : c)]!
        out[3 * p + c] = Math.round(value + share * (colour[c]! - value))
      }
    }
  return array(out, [height, width, 3])
}

/**
 * Pictures in rows on one sheet, [height, width, 3]; grey and colour, [height, width] or [height, width, 1 or 3], of any size,
 * each in a cell as large as the largest.
 * @param gap white pixels between cells
 * @throws RangeError for other shapes
 */
export function contactSheet(rows: readonly (readonly Picture[])[], gap = 4): Picture {
  const all = rows.flat()
  for (const picture of all) assertShape(picture, picture.shape.length === 2 ? [null, null] : [null, null, null], 'contactSheet') // prettier-ignore
  const cell = [0, 1].map(axis => Math.max(1, ...all.map(picture => picture.shape[axis]!)) + gap)
  const [height, width] = [rows.length * cell[0]! + gap, Math.max(0, ...rows.map(row => row.length)) * cell[1]! + gap]
  const out = new Uint8Array(height * width * 3).fill(255)
  rows.forEach((row, j) =>
    row.forEach((picture, i) => {
      const [h = 0, w = 0, channels = 1] = picture.shape
      const data = elements(picture)
      for (let y = 0; y < h; y++)
        for (let x = 0; x < w; x++) {
          const at = 3 * ((j * cell[0]! + gap + y) * width + i * cell[1]! + gap + x)
          for (let c = 0; c < 3; c++) out[at + c] = data[(y * w + x) * channels + (channels === 1 ? 0 : c)]!
        }
    }),
  )
  return array(out, [height, width, 3])
}
