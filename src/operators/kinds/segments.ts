/** Straight lines through a grid, cell by cell. */
import type { Grid } from '../../physics/grid.js'

/** The part of a segment in one cell: from p + start d to p + end d. */
export interface Piece {
  readonly cell: number
  readonly start: number
  readonly end: number
}

type Vector = readonly number[]

/**
 * The pieces of the segment p + s d, 0 <= s <= 1, that lie in the cells of the grid, in order. A segment along a face counts
 * for the cell above it (for the one below on the upper side). Parts outside of the grid are left out.
 *
 * Source: R. L. Siddon, "Fast calculation of the exact radiological path", Medical Physics 12 (1985).
 */
export function piecesOf({ shape, lengths, spacing }: Grid, p: Vector, d: Vector): Piece[] {
  const clip = lengths.reduce<readonly [number, number]>(
    ([from, to], length, axis) => {
      const [a, b] = [p[axis]!, d[axis]!]
      if (b === 0) return a >= 0 && a <= length ? [from, to] : [1, 0]
      const ends = [-a / b, (length - a) / b]
      return [Math.max(from, Math.min(...ends)), Math.min(to, Math.max(...ends))]
    },
    [0, 1],
  )
  const [from, to] = clip
  if (!(from < to)) return []
  const crossings = shape.flatMap((n, axis) => {
    const [a, b, h] = [p[axis]!, d[axis]!, spacing[axis]!]
    if (b === 0) return []
    return Array.from({ length: n - 1 }, (_, k) => ((k + 1) * h - a) / b).filter(s => s > from && s < to)
  })
  const cuts = [from, ...crossings.sort((a, b) => a - b), to]
  return cuts.slice(1).flatMap((end, k) => {
    const start = cuts[k]!
    if (end <= start) return []
    const cell = shape.reduce((index, n, axis) => {
      const at = (p[axis]! + ((start + end) / 2) * d[axis]!) / spacing[axis]!
      return index * n + Math.min(n - 1, Math.max(0, Math.floor(at)))
    }, 0)
    return [{ cell, start, end }]
  })
}

/** The segment of a pair of ends. */
export const between = ([from, to]: readonly (readonly number[])[]): { p: Vector; d: Vector; length: number } => {
  const d = to!.map((value, axis) => value - from![axis]!)
  return { p: from!, d, length: Math.hypot(...d) }
}
