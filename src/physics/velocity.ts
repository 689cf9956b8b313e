/**
 * Incompressible flow on a grid, as mean normal velocities of faces: u on the nx + 1 faces across x, v on the ny + 1 faces
 * across y. Discretely free of divergence: the net flow out of every cell is zero, so that a uniform concentration stays
 * uniform. In two dimensions that is exact when the velocities are differences of a stream function psi at the corners,
 *
 *   u = d psi / dy,   v = -d psi / dx.
 */
import { array, assertShape, elements, shapeText, type NdArray } from '../io/array.js'
import { faces, type Grid } from './grid.js'

export interface Velocity {
  readonly grid: Grid
  /** [u] with u [nx + 1]; or [u, v] with u [nx + 1, ny] and v [nx, ny + 1]. */
  readonly normal: readonly NdArray<Float64Array>[]
}

/** A steady flow, or one in time. */
export type Flow = Velocity | ((t: number) => Velocity)

export const flowAt = (flow: Flow, t: number): Velocity => (typeof flow === 'function' ? flow(t) : flow)

/** Shape of the faces across an axis. */
export const faceShape = ({ shape }: Grid, axis: number): number[] => shape.map((n, k) => (k === axis ? n + 1 : n))

/** Relative to the fastest flow through a cell; what quadrature leaves of a smooth formula is far below. */
const tolerance = 1e-8

/**
 * A flow from its normal velocities at the faces, checked.
 *
 * @throws RangeError for a wrong shape, a value that is not finite, or a cell with net outflow.
 */
export function faceVelocity(grid: Grid, normal: readonly NdArray[]): Velocity {
  if (normal.length !== grid.shape.length)
    throw new RangeError(`velocity: ${normal.length} components on a grid ${shapeText(grid.shape)}; wants one for each axis`) // prettier-ignore
  const components = normal.map((component, axis) => {
    assertShape(component, faceShape(grid, axis), `velocity: component ${axis}`)
    const values = Float64Array.from(elements(component) as Float64Array)
    const bad = values.findIndex(value => !Number.isFinite(value))
    if (bad >= 0) throw new RangeError(`velocity: component ${axis} has ${values[bad]!} at face ${bad} in C order`)
    return array(values, faceShape(grid, axis))
  })
  const velocity = { grid, normal: components }
  assertDivergenceFree(velocity)
  return velocity
}

/** Net outflow of each cell over its volume: (u_right - u_left)/hx + (v_top - v_bottom)/hy, in C order. */
export function divergence({ grid, normal }: Velocity): Float64Array {
  const out = new Float64Array(grid.size)
  const ny = grid.shape[1] ?? 1
  const [u, v] = normal.map(component => component.data)
  const [hx, hy = 1] = grid.spacing
  for (let k = 0; k < grid.size; k++) {
    const below = k + Math.floor(k / ny) // v has ny + 1 faces in a row
    out[k] = (u![k + ny]! - u![k]!) / hx! + (v ? (v[below + 1]! - v[below]!) / hy : 0)
  }
  return out
}

/** Largest normal velocity at a face. */
export const maxSpeed = ({ normal }: Velocity): number =>
  normal.reduce((max, { data }) => data.reduce((m, value) => Math.max(m, Math.abs(value)), max), 0)

function assertDivergenceFree(velocity: Velocity): void {
  const { grid } = velocity
  const rates = divergence(velocity)
  const scale = maxSpeed(velocity) / Math.min(...grid.spacing)
  let worst = 0
  rates.forEach((rate, k) => {
    if (Math.abs(rate) > Math.abs(rates[worst]!)) worst = k
  })
  if (Math.abs(rates[worst]!) <= tolerance * scale) return
  const ny = grid.shape[1]
  const cell = ny === undefined ? [worst] : [Math.floor(worst / ny), worst % ny]
  throw new RangeError(
    `velocity: not free of divergence: cell ${shapeText(cell)} has ${rates[worst]!.toPrecision(3)} (fastest exchange ${scale.toPrecision(3)}); ` +
      (ny === undefined ? 'a flow on a segment is uniform' : 'give a stream function psi, with u = d psi/dy and v = -d psi/dx'), // prettier-ignore
  )
}

/**
 * The flow of a stream function given at the corners, psi [nx + 1, ny + 1] in C order.
 *
 * @throws RangeError on a segment, or for a wrong shape or a value that is not finite.
 */
export function streamVelocity(grid: Grid, psi: Float64Array): Velocity {
  const [nx, ny] = grid.shape
  if (ny === undefined) throw new RangeError(`velocity: a stream function wants a grid of two axes, not ${shapeText(grid.shape)}`) // prettier-ignore
  if (psi.length !== (nx! + 1) * (ny + 1))
    throw new RangeError(`velocity: psi has ${psi.length} values, not the corners ${shapeText([nx! + 1, ny + 1])}`)
  const [hx, hy] = grid.spacing
  const u = new Float64Array((nx! + 1) * ny)
  const v = new Float64Array(nx! * (ny + 1))
  for (let i = 0; i <= nx!; i++)
    for (let j = 0; j < ny; j++) u[i * ny + j] = (psi[i * (ny + 1) + j + 1]! - psi[i * (ny + 1) + j]!) / hy!
  for (let k = 0; k < v.length; k++) v[k] = (psi[k]! - psi[k + ny + 1]!) / hx!
  return faceVelocity(grid, [array(u, faceShape(grid, 0)), array(v, faceShape(grid, 1))])
}

/** `streamVelocity` of a function psi(x, y). */
export function streamFunction(grid: Grid, psi: (x: number, y: number) => number): Velocity {
  if (grid.shape.length === 1) return streamVelocity(grid, new Float64Array(0))
  const [xs, ys] = [faces(grid, 0), faces(grid, 1)]
  return streamVelocity(grid, Float64Array.from([...xs].flatMap(x => [...ys].map(y => psi(x, y)))))
}
