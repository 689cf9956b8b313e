/** What the transient and the steady problem share: the grid's faces, its order of elimination, and the systems of a flow. */
import { elements, shapeText, type NdArray } from '../io/array.js'
import { minimumDegree } from '../linalg/minimum-degree.js'
import { analyse, factor, type FactorPattern, type Factors } from '../linalg/sparse-lu.js'
import { assemble, assertPeriodic, facesOf, shifted, structureOf, type Inlet, type Volumes } from './finite-volumes.js'
import { stillness } from './flows.js'
import type { Grid } from './grid.js'
import { boundaryOf, type Boundary, type Sides } from './sides.js'
import { flowAt, type Flow, type Velocity } from './velocity.js'

/** What every problem of advection and diffusion states. */
export interface Transport {
  readonly grid: Grid
  /** The flow; none unless given. */
  readonly velocity?: Flow
  /** Diffusivity >= 0: one number, or one for each cell, with the shape of the grid. */
  readonly kappa: number | NdArray
  readonly sides: Sides
  /**
   * The largest cell Peclet number |u| h / kappa; 2 unless given, and 2 is where wiggles can begin. Raise it for fields
   * that are smooth on the grid only.
   */
  readonly maxPeclet?: number
}

/** A factored shift I + scale L, and where the sides' data enter. */
export interface System {
  readonly factors: Factors
  readonly inlets: readonly Inlet[]
}

export interface Discretisation {
  readonly grid: Grid
  readonly boundary: Boundary
  /** The cell eliminated k-th, and its inverse. */
  readonly order: Int32Array
  readonly place: Int32Array
  readonly steady: boolean
  /** L at a time, and the flow it comes from; checked. */
  readonly volumesAt: (t: number) => { readonly volumes: Volumes; readonly velocity: Velocity }
  readonly factored: (volumes: Volumes, shift: number, scale: number) => System
  /** The largest |u| h / kappa of a flow. */
  readonly peclet: (velocity: Velocity) => number
}

/** Checks a problem and prepares it. Throws RangeError as `advectionDiffusion` tells. */
export function discretise(where: string, { grid, velocity, kappa, sides, maxPeclet = 2 }: Transport): Discretisation {
  const boundary = boundaryOf(where, grid.shape.length, sides)
  const { order, place, pattern } = topologyOf(grid, boundary.periodic)
  const diffusivity = diffusivityOf(where, grid, kappa)
  const ordered = diffusivity.map((_, k) => diffusivity[order[k]!]!)
  const faces = facesOf(grid, boundary, place)
  const structure = structureOf(faces)
  const flow = velocity ?? stillness(grid)

  function peclet({ normal }: Velocity): number {
    const inner = faces.inner.map(({ axis, from, to, face }): number => {
      const [u, h] = [normal[axis]!.data, grid.spacing[axis]!]
      return face.reduce((max, at, k) => {
        const speed = Math.abs(u[at]!)
        return speed === 0 ? max : Math.max(max, (speed * h) / Math.min(ordered[from[k]!]!, ordered[to[k]!]!))
      }, 0)
    })
    return Math.max(0, ...inner)
  }

  function volumesAt(t: number): { volumes: Volumes; velocity: Velocity } {
    const now = flowAt(flow, t)
    if (shapeText(now.grid.shape) !== shapeText(grid.shape) || shapeText(now.grid.lengths) !== shapeText(grid.lengths))
      throw new RangeError(`${where}: the flow is on a grid ${shapeText(now.grid.shape)} of lengths ${shapeText(now.grid.lengths)}, not ${shapeText(grid.shape)} of ${shapeText(grid.lengths)}`) // prettier-ignore
    assertPeriodic(where, boundary, now)
    assertPeclet(where, grid, now, peclet(now), maxPeclet)
    return { volumes: assemble(where, faces, now, ordered), velocity: now }
  }

  const factored = (volumes: Volumes, shift: number, scale: number): System => ({
    factors: factor(pattern, shifted(structure, volumes, shift, scale)),
    inlets: volumes.inlets,
  })

  return { grid, boundary, order, place, steady: typeof flow !== 'function', volumesAt, factored, peclet }
}

/** What the shape alone decides: the order of elimination and the pattern of the factors. */
interface Topology {
  readonly order: Int32Array
  readonly place: Int32Array
  readonly pattern: FactorPattern
}

/** Topologies met before, the latest last: problems that differ in flow or diffusivity share them. */
const topologies = new Map<string, Topology>()

function topologyOf(grid: Grid, periodic: readonly boolean[]): Topology {
  const name = JSON.stringify([grid.shape, periodic])
  const known = topologies.get(name)
  if (known) return known
  const boundary = { periodic, sides: [] }
  const { pointers, columns } = structureOf(facesOf(grid, boundary, Int32Array.from({ length: grid.size }, (_, k) => k))) // prettier-ignore
  const order = minimumDegree(pointers, columns)
  const place = new Int32Array(order.length)
  order.forEach((cell, k) => (place[cell] = k))
  const topology = { order, place, pattern: analyse(structureOf(facesOf(grid, boundary, place))) }
  topologies.set(name, topology)
  if (topologies.size > 8) topologies.delete(topologies.keys().next().value!)
  return topology
}

function diffusivityOf(where: string, grid: Grid, kappa: number | NdArray): Float64Array {
  const values = typeof kappa === 'number' ? new Float64Array(grid.size).fill(kappa) : Float64Array.from(elements(kappa) as Float64Array) // prettier-ignore
  if (values.length !== grid.size || (typeof kappa !== 'number' && shapeText(kappa.shape) !== shapeText(grid.shape)))
    throw new RangeError(`${where}: kappa has shape ${typeof kappa === 'number' ? '' : shapeText(kappa.shape)}, the grid ${shapeText(grid.shape)}`) // prettier-ignore
  const bad = values.find(value => !(value >= 0 && value < Infinity))
  if (bad !== undefined)
    throw new RangeError(`${where}: kappa = ${bad}; a diffusivity is a finite number from 0 (negative diffusion is ill-posed)`) // prettier-ignore
  return values
}

function assertPeclet(where: string, grid: Grid, { normal }: Velocity, peclet: number, limit: number): void {
  if (peclet <= limit * (1 + 1e-12)) return
  const factor = peclet / limit
  const finer = Number.isFinite(factor) ? `a grid of ${shapeText(grid.shape.map((n, axis) => (moves(normal[axis]!.data) ? Math.ceil(n * factor) : n)))} cells, ` : '' // prettier-ignore
  const speed = normal.reduce((max, { data }, axis) => data.reduce((m, u) => Math.max(m, Math.abs(u) * grid.spacing[axis]!), max), 0) // prettier-ignore
  throw new RangeError(
    `${where}: the cell Peclet number |u| h / kappa is ${peclet.toPrecision(3)}, above ${limit}: the solution could oscillate. ` +
      `Take ${finer}kappa >= ${(speed / limit).toPrecision(3)} or a slower flow`,
  )
}

const moves = (u: Float64Array): boolean => u.some(value => value !== 0)
