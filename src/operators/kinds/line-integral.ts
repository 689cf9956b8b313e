/** Line integrals along segments, or along the parallel rays of views as in tomography; exact for values constant in cells. */
import type { Grid } from '../../physics/grid.js'
import { derive, uniform, type Key } from '../../random.js'
import { defineEntry, drawInteger, integerRange, spaceOf } from '../entry.js'
import { rowsOf, type Row } from '../sparse-rows.js'
import { instantsOf, observed, timeParameter } from '../times.js'
import { placesOf, pointSchema } from './points.js'
import { between, piecesOf } from './segments.js'

/** Lengths of a segment in the cells that it crosses. */
function lengthsIn(grid: Grid, ends: readonly (readonly number[])[]): Row {
  const { p, d, length } = between(ends)
  return piecesOf(grid, p, d).map(({ cell, start, end }) => [cell, (end - start) * length])
}

/** The ray (p - centre) . n = offset with n = (cos angle, sin angle), from beyond one side to beyond the other. */
function ray({ lengths }: Grid, degrees: number, offset: number): [number[], number[]] {
  const angle = (degrees * Math.PI) / 180
  const [nx, ny] = [Math.cos(angle), Math.sin(angle)]
  const half = Math.hypot(...lengths)
  const [cx, cy] = [lengths[0]! / 2 + offset * nx, lengths[1]! / 2 + offset * ny]
  return [
    [cx + half * ny, cy - half * nx],
    [cx - half * ny, cy + half * nx],
  ]
}

/** Offsets of n rays, the middles of n equal parts of the diagonal. */
const spread = ({ lengths }: Grid, n: number): number[] =>
  Array.from({ length: n }, (_, k) => Math.hypot(...lengths) * ((k + 0.5) / n - 0.5))

/** n views, equally spaced over half a turn from `start` degrees. */
const turns = (n: number, start = 0): number[] => Array.from({ length: n }, (_, k) => start + (k * 180) / n)

function assertPlane({ shape }: Grid, what: string): void {
  if (shape.length !== 2) throw new RangeError(`${what} wants a grid of two axes; on a segment, give segments [[x0, x1]]`) // prettier-ignore
}

/** A chord of the rectangle: a uniform direction, and an offset uniform among those that meet it. */
function chord(grid: Grid, key: Key): number[][] {
  const u = uniform(key, new Float64Array(2))
  if (grid.lengths.length === 1) return [...u].sort((a, b) => a - b).map(x => [x * grid.lengths[0]!])
  const angle = 180 * u[0]!
  const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  const width = Math.abs(c) * grid.lengths[0]! + Math.abs(s) * grid.lengths[1]!
  const ends = ray(grid, angle, width * (u[1]! - 0.5))
  const { p, d } = between(ends)
  const pieces = piecesOf(grid, p, d)
  const at = (share: number): number[] => p.map((value, axis) => Math.min(grid.lengths[axis]!, Math.max(0, value + share * d[axis]!))) // prettier-ignore
  return [at(pieces[0]?.start ?? 0.5), at(pieces.at(-1)?.end ?? 0.5)]
}

/** y_k = integral of x along segment k. Output [segments] or [angles, offsets]. Random: chords, or views from a random start. */
export const lineIntegral = defineEntry({
  name: 'line-integral',
  description: 'Integrals along segments, or along parallel rays at several angles',
  parameters: {
    segments: {
      description: 'segments as [end, end], in the units of the grid; or give `angles` and `offsets`',
      type: 'array',
      items: { type: 'array', items: pointSchema, minItems: 2, maxItems: 2 },
      minItems: 1,
    },
    angles: {
      description: 'angles of the views in degrees: rays of direction (-sin, cos); or their number, over half a turn',
      anyOf: [
        { type: 'integer', minimum: 1 },
        { type: 'array', items: { type: 'number' }, minItems: 1 },
      ],
    },
    offsets: {
      description: 'signed distances of the rays from the centre, in the units of the grid; or their number, over the diagonal', // prettier-ignore
      anyOf: [
        { type: 'integer', minimum: 1 },
        { type: 'array', items: { type: 'number' }, minItems: 1 },
      ],
    },
    time: timeParameter,
  },
  create({ segments, angles, offsets, time }, context) {
    const space = spaceOf(context, 'line-integral')
    const { domain, path } = context
    const { grid } = space
    const views = angles !== undefined || offsets !== undefined
    if ((segments !== undefined) === views || (views && (angles === undefined || offsets === undefined)))
      throw new RangeError(`${path}: line-integral has either segments, or angles and offsets`)
    const instants = instantsOf(space, time, path)
    if (segments) {
      const ends = segments.map((pair, k) => placesOf(grid, pair, `${path}.segments[${k}]`))
      const rows = ends.map(pair => lengthsIn(grid, pair))
      const empty = ends.findIndex(pair => between(pair).length === 0)
      if (empty >= 0) throw new RangeError(`${path}.segments[${empty}] has no length`)
      return observed('line-integral', domain, [rows.length], instants, rowsOf(rows, grid.size))
    }
    assertPlane(grid, `${path}.angles`)
    const turned = typeof angles === 'number' ? turns(angles) : angles!
    const apart = typeof offsets === 'number' ? spread(grid, offsets) : offsets!
    const rows = turned.flatMap(angle => apart.map(offset => lengthsIn(grid, ray(grid, angle, offset))))
    return observed('line-integral', domain, [turned.length, apart.length], instants, rowsOf(rows, grid.size))
  },
  random: {
    parameters: {
      count: { description: 'number of random chords, or the range it is drawn from; or give `views` and `rays`', ...integerRange }, // prettier-ignore
      views: { description: 'number of equally spaced views, from a random angle, or its range', ...integerRange },
      rays: { description: 'number of rays of a view, or its range', ...integerRange },
      time: timeParameter,
    },
    draw({ count, views, rays, time }, key, context) {
      const { path } = context
      const { grid } = spaceOf(context, 'line-integral')
      if ((count === undefined) === (views === undefined) || (views === undefined) !== (rays === undefined))
        throw new RangeError(`${path}: random line integrals have either count, or views and rays`)
      if (count !== undefined) {
        const n = drawInteger(count, derive(key, 'count'), `${path}.count`)
        const segments = Array.from({ length: n }, (_, k) => chord(grid, derive(key, 'chord', k)))
        return { kind: 'line-integral', segments, time }
      }
      assertPlane(grid, `${path}.views`)
      const n = drawInteger(views!, derive(key, 'views'), `${path}.views`)
      const start = (180 / n) * uniform(derive(key, 'start'), new Float64Array(1))[0]!
      return { kind: 'line-integral', angles: turns(n, start), offsets: drawInteger(rays!, derive(key, 'rays'), `${path}.rays`), time } // prettier-ignore
    },
  },
})
