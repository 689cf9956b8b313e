/** Point sensors: the field at given places, bilinear between cell centres; at one time, at all, or as series. */
import type { Key } from '../../random.js'
import { derive } from '../../random.js'
import { defineEntry, drawInteger, drawPoints, integerRange, spaceOf, type Range } from '../entry.js'
import { rowsOperator } from '../linear.js'
import type { Space } from '../operator.js'
import { instantsOf, observed, timeParameter, timeRow } from '../times.js'
import { kronecker, multiplyRows, rowsOf, unitRows } from '../sparse-rows.js'
import { placesOf, pointSchema, pointWeights } from './points.js'

const points = {
  description: 'places [x, y] (or x on a segment), in the units of the grid',
  type: 'array',
  items: pointSchema,
  minItems: 1,
} as const

const random = {
  count: { description: 'number of sensors, or the range it is drawn from', ...integerRange, required: true },
  margin: {
    description: 'share of each length that sensors keep from the sides',
    type: 'number',
    minimum: 0,
    maximum: 0.49,
    default: 0,
  },
} as const

function drawn(space: Space, ranges: { count: Range; margin: number }, key: Key, path: string): number[][] {
  const count = drawInteger(ranges.count, derive(key, 'count'), `${path}.count`)
  return drawPoints(space, count, ranges.margin, derive(key, 'points'))
}

/** y_i = x(p_i). Output [points], after an axis of times for 'all'. Random: uniform places. */
export const sensors = defineEntry({
  name: 'sensors',
  description: 'The field at points, linear between cell centres',
  parameters: { points: { ...points, required: true }, time: timeParameter },
  create({ points, time }, context) {
    const space = spaceOf(context, 'sensors')
    const { domain, path } = context
    const places = placesOf(space.grid, points, `${path}.points`)
    const cells = rowsOf(places.map(place => pointWeights(space.grid, place)), space.grid.size) // prettier-ignore
    return observed('sensors', domain, [places.length], instantsOf(space, time, path), cells)
  },
  random: {
    parameters: { ...random, time: timeParameter },
    draw: (ranges, key, context) => ({
      kind: 'sensors',
      points: drawn(spaceOf(context, 'sensors'), ranges, key, context.path),
      time: ranges.time,
    }),
  },
})

const times = {
  description: 'times of the samples, interpolated linearly; all times of the field unless given',
  type: 'array',
  items: { type: 'number' },
  minItems: 1,
} as const

/** y_ik = x(t_k, p_i): each sensor's series. Output [points, times]. Random: uniform places. */
export const sensorSeries = defineEntry({
  name: 'sensor-series',
  description: 'The field in time at points: one series for each',
  parameters: { points: { ...points, required: true }, times },
  create({ points, times }, context) {
    const space = spaceOf(context, 'sensor-series')
    const { domain, path } = context
    if (!space.times) throw new RangeError(`${path}: sensor-series observes a field in time, but this one has no times: use sensors`) // prettier-ignore
    const at = times ?? space.times
    const cells = rowsOf(placesOf(space.grid, points, `${path}.points`).map(place => pointWeights(space.grid, place)), space.grid.size) // prettier-ignore
    const levels = rowsOf(at.map((t, k) => timeRow(space, t, `${path}.times[${k}]`)), space.times.length) // prettier-ignore
    // Rows by time and then by sensor, in the order [points, times] of the output.
    const order = Array.from({ length: points.length * at.length }, (_, k) => (k % at.length) * points.length + Math.floor(k / at.length)) // prettier-ignore
    const series = multiplyRows(unitRows(order.length, order), kronecker(levels, cells))
    return rowsOperator('sensor-series', domain.shape, [points.length, at.length], series) // prettier-ignore
  },
  random: {
    parameters: { ...random, times },
    draw: (ranges, key, context) => ({
      kind: 'sensor-series',
      points: drawn(spaceOf(context, 'sensor-series'), ranges, key, context.path),
      ...(ranges.times && { times: ranges.times }),
    }),
  },
})
