/** Places on a grid: how a configuration writes them, and how a field is read between its cell centres. */
import type { Grid } from '../../physics/grid.js'
import type { Row } from '../sparse-rows.js'

/** A point: [x], [x, y], or a bare x on a segment. */
export const pointSchema = {
  anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' }, minItems: 1, maxItems: 2 }],
} as const

export type Point = number | readonly number[]

/** The coordinates of a point within the grid. Throws RangeError outside, or for another number of axes. */
export function placeOf({ lengths }: Grid, point: Point, where: string): readonly number[] {
  const place = typeof point === 'number' ? [point] : point
  const extent = lengths.map(length => `[0, ${length}]`).join(' x ')
  if (place.length !== lengths.length || !place.every((value, axis) => value >= 0 && value <= lengths[axis]!))
    throw new RangeError(`${where} = [${place.join(', ')}] is no point of ${extent}`)
  return place
}

/** The points of a list. Throws as `placeOf`. */
export const placesOf = (grid: Grid, points: readonly Point[], where: string): (readonly number[])[] =>
  points.map((point, k) => placeOf(grid, point, `${where}[${k}]`))

/**
 * Weights that read a field at a coordinate of an axis: linear between the two nearest cell centres, continued to the sides,
 * so that linear fields are exact everywhere.
 */
export function linearWeights({ shape, spacing }: Grid, axis: number, at: number): Row {
  const n = shape[axis]!
  if (n === 1) return [[0, 1]]
  const s = at / spacing[axis]! - 0.5
  const left = Math.min(n - 2, Math.max(0, Math.floor(s)))
  return [
    [left, left + 1 - s],
    [left + 1, s - left],
  ]
}

/** The product of weights along each axis, over the cells in C order. */
export function outer(grid: Grid, weights: readonly Row[]): Row {
  const [along, across] = weights
  if (!across) return along!
  return along!.flatMap(([i, a]) => across.map(([j, b]) => [i * grid.shape[1]! + j, a * b] as const))
}

/** Bilinear weights of a place (linear on a segment). */
export const pointWeights = (grid: Grid, place: readonly number[]): Row =>
  outer(grid, place.map((at, axis) => linearWeights(grid, axis, at))) // prettier-ignore
