/** The Gaussian surrogate against the normal equations, in double precision. */
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile/index.js'
import { array, type NdArray } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { spectrumOf } from '../../src/linalg/spectrum.js'
import { axesDenoiser, axesTensor, priorSurrogate, surrogateBase, surrogateOf } from '../../src/scores/surrogate.js'
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
const R = [0.04, 0.1, 0.3]
const sigmas = [0.05, 0.4, 1, 3, 30]
const x = rows(sigmas.length, d, 'x').map((row, i) => row.map((v, j) => mean[j]! + v * (1 + sigmas[i]!)))

describe.each([
  { name: 'full', C: multiply(G, transpose(G)).map((row, i) => row.map((v, j) => v + (i === j ? 0.1 : 0))), r: d },
  { name: 'singular', C: multiply(G, transpose(G)), r: rank },
])('of a $name covariance', ({ C, r }) => {
  const spectrum = spectrumOf(matrix(C, [d, d]), d)
  const scale = 0.7
  const operators = sigmas.map((_, i) => rows(m, d, `A ${i}`))

  it('the spectrum gives the covariance back, its leading part where fewer axes are asked for', () => {
    const { variances, axes } = spectrum
    expect(variances).toHaveLength(r)
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) {
        let sum = 0
        for (let k = 0; k < r; k++) sum += variances[k]! * axes[k * d + i]! * axes[k * d + j]!
        expect(sum).toBeCloseTo(C[i]![j]!, 10)
      }
    const two = spectrumOf(matrix(C, [d, d]), 2)
    expect([two.variances, two.axes]).toEqual([variances.slice(0, 2), axes.slice(0, 2 * d)])
    expect(two.rest).toBeCloseTo(variances.slice(2).reduce((a, b) => a + b, 0) / (d - 2), 10)
  })

  /** Of one operator for all samples, of one for each, or of none. */
  const cases = [
    { shown: 'one operator', count: 1 },
    { shown: 'an operator of each', count: sigmas.length },
    { shown: 'nothing', count: 0 },
  ]
  it.each(cases)('its base is the exact denoiser about the mean, shown $shown', async ({ count }) => {
    const own = Array.from({ length: count }, (_, i) => surrogateOf(spectrum, matrix(operators[i]!, [m, d]), array(Float64Array.from(R)), scale)) // prettier-ignore
    const shown = count === 0 ? [priorSurrogate(spectrum, scale)] : own
    const u = x.map((row, i) => row.map((v, j) => (v - mean[j]!) / (scale * (1 + sigmas[i]!))))
    const inputs = {
      ...{ x: matrix(u, [sigmas.length, 2, 3]), sigma: array(Float64Array.from(sigmas)) },
      surrogateRotation: array(Float64Array.from(shown.flatMap(({ rotation }) => [...rotation])), [shown.length, r, r]),
      surrogateVariances: array(Float64Array.from(shown.flatMap(({ variances }) => [...variances])), [
        shown.length,
        r + 1,
      ]),
    }
    const f = await compile(
      ({ x, sigma, ...condition }) => ({ D: surrogateBase(axesTensor(spectrum))(x!, sigma!, condition) }),
      Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape])),
    )
    const { D } = await f.run(inputs)
    await f.dispose()
    u.forEach((row, i) => {
      // About the posterior's mean: y = A mean leaves it at 0; nothing shown is infinite noise.
      const zero = mean.map(() => 0)
      const A = operators[Math.min(i, Math.max(0, count - 1))]!
      const law = { mean: zero, C: C.map(row => row.map(v => v / scale ** 2)), A, R: R.map(v => (count === 0 ? 1e12 : v / scale ** 2)) } // prettier-ignore
      const wanted = gaussianMean(law, row, sigmas[i]!, new Array<number>(m).fill(0))
      // Float32 rounding of products of numbers of order one.
      wanted.forEach((v, j) => expect(D!.data[i * d + j]! / (1 + sigmas[i]!)).toBeCloseTo(v / (1 + sigmas[i]!), 4))
    })
  })

  it('takes what its axes leave out for independent, of the variance that it has on average', async () => {
    const part = spectrumOf(matrix(C, [d, d]), 2)
    const { rotation, variances } = priorSurrogate(part, 1)
    const inputs = {
      ...{ x: matrix(x, [sigmas.length, 2, 3]), sigma: array(Float64Array.from(sigmas)) },
      ...{ surrogateRotation: array(rotation, [1, 2, 2]), surrogateVariances: array(variances, [1, 3]) },
    }
    const f = await compile(
      ({ x, sigma, ...condition }) => ({ D: surrogateBase(axesTensor(part))(x!, sigma!, condition) }),
      Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape])),
    )
    const { D } = await f.run(inputs)
    await f.dispose()
    const own = matrix(C, [d, d]).data.map((_, k) => {
      const [i, j] = [Math.floor(k / d), k % d]
      const along = [0, 1].reduce((sum, a) => sum + (part.variances[a]! - part.rest) * part.axes[a * d + i]! * part.axes[a * d + j]!, 0) // prettier-ignore
      return along + (i === j ? part.rest : 0)
    })
    const S = mean.map((_, i) => Array.from(own.subarray(i * d, (i + 1) * d)))
    x.forEach((row, i) => {
      const law = { mean: mean.map(() => 0), C: S, A: rows(m, d, 'none'), R: R.map(() => 1e12) }
      const wanted = gaussianMean(law, row, sigmas[i]!, new Array<number>(m).fill(0))
      wanted.forEach((v, j) => expect(D!.data[i * d + j]! / (1 + sigmas[i]!)).toBeCloseTo(v / (1 + sigmas[i]!), 4))
    })
  })

  it('the denoiser of given axes is that of their Gaussian', async () => {
    const { variances, axes } = spectrum
    const inputs = {
      ...{ x: matrix(x, [sigmas.length, 2, 3]), sigma: array(Float64Array.from(sigmas)) },
      ...{ gaussianMean: matrix([mean], [1, 2, 3]), gaussianVariances: array(variances, [1, r]) },
      gaussianAxes: array(axes, [1, r, d]),
    }
    const f = await compile(
      ({ x, sigma, ...condition }) => ({ D: axesDenoiser(x!, sigma!, condition) }),
      Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape])),
      { precision: 'float64' },
    )
    const { D } = await f.run(inputs)
    await f.dispose()
    x.forEach((row, i) => {
      const none = { mean, C, A: rows(m, d, 'none'), R: R.map(() => 1e12) }
      const wanted = gaussianMean(none, row, sigmas[i]!, new Array<number>(m).fill(0))
      wanted.forEach((v, j) => expect(D!.data[i * d + j]).toBeCloseTo(v, 6))
    })
  })
})

describe('refusals', () => {
  const spectrum = spectrumOf(matrix([[1, 0], [0, 1]], [2, 2]), 2) // prettier-ignore
  it('sizes and variances that do not fit', () => {
    expect(() => spectrumOf(array(new Float64Array(4), [2, 2]), 2)).toThrow('no variance above 0')
    expect(() => surrogateOf(spectrum, matrix([[1, 2, 3]], [1, 3]), array(Float64Array.of(1)), 1)).toThrow('wants [any, 2]') // prettier-ignore
    expect(() => surrogateOf(spectrum, matrix([[1, 2]], [1, 2]), array(Float64Array.of(-10)), 1)).toThrow(RangeError)
  })
})
