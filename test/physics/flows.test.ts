import { describe, expect, it } from 'vitest'
import { array, zeros } from '../../src/io/array.js'
import { formulaFlow } from '../../src/physics/flow-formula.js'
import { channelFlow, doubleGyre, shearFlow, stillness, uniformFlow } from '../../src/physics/flows.js'
import { cellGrid, centers } from '../../src/physics/grid.js'
import { divergence, faceVelocity, flowAt, maxSpeed, streamFunction, streamVelocity, type Flow } from '../../src/physics/velocity.js' // prettier-ignore

const grid = cellGrid([12, 10], [2, 1])
const flows: Record<string, Flow> = {
  uniform: uniformFlow(grid, [0.3, -2]),
  still: stillness(grid),
  shear: shearFlow(grid, 3),
  channel: channelFlow(grid, 2),
  'double gyre': doubleGyre(grid, 1),
  'swinging double gyre': doubleGyre(grid, 1, { epsilon: 0.25, omega: 3 }),
  'a stream function': formulaFlow(grid, { psi: 'sin(3*x + y) * exp(x*y) * t' }),
  components: formulaFlow(grid, { u: 'a * sin(pi*x) * cos(pi*y)', v: '-a * cos(pi*x) * sin(pi*y)' }, { a: 2 }),
}

it.each(Object.entries(flows))('%s: nothing gathers in any cell', (_, flow) => {
  for (const t of [0, 0.3]) {
    const velocity = flowAt(flow, t)
    const worst = Math.max(...divergence(velocity).map(Math.abs))
    expect(worst).toBeLessThanOrEqual((1e-13 * maxSpeed(velocity)) / 0.1) // round-off of differences over h
  }
})

describe('profiles', () => {
  const at = (flow: Flow, i: number, j: number): number => flowAt(flow, 0).normal[0]!.get(i, j)

  it('are the means over faces of the formulas', () => {
    centers(grid, 1).forEach((y, j) => {
      expect(at(shearFlow(grid, 3), 4, j)).toBeCloseTo(3 * (y - 0.5), 13)
      const mean = 4 * 2 * (y * (1 - y) - 0.1 ** 2 / 12) // of a parabola over a face of 0.1
      expect(at(channelFlow(grid, 2), 4, j)).toBeCloseTo(mean, 13)
    })
    expect(at(uniformFlow(grid, [0.3, -2]), 5, 5)).toBe(0.3)
  })

  it('of the double gyre: closed walls, its speed along them, a line between the vortices that swings', () => {
    const gyre = flowAt(doubleGyre(cellGrid([200, 200], [2, 1]), 1.5), 0)
    const [u, v] = gyre.normal
    for (let k = 0; k < 200; k++) {
      expect(Math.abs(u!.get(0, k)) + Math.abs(u!.get(200, k)) + Math.abs(u!.get(100, k))).toBeLessThan(1e-12)
      expect(Math.abs(v!.get(k, 0)) + Math.abs(v!.get(k, 200))).toBeLessThan(1e-12)
    }
    expect(Math.max(...u!.data)).toBeCloseTo(1.5, 2)
    const swinging = doubleGyre(cellGrid([200, 200], [2, 1]), 1.5, { epsilon: 0.25, omega: 1 })
    const middle = flowAt(swinging, 1).normal[0]!
    expect(Math.abs(middle.get(100, 10))).toBeGreaterThan(0.1)
    expect(Math.abs(flowAt(swinging, 0).normal[0]!.get(100, 10))).toBeLessThan(1e-12)
    expect(() => doubleGyre(grid, 1, { epsilon: 0.5 })).toThrow('epsilon = 0.5 is not in [0, 1/2)')
  })
})

describe('formulas', () => {
  it('give the flow of a stream function, by either form, and in time where t occurs', () => {
    const flow = formulaFlow(grid, { u: '2*pi*sin(2*x)*cos(2*pi*y)', v: '-2*cos(2*x)*sin(2*pi*y)' })
    const same = formulaFlow(grid, { psi: 'sin(2*x)*sin(2*pi*y)' })
    const exact = streamFunction(grid, (x, y) => Math.sin(2 * x) * Math.sin(2 * Math.PI * y))
    for (const axis of [0, 1])
      flowAt(flow, 0).normal[axis]!.data.forEach((value, k) => {
        expect(value).toBeCloseTo(exact.normal[axis]!.data[k]!, 12)
        expect(flowAt(same, 0).normal[axis]!.data[k]!).toBeCloseTo(value, 12)
      })
    expect([typeof flow, typeof same]).toEqual(['object', 'object'])
    const moving = formulaFlow(grid, { u: '1 + t', v: '0' })
    expect(flowAt(moving, 2).normal[0]!.get(3, 3)).toBe(3)
    expect(flowAt(formulaFlow(cellGrid([5]), { u: 'cos(t)' }), 0).normal[0]!.data).toEqual(new Float64Array(6).fill(1))
  })

  it('with a divergence are refused, with the cell and the rate', () => {
    expect(() => formulaFlow(grid, { u: 'x^2', v: '0' })).toThrow(
      'velocity: not free of divergence: cell [11, 0] has 3.83 (fastest exchange 40.0); give a stream function psi, with u = d psi/dy and v = -d psi/dx',
    )
    expect(() => formulaFlow(cellGrid([4]), { u: 'x' })).toThrow('a flow on a segment is uniform')
  })

  it('with a fault, or of a wrong number of components', () => {
    expect(() => formulaFlow(grid, { u: 'sin(z)', v: '0' })).toThrow('z')
    expect(() => formulaFlow(grid, { u: '1' })).toThrow('1 components on a grid [12, 10]; wants one for each axis')
    expect(() => formulaFlow(cellGrid([4]), { u: '1', v: '1' })).toThrow('2 components on a grid [4]')
    expect(() => formulaFlow(cellGrid([4]), { psi: 'x' })).toThrow(
      'a stream function wants a grid of two axes, not [4]',
    )
  })
})

describe('values at the faces', () => {
  it('of a wrong shape or not finite are refused', () => {
    const [u, v] = [zeros('float64', [13, 10]), zeros('float64', [12, 11])]
    expect(() => faceVelocity(grid, [v, u])).toThrow('velocity: component 0: expected shape [13, 10], got [12, 11]')
    v.set(1, 1, Infinity)
    expect(() => faceVelocity(grid, [u, v])).toThrow('component 1 has Infinity at face 12 in C order')
    expect(() => streamVelocity(grid, new Float64Array(3))).toThrow('psi has 3 values, not the corners [13, 11]')
  })

  it('are copied, so that a flow stays what was checked', () => {
    const line = cellGrid([2])
    const u = array(Float64Array.of(1, 1, 1))
    const flow = faceVelocity(line, [u])
    u.set(1, 9)
    expect(flow.normal[0]!.get(1)).toBe(1)
  })
})
