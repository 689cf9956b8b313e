/** The Gaussian surrogate against the normal equations, in double precision. */
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile/index.js'
import { array, type NdArray } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { givenSurrogate, openSurrogate, spectrumOf, surrogateDenoiser } from '../../src/scores/surrogate.js'
import { gaussianMean, multiply, transpose } from './matrices.js'

const [d, m, rank] = [6, 3, 4]
const rows = (n: number, k: number, stream: string): number[][] => {
  const values = normal(key(31, stream), new Float64Array(n * k))
  return Array.from({ length: n }, (_, i) => [...values.subarray(i * k, (i + 1) * k)])
}
const matrix = (a: readonly (readonly number[])[], shape: number[]): NdArray<Float64Array> =>
  array(Float64Array.from(a.flat()), shape)

const G = rows(d, rank, 'G')
const mean = [0.5, -1, 0, 2, 0.1, -0.3]
const A = rows(m, d, 'A')
const R = [0.04, 0.1, 0.3]
const sigmas = [0.05, 0.4, 1, 3, 30]
const x = rows(sigmas.length, d, 'x').map((row, i) => row.map((v, j) => mean[j]! + v * (1 + sigmas[i]!)))
const y = rows(sigmas.length, m, 'y')

describe.each([
  { name: 'full', C: multiply(G, transpose(G)).map((row, i) => row.map((v, j) => v + (i === j ? 0.1 : 0))), r: d },
  { name: 'singular', C: multiply(G, transpose(G)), r: rank },
])('of a $name covariance', ({ C, r }) => {
  const spectrum = spectrumOf(matrix([mean], [2, 3]), matrix(C, [d, d]))
  const surrogate = openSurrogate(spectrum, matrix(A, [m, d]), array(Float64Array.from(R)))
  const wanted = x.map((row, i) => gaussianMean({ mean, C, A, R }, row, sigmas[i]!, y[i]!))

  it('the spectrum gives the covariance back', () => {
    const { variances, axes } = spectrum
    expect(variances.shape).toEqual([r])
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) {
        let sum = 0
        for (let k = 0; k < r; k++) sum += variances.data[k]! * axes.get(k, i) * axes.get(k, j)
        expect(sum).toBeCloseTo(C[i]![j]!, 10)
      }
  })

  it('its estimate is E[x0 | x~, y]', () => {
    x.forEach((row, i) => {
      const { data, shape } = surrogate.estimate(matrix([row], [2, 3]), sigmas[i]!, array(Float64Array.from(y[i]!)))
      expect(shape).toEqual([2, 3])
      data.forEach((v, j) => expect(v).toBeCloseTo(wanted[i]![j]!, 8))
    })
  })

  it.each([1, sigmas.length])('its denoiser is E[x0 | x~, y], the axes for %i sample(s)', async copies => {
    const condition = { ...surrogate.condition(matrix(y, [sigmas.length, m])) }
    for (const name of ['surrogateVariances', 'surrogateAxes'] as const) {
      const { data, shape } = condition[name]
      const many = new Float64Array(copies * data.length)
      for (let k = 0; k < copies; k++) many.set(data, k * data.length)
      condition[name] = array(many, [copies, ...shape.slice(1)])
    }
    const inputs = { x: matrix(x, [sigmas.length, 2, 3]), sigma: array(Float64Array.from(sigmas)), ...condition }
    const f = await compile(
      ({ x, sigma, ...condition }) => ({ D: surrogateDenoiser(x!, sigma!, condition) }),
      Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape])),
      { precision: 'float64' },
    )
    const { D } = await f.run(inputs)
    await f.dispose()
    wanted.flat().forEach((v, i) => expect(D!.data[i]).toBeCloseTo(v, 8))
  })

  it('its deviation is that of x0 given y', () => {
    // D at an infinite sigma is the mean; its slope in x~_j times sigma^2 is the variance.
    const sigma = 1e4
    const at = (row: readonly number[]): number[] => gaussianMean({ mean, C, A, R }, row, sigma, y[0]!)
    const std = surrogate.std()
    expect(std.shape).toEqual([2, 3])
    std.data.forEach((s, j) => {
      const moved = mean.map((v, k) => v + (k === j ? sigma : 0))
      expect(s ** 2).toBeCloseTo((at(moved)[j]! - at(mean)[j]!) * sigma, 3)
    })
  })

  it('what was given when training is passed on', async () => {
    const f = await compile(
      ({ x, sigma, surrogateEstimate }) => ({
        D: givenSurrogate(x!, sigma!, { surrogateEstimate: surrogateEstimate! }),
      }),
      { x: [5, 2, 3], sigma: [5], surrogateEstimate: [5, 2, 3] },
    )
    const given = matrix(wanted, [5, 2, 3])
    const { D } = await f.run({
      x: matrix(x, [5, 2, 3]),
      sigma: array(Float64Array.from(sigmas)),
      surrogateEstimate: given,
    })
    await f.dispose()
    expect(D!.data).toEqual(Float32Array.from(given.data))
  })
})

describe('refusals', () => {
  const spectrum = spectrumOf(matrix([[0, 0]], [2]), matrix([[1, 0], [0, 1]], [2, 2])) // prettier-ignore
  it('sizes, values and variances that do not fit', () => {
    expect(() => spectrumOf(array(new Float64Array(2)), array(new Float64Array(4), [2, 2]))).toThrow(
      'no variance above 0',
    )
    expect(() => openSurrogate(spectrum, matrix([[1, 2, 3]], [1, 3]), array(Float64Array.of(1)))).toThrow(
      'wants [any, 2]',
    )
    const surrogate = openSurrogate(spectrum, matrix([[1, 2]], [1, 2]), array(Float64Array.of(1)))
    const [x, y] = [array(new Float64Array(2)), array(Float64Array.of(NaN))]
    expect(() => surrogate.estimate(x, 0, y)).toThrow('sigma is 0')
    expect(() => surrogate.estimate(x, 1, y)).toThrow('NaN at element 0')
  })
})
