/**
 * Cell-centred grids on a segment or a rectangle. Axis 0 is x and axis 1 is y: an array [nx, ny] has c[i, j] at
 * ((i + 1/2) hx, (j + 1/2) hy), and stands for the mean of its cell.
 */
import { shapeText } from '../io/array.js'

export interface Grid {
  /** Cells along each axis: [nx] or [nx, ny]. */
  readonly shape: readonly number[]
  /** Physical extent of each axis. */
  readonly lengths: readonly number[]
  /** Width of a cell along each axis. */
  readonly spacing: readonly number[]
  /** Number of cells. */
  readonly size: number
  /** Volume of a cell. */
  readonly volume: number
}

/**
 * A grid of `shape` cells on [0, lengths[0]] x [0, lengths[1]].
 *
 * @param lengths 1 along each axis unless given.
 * @throws RangeError for other than one or two axes, an extent that is no positive integer, or a length that is not positive.
 */
export function cellGrid(shape: readonly number[], lengths: readonly number[] = shape.map(() => 1)): Grid {
  if ((shape.length !== 1 && shape.length !== 2) || !shape.every(n => Number.isSafeInteger(n) && n >= 1))
    throw new RangeError(`grid: shape ${shapeText(shape)}; wants one or two positive integers, [nx] or [nx, ny]`)
  if (lengths.length !== shape.length || !lengths.every(l => l > 0 && l < Infinity))
    throw new RangeError(`grid: lengths ${shapeText(lengths)} of a grid ${shapeText(shape)}; wants one positive number for each axis`) // prettier-ignore
  const spacing = shape.map((n, axis) => lengths[axis]! / n)
  const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1)
  return { shape: [...shape], lengths: [...lengths], spacing, size: product(shape), volume: product(spacing) }
}

/** Coordinates of the cell centres along an axis. */
export const centers = ({ shape, spacing }: Grid, axis: number): Float64Array =>
  Float64Array.from({ length: shape[axis]! }, (_, i) => (i + 0.5) * spacing[axis]!)

/** Coordinates of the faces along an axis, both ends included. */
export const faces = ({ shape, spacing }: Grid, axis: number): Float64Array =>
  Float64Array.from({ length: shape[axis]! + 1 }, (_, i) => i * spacing[axis]!)

/** x and y of every cell in C order; y is 0 on a segment. */
export function cellCoordinates(grid: Grid): { x: Float64Array; y: Float64Array } {
  const [xs, ys] = [centers(grid, 0), grid.shape.length === 2 ? centers(grid, 1) : Float64Array.of(0)]
  const at = (k: number): [number, number] => [Math.floor(k / ys.length), k % ys.length]
  return {
    x: Float64Array.from({ length: grid.size }, (_, k) => xs[at(k)[0]]!),
    y: Float64Array.from({ length: grid.size }, (_, k) => ys[at(k)[1]]!),
  }
}
