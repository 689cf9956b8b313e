/** Gaussian blur, on the grid or on a coarser lattice: a product of one matrix for each axis. */
import { cellGrid, type Grid } from '../../physics/grid.js'
import { derive } from '../../random.js'
import { defineEntry, drawNumber, numberRange, spaceOf } from '../entry.js'
import { separableOperator } from '../separable.js'
import { rowsOf, type SparseRows } from '../sparse-rows.js'
import { instantsOf, timeParameter } from '../times.js'

/** Widths of the kernel that are kept on either side: what is left out is below 4e-4 of its peak. */
const reach = 4

/**
 * A row for each of n equally spaced places along an axis: a Gaussian of `width` about the place, at the cell centres, with
 * sum 1. Cells beyond a side are the mirror images of those before it, or those of the other side.
 */
function kernel(
  { shape, lengths, spacing }: Grid,
  axis: number,
  width: number,
  n: number,
  periodic: boolean,
): SparseRows {
  // prettier-ignore
  const [cells, h] = [shape[axis]!, spacing[axis]!]
  const rows = Array.from({ length: n }, (_, k) => {
    const s = (((k + 0.5) / n) * lengths[axis]!) / h - 0.5 // the place, in cells
    const far = Math.max(1, Math.ceil((reach * width) / h))
    const near = Math.round(s)
    // Relative to the nearest cell, so that a kernel far narrower than a cell is that cell and not 0 / 0.
    const weights = Array.from({ length: 2 * far + 1 }, (_, d) => {
      const cell = near - far + d
      const square = (cell - s) ** 2 - (near - s) ** 2
      return [inside(cell, cells, periodic), Math.exp(-0.5 * square * (h / width) ** 2)] as const
    })
    const total = weights.reduce((sum, [, weight]) => sum + weight, 0)
    return weights.map(([cell, weight]) => [cell, weight / total] as const)
  })
  return rowsOf(rows, cells)
}

/** A cell beyond the sides, brought inside. */
function inside(cell: number, n: number, periodic: boolean): number {
  const wrap = (value: number, period: number): number => ((value % period) + period) % period
  if (periodic) return wrap(cell, n)
  const k = wrap(cell, 2 * n)
  return k < n ? k : 2 * n - 1 - k
}

const boundary = {
  description: 'how the field goes on beyond the sides: as its mirror image, or periodically',
  type: 'string',
  enum: ['mirror', 'periodic'],
  default: 'mirror',
} as const

const lattice = {
  description: 'places along each axis at which the blurred field is observed, equally spaced; every cell unless given',
  type: 'array',
  items: { type: 'integer', minimum: 1 },
  minItems: 1,
  maxItems: 2,
} as const

/** y = G x with G a Gaussian of standard deviation `width`, rows of sum 1. Output: the field, or [...lattice]. */
export const blur = defineEntry({
  name: 'blur',
  description: 'The field blurred by a Gaussian, on the grid or on a coarser lattice',
  parameters: {
    width: {
      description: 'standard deviation of the Gaussian, in the units of the grid',
      type: 'number',
      exclusiveMinimum: 0,
      required: true,
    },
    boundary,
    lattice,
    time: timeParameter,
  },
  create({ width, boundary, lattice, time }, context) {
    const space = spaceOf(context, 'blur')
    const { domain, path } = context
    const { grid } = space
    const shape = lattice ?? grid.shape
    if (shape.length !== grid.shape.length) throw new RangeError(`${path}.lattice has ${shape.length} numbers; the grid has ${grid.shape.length} axes`) // prettier-ignore
    const longest = Math.max(...grid.lengths)
    if (width > longest) throw new RangeError(`${path}.width = ${width} is wider than the domain, ${longest}`)
    const { rows, axis, times } = instantsOf(space, time, path)
    const kernels = shape.map((n, along) => kernel(grid, along, width, n, boundary === 'periodic'))
    const outputSpace = { grid: lattice ? cellGrid(shape, grid.lengths) : grid, ...(times && { times }) }
    const outputShape = [...axis, ...shape]
    return separableOperator('blur', domain.shape, outputShape, [...(rows ? [rows] : []), ...kernels], outputSpace)
  },
  random: {
    parameters: {
      width: {
        description: 'standard deviation of the Gaussian, or the range it is drawn from, in the units of the grid',
        ...numberRange,
        required: true,
      },
      boundary,
      lattice,
      time: timeParameter,
    },
    draw: ({ width, ...rest }, key, { path }) => ({
      kind: 'blur',
      ...rest,
      width: drawNumber(width, derive(key, 'width'), `${path}.width`),
    }),
  },
})
