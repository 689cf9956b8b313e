/**
 * d_t c + div(u c) = div(kappa grad c) + f on a grid, as dc/dt = -L c + f + B g with g the data of the sides.
 *
 * Conservative finite volumes, order 2: through the face from cell a to cell b flow u and diffusion kappa carry
 *
 *   F = u (c_a + c_b)/2 - kappa (c_b - c_a)/h,   that is  F/h = out c_a - in c_b,   out, in = kappa/h^2 +- u/(2h),
 *
 * so that L has out and in on the diagonal and -out, -in off it. L is an M-matrix, and the solution free of wiggles, while
 * both rates are positive: |u| h / kappa <= 2, the cell Peclet number. kappa at a face is the harmonic mean of its cells;
 * a side with a given value lies half a cell away.
 */
import type { SparseMatrix } from '../linalg/sparse-lu.js'
import type { Grid } from './grid.js'
import type { Boundary, Side } from './sides.js'
import { maxSpeed, type Velocity } from './velocity.js'

/** The faces between cells, and those at the sides, in the order of elimination; the same at all times. */
export interface Faces {
  readonly size: number
  readonly inner: { readonly axis: number; readonly from: Int32Array; readonly to: Int32Array; readonly face: Int32Array }[]
  readonly outer: { readonly side: Side; readonly cells: Int32Array; readonly face: Int32Array }[]
} // prettier-ignore

/** The data of a side enter cell cells[k] at the rate coefficients[k]. */
export interface Inlet {
  readonly side: Side
  readonly cells: Int32Array
  readonly coefficients: Float64Array
}

/** L, by the rates of its faces, and B. */
export interface Volumes {
  readonly diagonal: Float64Array
  /** Rates from `from` to `to` and back, for each axis. */
  readonly rates: readonly { readonly out: Float64Array; readonly back: Float64Array }[]
  readonly inlets: readonly Inlet[]
}

/** Enumerates the faces. `place[cell]` is the place of a cell (in C order) in the order of elimination. */
export function facesOf({ shape, size }: Grid, { periodic, sides }: Boundary, place: Int32Array): Faces {
  const ny = shape[1] ?? 1
  const strides = [ny, 1]
  const across = shape.map((n, axis) => (face: number, along: number): [cell: number, face: number] => [
    axis === 0 ? (face % n) * ny + along : along * ny + (face % n),
    axis === 0 ? face * ny + along : along * (ny + 1) + face,
  ])
  const inner = shape.map((n, axis) => {
    const [from, to, index]: [number[], number[], number[]] = [[], [], []]
    for (let along = 0; along < size / n; along++)
      for (let face = 1; face <= (periodic[axis] && n > 1 ? n : n - 1); face++) {
        const [cell, at] = across[axis]!(face, along)
        from.push(place[face === n ? cell + (n - 1) * strides[axis]! : cell - strides[axis]!]!)
        to.push(place[cell]!)
        index.push(at)
      }
    return { axis, from: Int32Array.from(from), to: Int32Array.from(to), face: Int32Array.from(index) }
  })
  const outer = sides.map(side => {
    const n = shape[side.axis]!
    const pairs = Array.from({ length: size / n }, (_, along) => [
      across[side.axis]!(side.far ? n - 1 : 0, along)[0],
      across[side.axis]!(side.far ? n : 0, along)[1],
    ])
    return { side, cells: Int32Array.from(pairs, p => place[p[0]!]!), face: Int32Array.from(pairs, p => p[1]!) }
  })
  return { size, inner, outer }
}

/**
 * L and B of a flow.
 *
 * @param kappa diffusivity of each cell, in the order of elimination.
 * @throws RangeError where flow crosses a wall, enters through an outflow, or differs between periodic sides.
 */
export function assemble(where: string, faces: Faces, velocity: Velocity, kappa: Float64Array): Volumes {
  const { spacing } = velocity.grid
  const diagonal = new Float64Array(faces.size)
  const rates = faces.inner.map(({ axis, from, to, face }) => {
    const u = velocity.normal[axis]!.data
    const h = spacing[axis]!
    const [out, back] = [new Float64Array(from.length), new Float64Array(from.length)]
    for (let k = 0; k < from.length; k++) {
      const [a, b] = [from[k]!, to[k]!]
      const diffusion = harmonicMean(kappa[a]!, kappa[b]!) / (h * h)
      const flow = u[face[k]!]! / (2 * h)
      diagonal[a]! += out[k] = diffusion + flow
      diagonal[b]! += back[k] = diffusion - flow
    }
    return { out, back }
  })
  const wind = 1e-12 * maxSpeed(velocity) // what round-off leaves of a stream function along a wall
  const inlets = faces.outer.flatMap(({ side, cells, face }): Inlet[] => {
    const h = spacing[side.axis]!
    const normal = velocity.normal[side.axis]!.data
    const coefficients = new Float64Array(cells.length)
    cells.forEach((cell, k) => {
      const inward = normal[face[k]!]! * (side.far ? -1 : 1)
      assertPassage(where, side, k, inward, wind)
      const conductance = side.kind === 'value' ? (2 * kappa[cell]!) / (h * h) : 0
      diagonal[cell]! += side.kind === 'outflow' ? -inward / h : conductance
      coefficients[k] = side.kind === 'value' ? conductance + inward / h : 1 / h
    })
    return side.kind === 'value' || side.kind === 'flux' ? [{ side, cells, coefficients }] : []
  })
  return { diagonal, rates, inlets }
}

const harmonicMean = (a: number, b: number): number => (a + b === 0 ? 0 : (2 * a * b) / (a + b))

/** Throws unless the kind of the side lets this flow pass. */
function assertPassage(where: string, { name, kind }: Side, k: number, inward: number, wind: number): void {
  if (kind === 'outflow' && inward > wind)
    throw new RangeError(
      `${where}: flow enters through the outflow '${name}' at ${inward.toPrecision(3)} (cell ${k} of the side); make it a 'value' or a 'flux'`,
    )
  if (kind === 'zero-flux' && Math.abs(inward) > wind)
    throw new RangeError(
      `${where}: flow crosses the wall '${name}' at ${(-inward).toPrecision(3)} outwards (cell ${k} of the side); make it an 'outflow', a 'flux' or a 'value'`,
    )
}

/** Throws unless the flow is the same through both sides of each periodic axis. */
export function assertPeriodic(where: string, { periodic }: Boundary, { grid, normal }: Velocity): void {
  const ny = grid.shape[1] ?? 1
  normal.forEach(({ data }, axis) => {
    if (!periodic[axis]) return
    const n = grid.shape[axis]!
    const [along, step, far] = axis === 0 ? [ny, 1, n * ny] : [grid.shape[0]!, ny + 1, ny]
    const bound = 1e-8 * maxSpeed({ grid, normal })
    for (let k = 0; k < along; k++) {
      const [a, b] = [data[k * step]!, data[k * step + far]!]
      if (Math.abs(a - b) > bound)
        throw new RangeError(
          `${where}: the periodic axis ${axis} has flow ${a.toPrecision(3)} at one side and ${b.toPrecision(3)} at the other (cell ${k} of the side); give a periodic flow, or sides that are not periodic`,
        )
    }
  })
}

/** The places of L in a sparse matrix: row `from`, column `to` of each face, and the reverse. */
export interface Structure {
  readonly pointers: Int32Array
  readonly columns: Int32Array
  readonly slots: readonly { readonly there: Int32Array; readonly back: Int32Array }[]
}

export function structureOf({ size, inner }: Faces): Structure {
  const pointers = new Int32Array(size + 1)
  for (const { from, to } of inner) for (const cells of [from, to]) for (const cell of cells) pointers[cell + 1]!++
  for (let i = 0; i < size; i++) pointers[i + 1]! += pointers[i]!
  const next = pointers.slice(0, size)
  const columns = new Int32Array(pointers[size]!)
  const slots = inner.map(({ from, to }) => {
    const put = (row: number, column: number): number => {
      const at = next[row]!++
      columns[at] = column
      return at
    }
    return { there: from.map((a, k) => put(a, to[k]!)), back: to.map((b, k) => put(b, from[k]!)) }
  })
  return { pointers, columns, slots }
}

/** shift I + scale L. */
export function shifted(
  { pointers, columns, slots }: Structure,
  volumes: Volumes,
  shift: number,
  scale: number,
): SparseMatrix {
  // prettier-ignore
  const values = new Float64Array(columns.length)
  slots.forEach(({ there, back }, axis) => {
    const rates = volumes.rates[axis]!
    there.forEach((at, k) => (values[at] = -scale * rates.back[k]!))
    back.forEach((at, k) => (values[at] = -scale * rates.out[k]!))
  })
  return { diagonal: volumes.diagonal.map(rate => shift + scale * rate), pointers, columns, values }
}
