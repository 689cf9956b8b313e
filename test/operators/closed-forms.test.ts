/** Operators against what can be written down. */
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { composeOperators, scaleOperator, selectOutputs, stackOperators } from '../../src/operators/combine.js'
import type { OperatorSpec, Space } from '../../src/operators/operator.js'
import { operatorFrom } from '../../src/operators/registry.js'
import { cellGrid } from '../../src/physics/grid.js'
import { field, noise } from '../physics/problems.js'

const grid = cellGrid([16, 12], [2, 1])
const space: Space = { grid }
const line: Space = { grid: cellGrid([20], [2]) }
const times = [0, 0.5, 2]

const observe = (spec: OperatorSpec, x: NdArray, on: Space = space): number[] => [...operatorFrom(spec, on).apply(x).data] // prettier-ignore

function expectClose(found: readonly number[], expected: readonly number[], digits = 13): void {
  expect(found).toHaveLength(expected.length)
  found.forEach((value, k) => expect(value).toBeCloseTo(expected[k]!, digits))
}

/** f at each time, times (1 + t). */
const inTime = (f: (x: number, y: number) => number): NdArray =>
  array(Float64Array.from(times.flatMap(t => [...field(grid, f).data].map(value => (1 + t) * value))), [3, 16, 12])

describe('sensors', () => {
  const points = [[0, 0], [2, 1], [0.06, 0.99], [0.613, 0.402]] // prettier-ignore
  const f = (x: number, y: number): number => 1 + 2 * x - 3 * y + 0.5 * x * y

  it('are exact for fields that are linear in x and in y, up to the sides and corners', () => {
    expectClose(observe({ kind: 'sensors', points }, field(grid, f)), points.map(([x, y]) => f(x!, y!))) // prettier-ignore
  })

  it('are exact for fields that are linear in time', () => {
    const x = inTime(f)
    for (const [time, t] of [['last', 2], [1.1, 1.1], [0.5, 0.5], [0, 0]] as const) // prettier-ignore
      expectClose(observe({ kind: 'sensors', points, time }, x, { grid, times }), points.map(([x, y]) => (1 + t) * f(x!, y!))) // prettier-ignore
  })

  it('as series are [points, times]', () => {
    const A = operatorFrom({ kind: 'sensor-series', points, times: [0.2, 1.9] }, { grid, times })
    expect(A.outputShape).toEqual([4, 2])
    expectClose([...A.apply(inTime(f)).data], points.flatMap(([x, y]) => [1.2 * f(x!, y!), 2.9 * f(x!, y!)])) // prettier-ignore
  })

  it('converge at order 2 for a smooth field', () => {
    const error = (n: number): number => {
      const g = cellGrid([n, n])
      const value = (x: number, y: number): number => Math.sin(3 * x + 2 * y)
      return Math.abs(observe({ kind: 'sensors', points: [[0.337, 0.513]] }, field(g, value), { grid: g })[0]! - value(0.337, 0.513)) // prettier-ignore
    }
    // The place moves within its cell, so that the error is not one power of h: bounded by h^2 max|f''| / 8 for each axis.
    for (const n of [16, 64, 256]) expect(error(n)).toBeLessThan((9 + 4) / (8 * n * n))
  })
})

describe('mask', () => {
  it('gives the cells as they are, by index or by flag', () => {
    const x = noise([16, 12], 'mask')
    expect(observe({ kind: 'mask', cells: [3, 0, 191] }, x)).toEqual([x.data[3], x.data[0], x.data[191]])
    const observed = Array.from({ length: 16 }, (_, i) => Array.from({ length: 12 }, (_, j) => i === 2 && j < 2))
    expect(observe({ kind: 'mask', observed }, x)).toEqual([x.data[24], x.data[25]])
  })
})

describe('block means', () => {
  it('of blocks of whole cells are their means, and keep a field with its grid', () => {
    const x = noise([16, 12], 'blocks')
    const A = operatorFrom({ kind: 'block-mean', blocks: [4, 3] }, space)
    expect(A.outputSpace?.grid).toEqual(cellGrid([4, 3], [2, 1]))
    const mean = (I: number, J: number): number => {
      let sum = 0
      for (let i = 0; i < 4; i++) for (let j = 0; j < 4; j++) sum += x.get(4 * I + i, 4 * J + j) / 16
      return sum
    }
    expectClose(
      [...A.apply(x).data],
      Array.from({ length: 12 }, (_, k) => mean(Math.floor(k / 3), k % 3)),
    )
  })

  it('of any footprint integrate fields that are constant in cells exactly', () => {
    const step = field(grid, x => (x < 1 ? 2 : 5))
    const footprints = [[[0.9, 0.2], [1.3, 0.6]], [[0, 0], [2, 1]], [[0.01, 0.3], [0.02, 0.31]]] // prettier-ignore
    expectClose(observe({ kind: 'block-mean', footprints }, step), [(0.1 * 2 + 0.3 * 5) / 0.4, 3.5, 2])
    expectClose(
      observe(
        { kind: 'block-mean', blocks: [5, 7] },
        field(grid, () => 3),
      ),
      new Array<number>(35).fill(3),
    )
  })
})

describe('blur', () => {
  it('keeps constants, and on a periodic domain the mean', () => {
    for (const boundary of ['mirror', 'periodic']) {
      expectClose(
        observe(
          { kind: 'blur', width: 0.3, boundary },
          field(grid, () => 2),
        ),
        new Array<number>(192).fill(2),
      )
      const sum = (a: readonly number[]): number => a.reduce((s, v) => s + v, 0)
      const x = noise([16, 12], 'blur')
      expect(sum(observe({ kind: 'blur', width: 0.3, boundary }, x))).toBeCloseTo(sum([...x.data]), 11)
    }
  })

  it('damps a wave by exp(-(k width)^2 / 2), but for the tails beyond four widths', () => {
    const g = cellGrid([128], [1])
    for (const [boundary, k] of [
      ['periodic', 2 * Math.PI],
      ['mirror', Math.PI],
    ] as const) {
      // prettier-ignore
      const wave = field(g, x => Math.cos(k * x))
      const found = observe({ kind: 'blur', width: 0.1, boundary }, wave, { grid: g })
      const factor = Math.exp(-((k * 0.1) ** 2) / 2)
      found.forEach((value, i) => expect(Math.abs(value - factor * wave.data[i]!)).toBeLessThan(2e-4)) // P(|Z| > 4) = 6e-5
    }
  })

  it('of a width below a cell is the field itself', () => {
    const x = noise([16, 12], 'fine')
    expectClose(observe({ kind: 'blur', width: 1e-4 }, x), [...x.data])
  })
})

describe('line integrals', () => {
  const one = field(grid, () => 1)

  it('of a constant are the lengths, for any segment', () => {
    const segments = [[[0, 0], [2, 1]], [[0.3, 0.9], [1.7, 0.2]], [[0.5, 0], [0.5, 1]], [[2, 1], [0, 1]], [[1.01, 0.5], [1.02, 0.5]]] // prettier-ignore
    const lengths = segments.map(([p, q]) => Math.hypot(q![0]! - p![0]!, q![1]! - p![1]!))
    expectClose(observe({ kind: 'line-integral', segments }, one), lengths)
  })

  it('are exact for fields constant in cells', () => {
    const step = field(grid, x => (x < 1 ? 2 : 5))
    const slope = Math.hypot(2, 0.5) / 2
    expectClose(observe({ kind: 'line-integral', segments: [[[0, 0.1], [2, 0.6]]] }, step), [7 * slope]) // prettier-ignore
    const ramp = field(line.grid, x => x)
    expectClose(observe({ kind: 'line-integral', segments: [[0.2, 1.4]] }, ramp, line), [(1.4 ** 2 - 0.2 ** 2) / 2])
  })

  it('of views are the widths of the rectangle across, and together its area', () => {
    expectClose(observe({ kind: 'line-integral', angles: [0, 90], offsets: [0, 0.45, 1.2] }, one), [1, 1, 0, 2, 2, 0])
    const rays = 400
    for (const angle of [0, 30, 77]) {
      const found = observe({ kind: 'line-integral', angles: [angle], offsets: rays }, one)
      const spacing = Math.hypot(2, 1) / rays
      // A trapezium of slopes: the midpoint rule errs at its corners by less than a ray's share.
      expect(Math.abs(found.reduce((s, v) => s + v, 0) * spacing - 2)).toBeLessThan(3 * spacing)
    }
  })
})

describe('fourier', () => {
  it('gives the amplitude and phase of a plane wave, and the mean', () => {
    const phase = 0.7
    const x = field(grid, (x, y) => 3 + 2 * Math.cos(2 * Math.PI * ((3 * x) / 2 - 2 * y) + phase))
    expectClose(
      observe({ kind: 'fourier', waves: [[3, -2], [-3, 2], [0, 0], [1, 1]] }, x), // prettier-ignore
      [Math.cos(phase), Math.sin(phase), Math.cos(phase), -Math.sin(phase), 3, 0, 0, 0],
    )
  })
})

describe('flux', () => {
  it('is the flow through the segment times a constant field, to the right of who walks', () => {
    const spec = { kind: 'flux', segments: [[[1, 0], [1, 1]], [[1, 1], [1, 0]], [[0, 0.25], [2, 0.25]]] } // prettier-ignore
    // u = x^2 y at x = 1: 1/2 through the whole height; v = -x y^2 at y = 1/4, normal (0, -1): + 2^2/2 / 16.
    expectClose(
      observe(
        { ...spec, velocity: ['x^2 * y', '-x * y^2'] },
        field(grid, () => 2),
      ),
      [1, -1, 2 * (2 / 16)],
    )
  })

  it('takes the flow at the time of the observation', () => {
    const x = inTime(() => 1)
    const spec = { kind: 'flux', segments: [[[1, 0], [1, 1]]], velocity: ['1 + t', 0] } // prettier-ignore
    expectClose(observe({ ...spec, time: 'all' }, x, { grid, times }), [1, 1.5 * 1.5, 9])
    expectClose(observe({ ...spec, time: 0.5 }, x, { grid, times }), [2.25])
    expectClose(
      observe(
        { kind: 'flux', segments: [[0.5]], velocity: ['x'] },
        field(line.grid, x => x),
        line,
      ),
      [0.25],
    )
  })
})

describe('pointwise operators', () => {
  const x = field(line.grid, x => x - 0.3)
  it('are their formulas', () => {
    expectClose(
      observe({ kind: 'log', offset: 0.5 }, x, line),
      [...x.data].map(c => Math.log(c + 0.5)),
    )
    expectClose(
      observe({ kind: 'saturating', limit: 0.7 }, x, line),
      [...x.data].map(c => 0.7 * Math.tanh(c / 0.7)),
    )
    expectClose(observe({ kind: 'expression', formula: 'a * c^2 + x', constants: { a: 3 } }, x, line), [...x.data].map(c => 3 * c * c + c + 0.3)) // prettier-ignore
  })

  it('say where a logarithm has no value', () => {
    expect(() => observe({ kind: 'log', offset: 0 }, x, line)).toThrow(/log: x \+ offset = -0.25 at element 0.*offset above 0.25/) // prettier-ignore
  })
})

describe('combinations', () => {
  const sensors = operatorFrom({ kind: 'sensors', points: [[0.5, 0.5], [1.5, 0.1]] }, space) // prettier-ignore
  const mask = operatorFrom({ kind: 'mask', cells: [5, 6, 7] }, space)
  const square = operatorFrom({ kind: 'expression', formula: 'c^2' }, space)
  const x = noise([2, 16, 12], 'combined')
  const [s, m] = [sensors.apply(x).data, mask.apply(x).data]

  it('stack, scale and select what their parts give', () => {
    const all = stackOperators(sensors, mask)
    expect([...all.apply(x).data]).toEqual([s[0], s[1], m[0], m[1], m[2], s[2], s[3], m[3], m[4], m[5]])
    expect([...scaleOperator(mask, [1, 2, -1]).apply(x).data]).toEqual([m[0], 2 * m[1]!, -m[2]!, m[3], 2 * m[4]!, -m[5]!]) // prettier-ignore
    expect([...selectOutputs(all, [4, 1]).apply(x).data]).toEqual([m[2], s[1], m[5], s[3]])
  })

  it('compose in the order in which they act', () => {
    expectClose(
      [...composeOperators(square, mask).apply(x).data],
      [...m].map(v => v * v),
    )
    expect(() => composeOperators(mask, square)).toThrow(
      "composeOperators: 'expression' takes [16, 12], but 'mask' before it gives [3]",
    )
    expect(() => stackOperators(mask, operatorFrom({ kind: 'sensors', points: [1] }, line))).toThrow("'mask' takes [16, 12] but 'sensors' [20]") // prettier-ignore
    expect(() => selectOutputs(mask, [3])).toThrow("index 0 is 3; 'mask' gives measurements 0 to 2")
    expect(() => scaleOperator(mask, [1])).toThrow("1 factors; 'mask' gives 3 measurements")
  })

  it('go on from a coarse field', () => {
    const spec = { kind: 'compose', operators: [{ kind: 'block-mean', blocks: [4, 4] }, { kind: 'sensors', points: [[1, 0.5]] }] } // prettier-ignore
    expectClose(
      observe(
        spec,
        field(grid, (x, y) => x + y),
      ),
      [1.5],
    )
    const after = {
      kind: 'compose',
      operators: [
        { kind: 'mask', cells: [1] },
        { kind: 'sensors', points: [[1, 1]] },
      ],
    }
    expect(() => operatorFrom(after, space)).toThrow('operator.operators[1]: sensors observes a field on a grid, but what comes before it gives numbers [1]') // prettier-ignore
  })
})
