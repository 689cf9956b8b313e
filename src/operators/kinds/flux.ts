/** Advective flux through segments: the flow times the field, integrated; exact in the field for values constant in cells. */
import { formula, type Formula } from '../../expression.js'
import type { Grid } from '../../physics/grid.js'
import { defineEntry, spaceOf } from '../entry.js'
import { rowsOf, type Row } from '../sparse-rows.js'
import { instantsOf, observedEach, timeParameter } from '../times.js'
import { placesOf, pointSchema, pointWeights } from './points.js'
import { between, piecesOf } from './segments.js'

/** Nodes and weights of three-point Gauss-Legendre on [0, 1]. */
const gauss = [[0.5 - Math.sqrt(0.15), 5 / 18], [0.5, 4 / 9], [0.5 + Math.sqrt(0.15), 5 / 18]] as const // prettier-ignore

type Velocity = (place: readonly number[], t: number, component: number) => number

function velocityOf(components: readonly (number | string)[], grid: Grid, where: string): Velocity {
  if (components.length !== grid.shape.length)
    throw new RangeError(`${where} has ${components.length} components; the grid has ${grid.shape.length} axes`)
  const parts: (number | Formula)[] = components.map(part => (typeof part === 'number' ? part : formula(part, { variables: ['x', 'y', 't'] }))) // prettier-ignore
  return ([x = 0, y = 0], t, component) => {
    const part = parts[component]!
    return typeof part === 'number' ? part : part.value({ x, y, t })
  }
}

/** Flux through a segment, towards the right of who walks from its first end to its second: n = (dy, -dx) / |d|. */
function fluxRow(grid: Grid, velocity: Velocity, ends: readonly (readonly number[])[], t: number): Row {
  const { p, d } = between(ends)
  return piecesOf(grid, p, d).map(({ cell, start, end }) => {
    const flow = gauss.reduce((sum, [node, weight]) => {
      const s = start + node * (end - start)
      const place = p.map((value, axis) => value + s * d[axis]!)
      return sum + weight * (velocity(place, t, 0) * d[1]! - velocity(place, t, 1) * d[0]!)
    }, 0)
    return [cell, (end - start) * flow]
  })
}

/** y_k = integral of x u . n along segment k; on a segment of a line, u x at a point. Output [segments]. */
export const flux = defineEntry({
  name: 'flux',
  description: 'Advective flux of the field through segments, or past points on a line',
  parameters: {
    segments: {
      description: 'segments as [end, end], in the units of the grid: the flux to the right of who walks from the first end to the second; on a line, points [x]', // prettier-ignore
      type: 'array',
      items: { type: 'array', items: pointSchema, minItems: 1, maxItems: 2 },
      minItems: 1,
      required: true,
    },
    velocity: {
      description: 'components of the flow: numbers, or formulas in x, y and t',
      type: 'array',
      items: { anyOf: [{ type: 'number' }, { type: 'string' }] },
      minItems: 1,
      maxItems: 2,
      required: true,
    },
    time: timeParameter,
  },
  create({ segments, velocity, time }, context) {
    const space = spaceOf(context, 'flux')
    const { domain, path } = context
    const { grid } = space
    const flow = velocityOf(velocity, grid, `${path}.velocity`)
    const ends = segments.map((list, k) => placesOf(grid, list, `${path}.segments[${k}]`))
    const short = ends.findIndex(list => list.length !== grid.shape.length)
    if (short >= 0) throw new RangeError(`${path}.segments[${short}] has ${ends[short]!.length} ends; wants ${grid.shape.length === 1 ? 'one point [x] on a line' : 'two'}`) // prettier-ignore
    const rows = (t: number): Row[] =>
      ends.map((list): Row => {
        if (grid.shape.length === 2) return fluxRow(grid, flow, list, t)
        const u = flow(list[0]!, t, 0)
        return pointWeights(grid, list[0]!).map(([cell, weight]) => [cell, u * weight])
      })
    const empty = ends.findIndex(list => grid.shape.length === 2 && between(list).length === 0)
    if (empty >= 0) throw new RangeError(`${path}.segments[${empty}] has no length`)
    const instants = instantsOf(space, time, path)
    return observedEach('flux', domain, [ends.length], instants, t => rowsOf(rows(t ?? 0), grid.size))
  },
})
