/** Models of noise: moments, densities that integrate to one, rows that do not depend on the batch, faults. */
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { logGamma } from '../../src/operators/noise-models/model.js'
import { noiseFrom, noiseListing } from '../../src/operators/noise-models/registry.js'
import type { NoiseSpec } from '../../src/operators/noise.js'
import { key } from '../../src/random.js'

const vector = (...values: number[]): NdArray<Float64Array> => array(Float64Array.from(values))
const clean = vector(0.5, 1, 2)

const specs: readonly NoiseSpec[] = [
  { kind: 'gaussian', std: 0.3 },
  { kind: 'gaussian', std: [0.1, 0.2, 3] },
  { kind: 'gaussian', covariance: [[1, 0.5, 0], [0.5, 2, -0.3], [0, -0.3, 0.5]] }, // prettier-ignore
  { kind: 'laplace', scale: 0.7 },
  { kind: 'student-t', dof: 9, scale: 0.4 },
  { kind: 'poisson', rate: 3, background: 0.2 },
  { kind: 'poisson', rate: 400 },
  { kind: 'multiplicative', std: 0.2, floor: 0.05 },
]

describe.each(specs.map(spec => [JSON.stringify(spec), spec] as const))('%s', (_, spec) => {
  const noise = noiseFrom(spec)
  const n = 20_000
  const many = array(
    Float64Array.from({ length: 3 * n }, (_, i) => clean.data[i % 3]!),
    [n, 3],
  )
  const y = noise.sample(many, key(4))
  const R = noise.covariance(clean)
  const variance = (i: number, j = i): number => (R.shape.length === 2 ? R.get(i, j) : i === j ? R.get(i) : 0)

  it('has the mean and the covariance that it states', () => {
    for (let i = 0; i < 3; i++)
      for (let j = -1; j <= i; j++) {
        const values = Float64Array.from({ length: n }, (_, r) => {
          const residual = (k: number): number => (y.get(r, k) - clean.get(k)) / Math.sqrt(variance(k))
          return j < 0 ? residual(i) : residual(i) * residual(j)
        })
        const mean = values.reduce((a, b) => a + b, 0) / n
        const error = Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / n / n)
        const expected = j < 0 ? 0 : variance(i, j) / Math.sqrt(variance(i) * variance(j))
        expect(Math.abs(mean - expected), `entries ${i}, ${j}`).toBeLessThan(5 * error) // five standard errors
      }
  })

  it('gives each row its own numbers, whatever the batch', () => {
    const row = (r: number): NdArray<Float64Array> => noise.sample(array(clean.data, [1, 3]), key(4), r)
    for (const r of [0, 1, 517]) expect([...row(r).data]).toEqual([...y.data.subarray(3 * r, 3 * r + 3)])
    expect([...noise.sample(clean, key(4), 1).data]).toEqual([...y.data.subarray(3, 6)])
    expect([...noise.sample(clean, key(5)).data]).not.toEqual([...y.data.subarray(0, 3)])
  })

  it('has a density whose log has the mean that samples give: E[exp(log q - log p)] = 1 for any q', () => {
    // Importance weights of a shifted law, over samples of this one; bounded by five of their standard errors.
    const p = noise.logLikelihood(y, many)
    const q = noise.logLikelihood(y, array(many.data.map(value => 1.05 * value), [n, 3])) // prettier-ignore
    const weights = p.map((value, k) => Math.exp(q[k]! - value))
    const mean = weights.reduce((a, b) => a + b, 0) / n
    const error = Math.sqrt(weights.reduce((s, w) => s + (w - mean) ** 2, 0) / n / n)
    expect(Math.abs(mean - 1)).toBeLessThan(5 * error)
    expect(error).toBeLessThan(0.2)
    expect(noise.logLikelihood(array(y.data.slice(3, 6)), clean)[0]).toBe(p[1])
    expect(noise.logLikelihood(y, clean)).toEqual(p) // one noise-free measurement for all
  })
})

describe('log-likelihoods', () => {
  it('integrate to one', () => {
    const h = 0.005
    const grid = Float64Array.from({ length: 80_001 }, (_, k) => (k - 40_000) * h) // +-200
    for (const spec of specs.filter(({ kind, covariance }) => kind !== 'poisson' && !covariance)) {
      const noise = noiseFrom({ ...spec, ...(Array.isArray(spec.std) && { std: 3 }) })
      const p = noise.logLikelihood(array(grid, [grid.length, 1]), array(new Float64Array(grid.length).fill(0.3), [grid.length, 1])) // prettier-ignore
      expect(
        p.reduce((sum, value) => sum + h * Math.exp(value), 0),
        JSON.stringify(spec),
      ).toBeCloseTo(1, 4) // kink of Laplace: h^2 / 12
    }
    const counts = Float64Array.from({ length: 60 }, (_, k) => (k - 0.2) / 3)
    const p = noiseFrom({ kind: 'poisson', rate: 3, background: 0.2 }).logLikelihood(array(counts, [60, 1]), vector(2))
    expect(p.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12)
  })

  it('are those of the textbooks', () => {
    const at = (spec: NoiseSpec, y: number, mean: number): number =>
      noiseFrom(spec).logLikelihood(vector(y), vector(mean))[0]!
    expect(at({ kind: 'gaussian', std: 2 }, 3, 1)).toBeCloseTo(-0.5 - Math.log(2 * Math.sqrt(2 * Math.PI)), 14)
    expect(at({ kind: 'laplace', scale: 2 }, 3, 1)).toBeCloseTo(-1 - Math.log(4), 14)
    expect(at({ kind: 'student-t', dof: 1, scale: 2 }, 3, 1)).toBeCloseTo(-Math.log(2 * Math.PI * 2), 13) // Cauchy
    expect(at({ kind: 'poisson', rate: 1 }, 4, 2.5)).toBeCloseTo(4 * Math.log(2.5) - 2.5 - Math.log(24), 13)
    expect(at({ kind: 'poisson', rate: 1 }, 4.5, 2.5)).toBe(-Infinity)
    const R = [[2, 0.6], [0.6, 1]] // prettier-ignore
    const [a, b] = [0.3, -0.4]
    const quadratic = (a * a - 2 * 0.6 * a * b + 2 * b * b) / 1.64
    const found = noiseFrom({ kind: 'gaussian', covariance: R }).logLikelihood(vector(a, b), vector(0, 0))[0]
    expect(found).toBeCloseTo(-0.5 * (quadratic + Math.log(1.64)) - Math.log(2 * Math.PI), 14)
  })

  it('use the logarithm of the gamma function', () => {
    let factorial = 0
    for (let n = 1; n < 60; n++) {
      expect(Math.abs(logGamma(n) - factorial)).toBeLessThan(1e-14 * Math.max(1, factorial) * 4)
      factorial += Math.log(n)
    }
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 14)
  })
})

describe('shapes', () => {
  it('tell one measurement from a batch where they are stated', () => {
    const noise = noiseFrom({ kind: 'gaussian', std: [1, 2, 3, 4] }, [2, 2])
    const one = array(new Float64Array(4), [2, 2])
    expect(noise.sample(one, key(1)).shape).toEqual([2, 2])
    expect(noise.logLikelihood(one, one)).toHaveLength(1)
    expect(noise.logLikelihood(array(new Float64Array(12), [3, 2, 2]), one)).toHaveLength(3)
    expect([...noise.covariance(one).data]).toEqual([1, 4, 9, 16])
    expect(() => noise.sample(array(new Float64Array(4)), key(1))).toThrow('shape [4]; wants [2, 2], or [n, 2, 2] for a batch') // prettier-ignore
  })
})

describe('what is wrong is said with its place', () => {
  it.each<[NoiseSpec, string]>([
    [{ kind: 'gausian' }, "noise.kind: unknown noise 'gausian'; did you mean 'gaussian'?"],
    [{ kind: 'gaussian' }, 'noise: gaussian noise has either std or covariance'],
    [{ kind: 'gaussian', std: 0 }, 'noise.std = 0; wants a number above 0'],
    [{ kind: 'gaussian', std: [1, -1] }, 'noise.std[1] = -1; wants a number above 0'],
    [{ kind: 'gaussian', sd: 1 }, "noise: unknown parameter 'sd'; did you mean 'std'?"],
    [{ kind: 'gaussian', covariance: [[1, 2], [0, 1]] }, 'covariance has 2 at [0, 1] but 0 at [1, 0]'], // prettier-ignore
    [{ kind: 'gaussian', covariance: [[1, 2], [2, 1]] }, 'not positive definite'], // prettier-ignore
    [{ kind: 'laplace' }, 'noise: scale is missing'],
    [{ kind: 'student-t', scale: 1, dof: 0 }, 'noise.dof = 0; wants a number above 0'],
  ])('%j', (spec, message) => {
    expect(() => noiseFrom(spec)).toThrow(message)
  })

  it('also where a value has no such noise', () => {
    expect(() => noiseFrom({ kind: 'student-t', scale: 1, dof: 2 }).covariance(clean)).toThrow('variance is infinite for dof = 2') // prettier-ignore
    expect(() => noiseFrom({ kind: 'poisson' }).sample(vector(-1), key(1))).toThrow('mean count is -1 for the noise-free value -1') // prettier-ignore
    expect(() => noiseFrom({ kind: 'multiplicative', std: 0.1 }).logLikelihood(vector(1), vector(0))).toThrow('give a floor above 0') // prettier-ignore
    expect(() => noiseFrom({ kind: 'gaussian', std: [1, 2] }).sample(clean, key(1))).toThrow('std has 2 entries; a measurement has 3') // prettier-ignore
    expect(() => noiseFrom({ kind: 'gaussian', std: 1 }).sample(vector(NaN), key(1))).toThrow('NaN at element 0')
  })
})

it('lists every model with a schema', () => {
  expect(noiseListing().map(({ name }) => name)).toEqual(['gaussian', 'laplace', 'student-t', 'poisson', 'multiplicative']) // prettier-ignore
})
