import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { advectionDiffusion } from '../../src/physics/advection-diffusion.js'
import { doubleGyre, uniformFlow } from '../../src/physics/flows.js'
import { cellGrid, centers, type Grid } from '../../src/physics/grid.js'
import type { SideKind, SideName } from '../../src/physics/sides.js'
import { streamFunction } from '../../src/physics/velocity.js'
import { field, rms, slope } from './problems.js'

/** The declared order is 2, and a fit over three halvings is within 0.15 of it. */
const second = (measured: number): void => expect(Math.abs(measured - 2), `order ${measured}`).toBeLessThan(0.15)

/** A Gaussian that drifts and spreads on the plane, and its periodic images: the exact solution. */
function wrapped(x: number, centre: number, variance: number, length: number): number {
  let sum = 0
  for (let image = -4; image <= 4; image++) sum += Math.exp(-((x - centre - image * length) ** 2) / (2 * variance))
  return sum / Math.sqrt(2 * Math.PI * variance)
}

describe('the advected, diffusing Gaussian on a periodic rectangle', () => {
  const [u, v, kappa, end] = [0.8, -0.5, 0.02, 0.25]
  const lengths = [1, 1.25] as const
  const exact = (grid: Grid, t: number) =>
    field(
      grid,
      (x, y) =>
        wrapped(x, 0.4 + u * t, 0.01 + 2 * kappa * t, lengths[0]) *
        wrapped(y, 0.6 + v * t, 0.01 + 2 * kappa * t, lengths[1]),
    )
  const error = (n: number, steps: number): number => {
    const grid = cellGrid([n, n], lengths)
    const velocity = uniformFlow(grid, [u, v])
    const solver = advectionDiffusion({ grid, velocity, kappa, sides: 'periodic', steps, dt: end / steps, maxCourant: 9, maxPeclet: 9 }) // prettier-ignore
    const c = solver.run({ initial: exact(grid, 0) })
    const truth = exact(grid, end)
    return rms(c.data.map((value, k) => value - truth.data[k]!))
  }

  it('has order 2 in space', () => {
    const sizes = [24, 32, 48, 64] // the step's error is below a hundredth of the grid's
    second(-slope(sizes, sizes.map(n => error(n, 100)))) // prettier-ignore
  })

  it('has order 2 in time', () => {
    const grid = cellGrid([48, 48], lengths)
    const velocity = uniformFlow(grid, [u, v])
    const run = (steps: number): Float64Array =>
      advectionDiffusion({ grid, velocity, kappa, sides: 'periodic', steps, dt: end / steps, maxCourant: 9 }).run({
        initial: exact(grid, 0),
      }).data
    const finest = run(640) // its own error is a 256th of that of 40 steps
    const counts = [10, 20, 40]
    second(-slope(counts, counts.map(n => rms(run(n).map((value, k) => value - finest[k]!))))) // prettier-ignore
  })

  it('has order 2 when the grid and the step are refined together', () => {
    const sizes = [16, 32, 64]
    second(-slope(sizes, sizes.map(n => error(n, n / 2)))) // prettier-ignore
  })
})

/** c = (1 + cos(w t)/2)(2 + sin(a x + b) cos(d y)): smooth, with no symmetry that a side could profit from. */
const [w, a, b, d] = [3, 2.3, 0.4, 1.7]
const amplitude = (t: number): number => 1 + Math.cos(w * t) / 2
const c = (x: number, y: number, t: number): number => amplitude(t) * (2 + Math.sin(a * x + b) * Math.cos(d * y))
const cx = (x: number, y: number, t: number): number => amplitude(t) * a * Math.cos(a * x + b) * Math.cos(d * y)
const cy = (x: number, y: number, t: number): number => -amplitude(t) * d * Math.sin(a * x + b) * Math.sin(d * y)
const ct = (x: number, y: number, t: number): number => ((-w * Math.sin(w * t)) / 2 / amplitude(t)) * c(x, y, t)
const lap = (x: number, y: number, t: number): number => -(a * a + d * d) * (c(x, y, t) - 2 * amplitude(t))
const kappa = 0.1

interface Case {
  readonly sides: Readonly<Record<SideName, SideKind>>
  readonly psi: (x: number, y: number, t: number) => number
  readonly velocity: (x: number, y: number, t: number) => readonly [u: number, v: number]
}

/** Runs a case on n x n cells of the unit square with the data that make c its solution; rms error at time 1/2. */
function manufactured({ sides, psi, velocity }: Case, n: number, steps: number): number {
  const grid = cellGrid([n, n])
  const end = 0.5
  const levels = Array.from({ length: steps + 1 }, (_, k) => (k * end) / steps)
  const source = levels.flatMap(t => [
    ...field(grid, (x, y) => {
      const [u, v] = velocity(x, y, t)
      return ct(x, y, t) + u * cx(x, y, t) + v * cy(x, y, t) - kappa * lap(x, y, t)
    }).data,
  ])
  const data = (name: SideName): number[] =>
    levels.flatMap(t =>
      [...centers(grid, 0)].map(s => {
        const [x, y] = { left: [0, s], right: [1, s], bottom: [s, 0], top: [s, 1] }[name] as [number, number]
        if (sides[name] === 'value') return c(x, y, t)
        const [u, v] = velocity(x, y, t)
        const fluxes = [u * c(x, y, t) - kappa * cx(x, y, t), v * c(x, y, t) - kappa * cy(x, y, t)]
        return name === 'left' ? fluxes[0]! : name === 'right' ? -fluxes[0]! : name === 'bottom' ? fluxes[1]! : -fluxes[1]! // prettier-ignore
      }),
    )
  const solver = advectionDiffusion({
    ...{ grid, kappa, sides, steps, dt: end / steps, forcing: 'transient', maxCourant: 9 },
    velocity: t => streamFunction(grid, (x, y) => psi(x, y, t)),
  })
  const fed = (Object.keys(sides) as SideName[]).filter(name => sides[name] === 'value' || sides[name] === 'flux')
  const result = solver.run({
    initial: field(grid, (x, y) => c(x, y, 0)),
    source: array(Float64Array.from(source), [steps + 1, n, n]),
    ...Object.fromEntries(fed.map(name => [name, array(Float64Array.from(data(name)), [steps + 1, n])])),
  })
  const truth = field(grid, (x, y) => c(x, y, end))
  return rms(result.data.map((value, k) => value - truth.data[k]!))
}

const swing = (t: number): number => 1 + 0.5 * Math.sin(2 * t)
const through: Pick<Case, 'psi' | 'velocity'> = {
  psi: (x, y, t) => swing(t) * (0.4 * y - 0.3 * x + (0.1 * Math.sin(2 * x) * Math.sin(y)) / 2),
  velocity: (x, y, t) => [
    swing(t) * (0.4 + (0.1 * Math.sin(2 * x) * Math.cos(y)) / 2),
    swing(t) * (0.3 - 0.1 * Math.cos(2 * x) * Math.sin(y)),
  ],
}

describe('a manufactured solution in a flow that changes in time', () => {
  const cases: Readonly<Record<string, Case>> = {
    'values on all sides': { sides: { left: 'value', right: 'value', bottom: 'value', top: 'value' }, ...through },
    'fluxes on all sides': { sides: { left: 'flux', right: 'flux', bottom: 'flux', top: 'flux' }, ...through },
    'values and fluxes': { sides: { left: 'value', right: 'flux', bottom: 'flux', top: 'value' }, ...through },
  }
  for (const [name, given] of Object.entries(cases)) {
    it(`${name}: order 2 in grid and step together`, () => {
      const sizes = [12, 24, 48]
      second(-slope(sizes, sizes.map(n => manufactured(given, n, n / 3)))) // prettier-ignore
    })
  }
})

describe('solutions that meet a wall and an outlet', () => {
  it('zero-flux: a cosine decays at its rate, order 2', () => {
    const error = (n: number): number => {
      const grid = cellGrid([n, n], [1, 2])
      const mode = (x: number, y: number): number => Math.cos(2 * Math.PI * x) * Math.cos(Math.PI * y)
      const steps = n / 4
      const out = advectionDiffusion({ grid, kappa: 0.05, sides: 'zero-flux', steps, dt: 0.5 / steps }).run({
        initial: field(grid, mode),
      })
      const decay = Math.exp(-0.05 * 5 * Math.PI ** 2 * 0.5)
      const truth = field(grid, (x, y) => decay * mode(x, y))
      return rms(out.data.map((value, k) => value - truth.data[k]!))
    }
    const sizes = [16, 32, 64]
    second(-slope(sizes, sizes.map(error))) // prettier-ignore
  })

  it('outflow: c = (3 + cos(pi x)) e^-t leaves through x = 1, order 2', () => {
    // Its gradient vanishes at both ends: the outlet's own condition, and at the inlet the value is given.
    const [u, k] = [0.5, 0.1]
    const shape = (x: number): number => 3 + Math.cos(Math.PI * x)
    const error = (n: number): number => {
      const grid = cellGrid([n])
      const steps = n / 4
      const levels = Array.from({ length: steps + 1 }, (_, i) => (i * 0.5) / steps)
      const f = (x: number): number =>
        -shape(x) - u * Math.PI * Math.sin(Math.PI * x) + k * Math.PI ** 2 * Math.cos(Math.PI * x)
      const solver = advectionDiffusion({
        ...{ grid, velocity: uniformFlow(grid, [u]), kappa: k, steps, dt: 0.5 / steps, forcing: 'transient' },
        sides: { left: 'value', right: 'outflow' },
      })
      const out = solver.run({
        initial: field(grid, shape),
        left: array(Float64Array.from(levels, t => 4 * Math.exp(-t)), [steps + 1, 1]), // prettier-ignore
        source: array(Float64Array.from(levels.flatMap(t => [...centers(grid, 0)].map(x => f(x) * Math.exp(-t)))), [steps + 1, n]), // prettier-ignore
      })
      return rms(out.data.map((value, i) => value - shape(centers(grid, 0)[i]!) * Math.exp(-0.5)))
    }
    const sizes = [32, 64, 128]
    second(-slope(sizes, sizes.map(error))) // prettier-ignore
  })
})

it('the double gyre in time keeps a uniform concentration uniform', () => {
  const grid = cellGrid([16, 12], [2, 1])
  const solver = advectionDiffusion({ grid, velocity: doubleGyre(grid, 0.5, { epsilon: 0.25 }), kappa: 0.05, sides: 'zero-flux', steps: 10, dt: 0.1 }) // prettier-ignore
  const out = solver.run({ initial: field(grid, () => 3) })
  expect(Math.max(...out.data.map(value => Math.abs(value - 3)))).toBeLessThan(1e-12) // round-off of 20 solves
})
