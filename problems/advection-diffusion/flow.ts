/**
 * What the problems of this folder share: a closed tank with two counter-rotating vortices, in which a solute is carried
 * and spreads,
 *
 *   d_t c + div(u c) = div(kappa grad c) + f   for 0 <= t <= 1 s,   no flux through the walls,
 *
 * and the instruments that observe it.
 */
import {
  advectionDiffusion,
  cellGrid,
  doubleGyre,
  type AdvectionDiffusion,
  type Grid,
  type OperatorFamily,
  type Varying,
} from 'invdiff'

/** The tank as a grid of [nx, ny] cells; its shorter side is 1 m. */
export function tank(shape: readonly number[]): Grid {
  const short = Math.min(...shape)
  return cellGrid(
    shape,
    shape.map(n => n / short),
  )
}

/** When the state is kept, s. */
export const times = [0.25, 0.5, 0.75, 1]

export const speed: Varying = {
  describe: 'speed of the flow along the walls, at most',
  units: 'm/s',
  low: 0.1,
  high: 0.4,
  default: 0.3,
}

/** 32 cells and more resolve the smallest diffusivity (cell Peclet number below 2), coarser grids a larger one. */
export function diffusivity(shape: readonly number[]): Varying {
  const coarser = Math.max(1, 32 / Math.min(...shape))
  const [low, high, usual] = [0.0125 * coarser, 0.03 * coarser, 0.015 * coarser]
  return { describe: 'diffusivity of the solute', units: 'm^2/s', low, high, default: usual, log: true }
}

export const noise: Varying = {
  describe: 'standard deviation of a measurement',
  units: 'mg/l',
  low: 0.02,
  high: 0.2,
  default: 0.05,
  log: true,
}

/** The solver of the tank; its output is the state at `times`, [4, nx, ny]. */
export function transport(grid: Grid, parameters: Readonly<Record<string, number>>): AdvectionDiffusion {
  // Enough steps for a Courant number below 2.
  const steps = 4 * Math.max(4, Math.ceil(Math.min(...grid.shape) / 8))
  return advectionDiffusion({
    grid,
    velocity: doubleGyre(grid, parameters.speed!),
    kappa: parameters.kappa!,
    sides: 'zero-flux',
    steps,
    dt: times.at(-1)! / steps,
    saveAt: times.map(time => Math.round((time / times.at(-1)!) * steps)),
  })
}

/** Five kinds of instruments; all but the last look at the final state. */
export const instruments: readonly OperatorFamily[] = [
  { name: 'sensors', spec: { kind: 'sensors', count: [8, 64], time: 1 } },
  { name: 'footprints', spec: { kind: 'block-mean', count: [8, 48], size: [0.08, 0.25], time: 1 } },
  { name: 'blur', spec: { kind: 'blur', width: [0.03, 0.12], lattice: [8, 8], time: 1 } },
  { name: 'lines', spec: { kind: 'line-integral', count: [8, 40], time: 1 } },
  { name: 'series', spec: { kind: 'sensor-series', count: [4, 16] } },
]
