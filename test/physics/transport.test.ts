import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { advectionDiffusion, heat } from '../../src/physics/advection-diffusion.js'
import { channelFlow, doubleGyre, uniformFlow } from '../../src/physics/flows.js'
import { cellGrid } from '../../src/physics/grid.js'
import { steadyAdvectionDiffusion } from '../../src/physics/steady.js'
import type { Velocity } from '../../src/physics/velocity.js'
import { dot, field, maxDifference, noise, problems } from './problems.js'

const grid = cellGrid([16, 12], [1, 0.75])
const total = (values: Float64Array): number => grid.volume * values.reduce((a, b) => a + b, 0)

describe('mass balance, to round-off', () => {
  it('nothing is lost in a closed box or a periodic one', () => {
    const initial = noise(grid.shape, 'initial')
    for (const sides of ['zero-flux', 'periodic'] as const) {
      const velocity = sides === 'periodic' ? uniformFlow(grid, [0.5, 0.3]) : doubleGyre(grid, 0.5, { epsilon: 0.2 })
      const out = advectionDiffusion({ grid, velocity, kappa: 0.05, sides, steps: 20, dt: 0.05 }).run({ initial })
      expect(Math.abs(total(out.data) - total(initial.data))).toBeLessThan(1e-13)
    }
  })

  it('a source and a wall flux add what they bring, a transient one by the trapezium of its levels', () => {
    const [steps, dt] = [8, 0.05]
    for (const forcing of ['steady', 'transient'] as const) {
      const frames = forcing === 'steady' ? [] : [steps + 1]
      const solver = advectionDiffusion({
        ...{ grid, velocity: doubleGyre(grid, 0.4), kappa: 0.05, steps, dt, forcing },
        sides: { left: 'zero-flux', right: 'zero-flux', bottom: 'flux', top: 'zero-flux' },
      })
      const [source, bottom] = [noise([...frames, ...grid.shape], 'f'), noise([...frames, 16], 'g')]
      const out = solver.run({ source, bottom })
      // The scheme weighs its stages by 1 - d and d, at d and 1: for data linear in time that is the trapezium.
      const rule = (level: number): number =>
        forcing === 'steady' ? steps * dt : dt * (level === 0 || level === steps ? 0.5 : 1)
      const amount = (values: Float64Array, entries: number, measure: number): number =>
        values.reduce((sum, value, k) => sum + rule(Math.floor(k / entries)) * value * measure, 0)
      const brought = amount(source.data, grid.size, grid.volume) + amount(bottom.data, 16, grid.spacing[0]!)
      expect(Math.abs(total(out.data) - brought)).toBeLessThan(1e-13)
    }
  })
})

describe('the maximum principle', () => {
  const checker = field(grid, (x, y) => (Math.round(16 * x) + Math.round(16 * y)) % 2)
  const make = (dt: number, steps: number, scheme: 'sdirk2' | 'backward-euler') =>
    advectionDiffusion({
      ...{ grid, velocity: channelFlow(grid, 0.5), kappa: 0.02, steps, dt, scheme, maxCourant: 1e3 },
      sides: { left: 'value', right: 'outflow', bottom: 'zero-flux', top: 'zero-flux' },
    })

  it('holds where the report says so, for the sharpest field there is', () => {
    const solver = make(0.05, 5, 'sdirk2')
    expect(solver.report.peclet).toBeLessThanOrEqual(2)
    expect(solver.report.stiffness).toBeLessThanOrEqual(1 + Math.SQRT2)
    expect(solver.report.monotone).toBe(true)
    const left = array(Float64Array.from({ length: 12 }, (_, k) => k % 2))
    const out = solver.run({ initial: checker, left })
    expect(Math.min(...out.data)).toBeGreaterThan(-1e-14)
    expect(Math.max(...out.data)).toBeLessThan(1 + 1e-14)
  })

  it('fails in a step too long, which the report says too; backward Euler keeps it', () => {
    const long = make(1, 1, 'sdirk2')
    expect(long.report.monotone).toBe(false)
    const spike = field(grid, (x, y) => (Math.abs(x - 0.53) < 0.04 && Math.abs(y - 0.34) < 0.04 ? 1 : 0))
    expect(Math.min(...long.run({ initial: spike }).data)).toBeLessThan(-1e-3)
    const euler = make(1, 1, 'backward-euler')
    expect(euler.report.monotone).toBe(true)
    expect(Math.min(...euler.run({ initial: spike }).data)).toBeGreaterThanOrEqual(0)
  })
})

describe('the steady problem', () => {
  const problem = {
    ...{ grid, velocity: channelFlow(grid, 0.5), kappa: 0.03 },
    sides: { left: 'value', right: 'outflow', bottom: 'flux', top: 'zero-flux' },
  } as const
  const inputs = { source: noise(grid.shape, 'f'), left: noise([12], 'left'), bottom: noise([16], 'bottom') }

  it('is where a long transient one ends', () => {
    const long = advectionDiffusion({ ...problem, steps: 200, dt: 1, maxCourant: 100 }) // L-stable: long steps arrive
    const rest = steadyAdvectionDiffusion(problem).run(inputs)
    expect(maxDifference(long.run({ ...inputs, initial: noise(grid.shape, 'c') }), rest)).toBeLessThan(1e-10)
  })

  it('has an exact adjoint, and a batch has the bits of single runs', () => {
    const solver = steadyAdvectionDiffusion(problem)
    const v = noise(grid.shape, 'v')
    const gradient = solver.adjoint(v)
    expect(Object.keys(gradient)).toEqual(['source', 'left', 'bottom'])
    for (const [name, x] of Object.entries(inputs)) {
      const forwards = dot(solver.run({ [name]: x }), v)
      expect(Math.abs(forwards - dot(x, gradient[name as 'source']!))).toBeLessThan(1e-10 * Math.abs(forwards))
    }
    const batch = solver.run({ ...inputs, left: array(Float64Array.from([...inputs.left.data, ...inputs.left.data]), [2, 12]) }) // prettier-ignore
    expect(maxDifference(array(batch.data.slice(grid.size), grid.shape), solver.run(inputs))).toBe(0)
  })

  it('meets the exact profile of a segment: c = 1 - (e^(P x) - 1)/(e^P - 1), order 2', () => {
    const error = (n: number): number => {
      const line = cellGrid([n])
      const solver = steadyAdvectionDiffusion({ grid: line, velocity: uniformFlow(line, [1]), kappa: 0.2, sides: 'value' }) // prettier-ignore
      const c = solver.run({ left: array(Float64Array.of(1)) })
      const truth = field(line, x => 1 - Math.expm1(5 * x) / Math.expm1(5))
      return maxDifference(c, truth)
    }
    expect(Math.abs(Math.log2(error(40) / error(80)) - 2)).toBeLessThan(0.15)
  })

  it('wants a side that sets the level, and a steady flow', () => {
    expect(() => steadyAdvectionDiffusion({ grid, kappa: 1, sides: 'zero-flux' })).toThrow(/every side is closed.*'value' or an 'outflow'/) // prettier-ignore
    expect(() => steadyAdvectionDiffusion({ grid, kappa: 1, sides: 'outflow' })).toThrow(/every side is closed/)
    expect(() => steadyAdvectionDiffusion({ grid, kappa: 1, sides: 'zero-flux', velocity: doubleGyre(grid, 0.1, { epsilon: 0.1 }) })).toThrow(/flow changes in time/) // prettier-ignore
    expect(() => steadyAdvectionDiffusion(problem).run({ initial: inputs.source })).toThrow(/no input 'initial' here; inputs: source, left, bottom/) // prettier-ignore
  })
})

describe('factors', () => {
  it('that are kept, made again, or made for a flow that only claims to change give the same answer', () => {
    const swinging = problems['a swinging double gyre within walls']!
    const initial = noise([9, 12], 'c')
    const kept = advectionDiffusion(swinging)
    const first = kept.run({ initial })
    expect(kept.run({ initial }).data).toEqual(first.data)
    const made = advectionDiffusion({ ...swinging, cacheBytes: 0 })
    expect(made.run({ initial }).data).toEqual(first.data)
    expect(made.adjoint(initial).initial!.data).toEqual(kept.adjoint(initial).initial!.data)
    const channel = problems['a channel with inlet, outlet and a wall flux']!
    const inputs = { initial, source: noise([9, 12], 'f'), left: noise([12], 'l'), bottom: noise([9], 'b') }
    const [steady, claimed] = [channel.velocity, () => channel.velocity as Velocity].map(velocity => advectionDiffusion({ ...channel, velocity: velocity! })) // prettier-ignore
    expect(maxDifference(steady!.run(inputs), claimed!.run(inputs))).toBeLessThan(1e-14)
    const [a, b] = [steady!.adjoint(initial), claimed!.adjoint(initial)]
    for (const name of ['initial', 'source', 'left', 'bottom'] as const) expect(maxDifference(a[name]!, b[name]!)).toBeLessThan(1e-14) // prettier-ignore
  })
})

describe('special cases', () => {
  it('layers of two conductivities: the flux of two resistances in series, exactly', () => {
    const line = cellGrid([10])
    const kappa = field(line, x => (x < 0.5 ? 1 : 0.1))
    const c = steadyAdvectionDiffusion({ grid: line, kappa, sides: 'value' }).run({ left: array(Float64Array.of(1)) })
    const flux = 1 / (0.5 / 1 + 0.5 / 0.1)
    expect(
      maxDifference(
        c,
        field(line, x => (x < 0.5 ? 1 - flux * x : (flux * (1 - x)) / 0.1)),
      ),
    ).toBeLessThan(1e-14)
  })

  it('heat is advection-diffusion at rest, and backward Euler divides a cosine by 1 + dt lambda', () => {
    const line = cellGrid([32])
    const [dt, steps, kappa] = [0.01, 6, 0.25]
    const c0 = field(line, x => Math.cos(3 * Math.PI * x))
    const out = heat({ grid: line, kappa, sides: 'zero-flux', dt, steps, scheme: 'backward-euler' }).run({ initial: c0 }) // prettier-ignore
    const lambda = (kappa * (2 - 2 * Math.cos((3 * Math.PI) / 32))) / line.spacing[0]! ** 2
    expect(maxDifference(out, array(c0.data.map(value => value / (1 + dt * lambda) ** steps)))).toBeLessThan(1e-13)
  })

  it('keeps the states asked for, the initial one too', () => {
    const options = problems['a prescribed flux with inflow, kept at three times']!
    const initial = noise([9, 12], 'c')
    const kept = advectionDiffusion(options).run({ initial })
    expect(kept.shape).toEqual([3, 9, 12])
    expect(kept.data.subarray(0, 108)).toEqual(initial.data)
    const { saveAt, ...rest } = options
    expect(saveAt).toEqual([0, 2, 5])
    expect(advectionDiffusion(rest).run({ initial }).data).toEqual(kept.data.slice(216))
    expect(advectionDiffusion({ ...rest, steps: 2, forcing: 'steady' }).run({ initial }).data).toEqual(kept.data.slice(108, 216)) // prettier-ignore
  })

  it('works on the smallest grids: one cell, one row, two periodic cells', () => {
    for (const shape of [[1], [2], [1, 1], [1, 5], [2, 2], [2, 1], [3, 3], [5, 4]])
      for (const sides of ['periodic', 'zero-flux'] as const) {
        const small = cellGrid(shape)
        const solver = advectionDiffusion({ grid: small, kappa: 0.1, sides, steps: 2, dt: 0.1 })
        const out = solver.run({ initial: field(small, () => 2) })
        expect(Math.max(...out.data.map(value => Math.abs(value - 2)))).toBeLessThan(1e-14)
      }
    const two = cellGrid([2])
    const [dt, kappa] = [0.1, 0.1]
    const out = advectionDiffusion({ grid: two, kappa, sides: 'periodic', steps: 1, dt, scheme: 'backward-euler' }).run({ initial: array(Float64Array.of(1, -1)) }) // prettier-ignore
    expect(out.get(0)).toBeCloseTo(1 / (1 + dt * 4 * kappa * 4), 14) // two faces, each twice the jump over h
  })
})
