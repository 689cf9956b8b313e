/** Shipped flows. Speeds are in units of length over time of the grid. */
import { array, zeros } from '../io/array.js'
import type { Grid } from './grid.js'
import { faceShape, faceVelocity, streamFunction, type Flow, type Velocity } from './velocity.js'

/** (u, v) everywhere; one number for each axis. */
export const uniformFlow = (grid: Grid, components: readonly number[]): Velocity =>
  faceVelocity(
    grid,
    components.map((value, axis) => {
      const face = zeros('float64', faceShape(grid, axis))
      face.data.fill(value)
      return array(face.data, face.shape)
    }),
  )

/** No flow. */
export const stillness = (grid: Grid): Velocity =>
  uniformFlow(
    grid,
    grid.shape.map(() => 0),
  )

/** u = rate (y - Ly/2), v = 0. */
export const shearFlow = (grid: Grid, rate: number): Velocity =>
  streamFunction(grid, (_, y) => (rate / 2) * (y - height(grid) / 2) ** 2)

/** Plane Poiseuille flow along x between walls at y = 0 and y = Ly: u = 4 speed eta (1 - eta), eta = y / Ly. */
export const channelFlow = (grid: Grid, speed: number): Velocity =>
  streamFunction(grid, (_, y) => {
    const eta = y / height(grid)
    return speed * height(grid) * eta ** 2 * (2 - (4 / 3) * eta)
  })

/**
 * Two counter-rotating vortices side by side, closed by walls; the line between them swings when `epsilon` > 0:
 *
 *   psi = -(speed Ly / pi) sin(pi f(2 x / Lx, t)) sin(pi y / Ly),
 *   f(s, t) = a s^2 + (1 - 2 a) s,   a = epsilon sin(omega t).
 *
 * Source: S. Shadden, F. Lekien, J. Marsden, Physica D 212 (2005).
 *
 * @param speed of u along the walls y = 0 and y = Ly, at most.
 * @param epsilon share of a half by which the line swings; 0 (a steady flow) unless given, below 1/2.
 * @param omega radians for each unit of time; 2 pi unless given.
 */
export function doubleGyre(grid: Grid, speed: number, { epsilon = 0, omega = 2 * Math.PI } = {}): Flow {
  if (!(epsilon >= 0 && epsilon < 0.5)) throw new RangeError(`double gyre: epsilon = ${epsilon} is not in [0, 1/2)`)
  const at = (t: number): Velocity => {
    const a = epsilon * Math.sin(omega * t)
    const fold = (s: number): number => a * s * s + (1 - 2 * a) * s
    return streamFunction(
      grid,
      (x, y) =>
        ((-speed * height(grid)) / Math.PI) *
        Math.sin(Math.PI * fold((2 * x) / grid.lengths[0]!)) *
        Math.sin((Math.PI * y) / height(grid)),
    )
  }
  return epsilon === 0 ? at(0) : at
}

const height = (grid: Grid): number => grid.lengths[1] ?? 0
