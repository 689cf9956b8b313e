/** Means over footprints: equal blocks that cover the domain, or rectangles; cells count by the part that lies inside. */
import { cellGrid, type Grid } from '../../physics/grid.js'
import { derive, uniform } from '../../random.js'
import { defineEntry, drawInteger, drawNumber, integerRange, numberRange, spaceOf } from '../entry.js'
import { kronecker, rowsOf, type Row, type SparseRows } from '../sparse-rows.js'
import { instantsOf, observed, timeParameter } from '../times.js'
import { outer, placeOf, pointSchema } from './points.js'

/** Shares of [from, to] that lie in the cells of an axis; they add up to 1. */
function overlaps({ shape, spacing }: Grid, axis: number, from: number, to: number): Row {
  const [n, h] = [shape[axis]!, spacing[axis]!]
  const [first, last] = [Math.floor(from / h), Math.min(n, Math.ceil(to / h))]
  const shares = Array.from({ length: last - first }, (_, k): [number, number] => {
    const cell = first + k
    return [cell, Math.max(0, Math.min(to, (cell + 1) * h) - Math.max(from, cell * h)) / (to - from)]
  })
  const total = shares.reduce((sum, [, share]) => sum + share, 0)
  return shares.map(([cell, share]) => [cell, share / total])
}

/** Means over n equal intervals of an axis. */
const intervals = (grid: Grid, axis: number, n: number): SparseRows => {
  const width = grid.lengths[axis]! / n
  return rowsOf(Array.from({ length: n }, (_, b) => overlaps(grid, axis, b * width, (b + 1) * width)), grid.shape[axis]!) // prettier-ignore
}

function footprintRow(grid: Grid, corners: readonly (number | readonly number[])[], where: string): Row {
  const [from, to] = corners.map((corner, k) => placeOf(grid, corner, `${where}[${k}]`))
  const thin = from!.findIndex((low, axis) => low >= to![axis]!)
  if (thin >= 0) throw new RangeError(`${where}: from ${from![thin]!} to ${to![thin]!} along axis ${thin} is empty; the lower corner comes first`) // prettier-ignore
  return outer(grid, from!.map((low, axis) => overlaps(grid, axis, low, to![axis]!))) // prettier-ignore
}

/** y_b = mean of x over footprint b. Output [...blocks] or [footprints]. Random: rectangles inside the domain. */
export const blockMean = defineEntry({
  name: 'block-mean',
  description: 'Means over footprints: equal blocks, or rectangles',
  parameters: {
    blocks: {
      description: 'number of equal blocks along each axis; or give `footprints`',
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      minItems: 1,
      maxItems: 2,
    },
    footprints: {
      description: 'rectangles as [lower corner, upper corner], in the units of the grid; or give `blocks`',
      type: 'array',
      items: { type: 'array', items: pointSchema, minItems: 2, maxItems: 2 },
      minItems: 1,
    },
    time: timeParameter,
  },
  create({ blocks, footprints, time }, context) {
    const space = spaceOf(context, 'block-mean')
    const { domain, path } = context
    const { grid } = space
    if ((blocks === undefined) === (footprints === undefined)) throw new RangeError(`${path}: block-mean has either blocks or footprints`) // prettier-ignore
    const instants = instantsOf(space, time, path)
    if (footprints) {
      const rows = footprints.map((corners, k) => footprintRow(grid, corners, `${path}.footprints[${k}]`))
      return observed('block-mean', domain, [rows.length], instants, rowsOf(rows, grid.size))
    }
    if (blocks!.length !== grid.shape.length) throw new RangeError(`${path}.blocks has ${blocks!.length} numbers; the grid has ${grid.shape.length} axes`) // prettier-ignore
    const cells = blocks!.map((n, axis) => intervals(grid, axis, n)).reduce(kronecker)
    return observed('block-mean', domain, blocks!, instants, cells, cellGrid(blocks!, grid.lengths))
  },
  random: {
    parameters: {
      count: { description: 'number of rectangles, or the range it is drawn from', ...integerRange, required: true },
      size: { description: 'width of each side, or the range it is drawn from, in the units of the grid', ...numberRange, required: true }, // prettier-ignore
      time: timeParameter,
    },
    draw({ count, size, time }, key, context) {
      const { path } = context
      const { grid } = spaceOf(context, 'block-mean')
      const n = drawInteger(count, derive(key, 'count'), `${path}.count`)
      const footprints = Array.from({ length: n }, (_, k) => {
        const sides = grid.lengths.map((length, axis) => Math.min(length, drawNumber(size, derive(key, 'size', k, axis), `${path}.size`))) // prettier-ignore
        const u = uniform(derive(key, 'place', k), new Float64Array(sides.length))
        const from = sides.map((side, axis) => u[axis]! * (grid.lengths[axis]! - side))
        return [from, from.map((low, axis) => Math.min(grid.lengths[axis]!, low + sides[axis]!))]
      })
      return { kind: 'block-mean', footprints, time }
    },
  },
})
