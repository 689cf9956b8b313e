import { describe, expect, it } from 'vitest'
import { array, zeros } from '../../src/io/array.js'
import { advectionDiffusion, type AdvectionDiffusionOptions } from '../../src/physics/advection-diffusion.js'
import { doubleGyre, uniformFlow } from '../../src/physics/flows.js'
import { cellGrid } from '../../src/physics/grid.js'

const grid = cellGrid([8, 4], [2, 1])
const good: AdvectionDiffusionOptions = { grid, kappa: 1, sides: 'zero-flux', steps: 4, dt: 0.1 }
const make = (changes: object) => () => advectionDiffusion({ ...good, ...changes })

describe('a choice that cannot be right is an error that says what to change', () => {
  it.each([
    ['dt', { dt: 0 }, 'advection-diffusion: dt = 0; wants a positive time'],
    ['dt', { dt: -1 }, 'dt = -1'],
    ['steps', { steps: 0.5 }, 'steps = 0.5; wants an integer from 1'],
    ['kappa', { kappa: -2 }, 'kappa = -2; a diffusivity is a finite number from 0'],
    ['kappa', { kappa: NaN }, 'kappa = NaN'],
    ['kappa', { kappa: zeros('float64', [4, 8]) }, 'kappa has shape [4, 8], the grid [8, 4]'],
    ['scheme', { scheme: 'euler' }, "unknown scheme 'euler'; known: sdirk2, backward-euler"],
    ['forcing', { forcing: 'sometimes' }, "forcing is 'sometimes'; wants 'steady' or 'transient'"],
    ['saveAt', { saveAt: [3, 1] }, 'saveAt [3, 1]; wants increasing steps from 0 to 4'],
    ['saveAt', { saveAt: [5] }, 'saveAt [5]'],
    ['saveAt', { saveAt: [] }, 'saveAt []'],
    ['a side', { sides: { left: 'value' } }, "side 'right' is missing; give it one of periodic, value, flux"],
    ['a side', { sides: { lft: 'value' } }, "unknown side 'lft'; did you mean 'left'? Known: left, right, bottom, top"],
    ['a kind', { sides: 'dirichle' }, "side 'left': unknown kind 'dirichle'"],
    [
      'half a period',
      { sides: { left: 'periodic', right: 'value', bottom: 'value', top: 'value' } },
      "side 'left' is periodic but 'right' is value; periodic sides come in pairs",
    ],
    [
      'Courant',
      { velocity: uniformFlow(grid, [10, 0]), kappa: 2, sides: 'periodic' },
      'the Courant number (|u|/hx + |v|/hy) dt is 4.00, above 2: the step would blur the transport. Take dt <= 0.0500, that is 8 steps instead of 4',
    ],
    [
      'Peclet',
      { velocity: uniformFlow(grid, [1, 0]), kappa: 0.1, sides: 'periodic' },
      'the cell Peclet number |u| h / kappa is 2.50, above 2: the solution could oscillate. Take a grid of [10, 4] cells, kappa >= 0.125 or a slower flow',
    ],
    [
      'Peclet without diffusion',
      { velocity: uniformFlow(grid, [1, 0]), kappa: 0, sides: 'periodic' },
      'is Infinity, above 2: the solution could oscillate. Take kappa >= 0.125 or a slower flow',
    ],
    [
      'a leaking wall',
      { velocity: uniformFlow(grid, [1, 0]) },
      "flow crosses the wall 'left' at -1.00 outwards (cell 0 of the side); make it an 'outflow', a 'flux' or a 'value'",
    ],
    [
      'an outlet that lets in',
      { velocity: uniformFlow(grid, [1, 0]), sides: { left: 'outflow', right: 'outflow', bottom: 'zero-flux', top: 'zero-flux' } }, // prettier-ignore
      "flow enters through the outflow 'left' at 1.00 (cell 0 of the side); make it a 'value' or a 'flux'",
    ],
    [
      'a flow of another grid',
      { velocity: doubleGyre(cellGrid([4, 4]), 1) },
      'the flow is on a grid [4, 4] of lengths [1, 1], not [8, 4] of [2, 1]',
    ],
  ])('%s', (_, changes, message) => expect(make(changes)).toThrow(message))

  it('limits can be raised by who knows the field to be smooth', () => {
    const velocity = uniformFlow(grid, [10, 0])
    const { report } = make({ velocity, kappa: 1, sides: 'periodic', maxCourant: 5, maxPeclet: 4 })()
    expect(report).toMatchObject({ peclet: 2.5, courant: 4, monotone: false })
  })

  it('a flow in time is checked at all times, also where it is periodic', () => {
    const velocity = (t: number) => uniformFlow(grid, [t < 0.25 ? 1 : 50, 0])
    expect(make({ velocity, sides: 'periodic' })).toThrow(/cell Peclet number .* is 12.5/)
    const u = zeros('float64', [9, 4])
    const v = zeros('float64', [8, 5])
    u.data.fill(1)
    for (let j = 0; j < 4; j++) u.set(8, j, 1 + 0.5e-8)
    v.data.fill(0)
    const nearly = { grid, normal: [u, v] }
    expect(make({ velocity: nearly, sides: 'periodic' })).not.toThrow()
    u.set(8, 2, 1.5)
    expect(make({ velocity: nearly, sides: 'periodic' })).toThrow(/the periodic axis 0 has flow 1.00 at one side and 1.50 at the other \(cell 2/) // prettier-ignore
  })
})

describe('inputs', () => {
  const solver = make({ sides: { left: 'value', right: 'zero-flux', bottom: 'flux', top: 'zero-flux' } })()
  const field = zeros('float64', [8, 4])

  it('of a wrong name, shape or size of batch', () => {
    expect(() => solver.run({ top: zeros('float64', [8]) })).toThrow("there is no input 'top' here; inputs: initial, source, left, bottom") // prettier-ignore
    expect(() => solver.map('right')).toThrow("there is no input 'right' here")
    expect(() => solver.run({ initial: zeros('float64', [4, 8]) })).toThrow('initial: shape [4, 8]; wants [8, 4], or [n, 8, 4] for a batch') // prettier-ignore
    expect(() => solver.adjoint(zeros('float64', [8]))).toThrow('adjoint: shape [8]; wants [8, 4]')
    expect(() => solver.run({ initial: zeros('float64', [2, 8, 4]), left: zeros('float64', [3, 4]) })).toThrow('initial is a batch of 2 but left of 3') // prettier-ignore
  })

  it('that are not finite, or integers of 64 bits; other types are converted', () => {
    const bad = zeros('float64', [8, 4])
    bad.set(1, 2, NaN)
    expect(() => solver.run({ source: bad })).toThrow('source: NaN at element 6 in C order; wants finite values')
    expect(() => solver.run({ source: zeros('int64', [8, 4]) })).toThrow('int64 elements; wants float64')
    const float32 = array(Float32Array.from(field.data, (_, k) => k), [8, 4]) // prettier-ignore
    const float64 = array(Float64Array.from(field.data, (_, k) => k), [8, 4]) // prettier-ignore
    expect(solver.run({ initial: float32 })).toEqual(solver.run({ initial: float64 }))
  })
})

describe('grids', () => {
  it.each([
    [[], undefined, 'grid: shape []; wants one or two positive integers'],
    [[2, 3, 4], undefined, 'grid: shape [2, 3, 4]'],
    [[0], undefined, 'grid: shape [0]'],
    [[2.5], undefined, 'grid: shape [2.5]'],
    [[2, 3], [1], 'grid: lengths [1] of a grid [2, 3]; wants one positive number for each axis'],
    [[2], [-1], 'grid: lengths [-1]'],
    [[2], [Infinity], 'grid: lengths [Infinity]'],
  ])('%j of lengths %j', (shape, lengths, message) => expect(() => cellGrid(shape, lengths)).toThrow(message))
})
