import { describe, expect, it } from 'vitest'
import { array, zeros } from '../../src/io/array.js'
import { cellCoordinates, cellGrid } from '../../src/physics/grid.js'
import { logNormalLaw, normalLaw, uniformLaw } from '../../src/physics/laws.js'
import { diskPrior, piecewisePrior, plumePrior } from '../../src/physics/parametric.js'
import { key } from '../../src/random.js'

const laws = { uniform: uniformLaw(-1, 3), normal: normalLaw(2, 0.5), 'log-normal': logNormalLaw(1.5, 0.4) }

describe.each(Object.entries(laws))('the %s law', (_, law) => {
  it('has the density that its quantiles have: d quantile / du = 1 / p', () => {
    for (const u of [0.01, 0.2, 0.5, 0.77, 0.99]) {
      const step = 1e-5
      const rate = (law.quantile(u + step) - law.quantile(u - step)) / (2 * step)
      expect(Math.exp(law.logDensity(law.quantile(u))) * rate).toBeCloseTo(1, 5) // the difference is of order 2
    }
  })
})

it('laws have their supports, and refuse what makes none', () => {
  expect([uniformLaw(0, 1).logDensity(1.1), logNormalLaw(1, 1).logDensity(0)]).toEqual([-Infinity, -Infinity])
  expect(() => uniformLaw(1, 1)).toThrow('uniform law: [1, 1] is empty; low must be below high')
  expect(() => normalLaw(0, 0)).toThrow('normal law: std = 0; wants a positive number')
  expect(() => logNormalLaw(-1, 1)).toThrow('log-normal law: median = -1; wants a positive number')
  expect(() => normalLaw(NaN, 1)).toThrow('normal law: mean = NaN; wants a finite number')
})

const grid = cellGrid([24, 20], [2, 1])
const priors = {
  plumes: plumePrior(grid),
  disk: diskPrior(grid),
  mosaic: piecewisePrior(grid, { count: 4 }),
  'plumes on a segment': plumePrior(cellGrid([30]), { count: 1 }),
  'an interval': diskPrior(cellGrid([30])),
  'a mosaic on a segment': piecewisePrior(cellGrid([30])),
}

describe.each(Object.entries(priors))('the prior of %s', (_, prior) => {
  it('draws parameters from its laws, within Monte Carlo error, and the field of each', () => {
    const n = 2000
    const theta = prior.sampleParameters(key(5), n)
    prior.laws.forEach((law, k) => {
      for (const u of [0.1, 0.5, 0.9]) {
        let below = 0
        for (let r = 0; r < n; r++) if (theta.get(r, k) < law.quantile(u)) below++
        expect(Math.abs(below - n * u), prior.names[k]).toBeLessThan(4 * Math.sqrt(n * u * (1 - u))) // binomial
      }
    })
    expect(prior.sample(key(5), 3).data).toEqual(prior.field(array(theta.data.slice(0, 3 * prior.names.length), [3, prior.names.length])).data) // prettier-ignore
    expect(prior.sampleParameters(key(5), 2, 7).data).toEqual(theta.data.slice(7 * prior.names.length, 9 * prior.names.length)) // prettier-ignore
  })

  it('sums the log-densities of its laws', () => {
    const theta = prior.sampleParameters(key(6), 4)
    const p = prior.names.length
    prior.logDensity(theta).forEach((value, r) => {
      const expected = prior.laws.reduce((sum, law, k) => sum + law.logDensity(theta.get(r, k)), 0)
      expect(value).toBeCloseTo(expected, 12)
      expect(value).toBe(prior.logDensity(array(theta.data.slice(r * p, (r + 1) * p)))[0])
    })
  })
})

describe('fields', () => {
  const { x, y } = cellCoordinates(grid)

  it('of plumes are positive and have the mass 2 pi a w^2', () => {
    const [a, w] = [1.5, 0.11]
    const c = plumePrior(grid, { count: 1 }).field(array(Float64Array.of(a, 1, 0.5, w)))
    expect(c.shape).toEqual([24, 20])
    expect(Math.min(...c.data)).toBeGreaterThan(0)
    const mass = c.data.reduce((sum, value) => sum + value, 0) * grid.volume
    expect(mass / (2 * Math.PI * a * w * w)).toBeCloseTo(1, 4) // what lies beyond the sides, 4.5 widths away
    expect(plumePrior(grid).names).toEqual(['a1', 'x1', 'y1', 'w1', 'a2', 'x2', 'y2', 'w2'])
    const prior = plumePrior(grid)
    const outside = prior.sampleParameters(key(1), 1)
    outside.set(0, 0, -1)
    expect(prior.logDensity(outside)[0]).toBe(-Infinity)
  })

  it('of a disk are its value within the radius and 0 beyond', () => {
    const c = diskPrior(grid, { value: 3 }).field(array(Float64Array.of(0.9, 0.4, 0.22)))
    c.data.forEach((value, k) => expect(value).toBe(Math.hypot(x[k]! - 0.9, y[k]! - 0.4) <= 0.22 ? 3 : 0))
    expect(new Set(c.data)).toEqual(new Set([0, 3]))
    const square = diskPrior(cellGrid([64, 64]))
    expect(square.laws.map(law => law.quantile(0.5))).toEqual([0.5, 0.5, 0.09])
  })

  it('of a mosaic are the value of the nearest site', () => {
    const c = piecewisePrior(grid, { count: 2 }).field(array(Float64Array.of(0.5, 0.5, -1, 1.5, 0.5, 2)))
    c.data.forEach((value, k) => expect(value).toBe(x[k]! < 1 ? -1 : 2))
  })

  it('of a wrong number of parameters are refused, and counts that are none', () => {
    expect(() => diskPrior(grid).field(zeros('float64', [4]))).toThrow('prior: field: shape [4]; wants [3], or [n, 3] for a batch') // prettier-ignore
    expect(() => diskPrior(grid).logDensity(array(Float64Array.of(NaN, 0, 0)))).toThrow('NaN at element 0')
    expect(() => plumePrior(grid, { count: 0 })).toThrow('plume prior: count = 0; wants an integer from 1')
    expect(() => piecewisePrior(grid, { count: 1.5 })).toThrow('piecewise prior: count = 1.5')
  })
})
