import { Matrix, inverse, determinant } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { matrixFreePosterior } from '../../../src/diagnostics/exact/matrix-free.js'
import { densePosterior } from '../../../src/diagnostics/exact/posterior.js'
import { array, type NdArray } from '../../../src/io/array.js'
import { denseGaussian } from '../../../src/linalg/gaussian.js'
import { matrixOf } from '../../../src/operators/linear.js'
import { key, normal } from '../../../src/random.js'
import { relativeDifference, rowOf, simulated, transported } from './transported.js'

const matrix = (a: NdArray<Float64Array>): Matrix => Matrix.from1DArray(a.shape[0]!, a.shape[1] ?? 1, [...a.data])
const flat = (m: Matrix): NdArray<Float64Array> => array(Float64Array.from(m.to1DArray()))

/** R = std^2 (I + 0.5 correlation of neighbours): a full matrix. */
function correlated(m: number, std: number): NdArray<Float64Array> {
  const R = new Float64Array(m * m)
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) R[i * m + j] = std ** 2 * 0.5 ** Math.abs(i - j)
  return array(R, [m, m])
}

describe('the posterior by information, Sigma = (C^-1 + A^T R^-1 A)^-1', () => {
  const base = transported(8, 20)
  it.each([
    ['variances', base],
    ['a full R', { ...base, noise: correlated(20, 0.05) }],
  ])('is what the dense and the matrix-free way give, with %s', (_, problem) => {
    const { y } = simulated(base, 2)
    const { prior, operator } = problem
    const A = matrix(matrixOf({ name: 'A', ...operator }))
    const R = problem.noise.shape.length === 2 ? matrix(problem.noise as NdArray<Float64Array>) : Matrix.diag([...(problem.noise.data as Float64Array)]) // prettier-ignore
    const AtRi = A.transpose().mmul(inverse(R))
    const Sigma = inverse(inverse(matrix(prior.covariance())).add(AtRi.mmul(A)))
    const mu = matrix(array(prior.mean.data, [64, 1]))
    const y0 = rowOf(y, 0)
    const residual = matrix(y0).sub(A.mmul(mu))
    const mean = Matrix.add(mu, Sigma.mmul(AtRi).mmul(residual))
    const S = A.mmul(matrix(prior.covariance())).mmul(A.transpose()).add(R)
    const evidence = -0.5 * (residual.transpose().mmul(inverse(S)).mmul(residual).get(0, 0) + Math.log(determinant(S.mul(2 * Math.PI)))) // prettier-ignore

    const dense = densePosterior(problem)
    const free = matrixFreePosterior(problem)
    expect(relativeDifference(dense.covariance(), flat(Sigma))).toBeLessThan(1e-8)
    const x = prior.sample(key(3), 2)
    const offset = rowOf(x, 0).data.map((v, k) => v - mean.get(k, 0))
    const d = Matrix.columnVector([...offset])
    const density = -0.5 * (d.transpose().mmul(inverse(Sigma)).mmul(d).get(0, 0) + 64 * Math.log(2 * Math.PI) + Math.log(determinant(Matrix.mul(Sigma, 100))) - 64 * Math.log(100)) // prettier-ignore
    for (const posterior of [dense, free]) {
      expect(relativeDifference(posterior.mean(y0), flat(mean))).toBeLessThan(1e-8)
      expect(relativeDifference(posterior.std(), flat(Matrix.columnVector(Sigma.diagonal().map(Math.sqrt))))).toBeLessThan(1e-8) // prettier-ignore
      expect(relativeDifference(posterior.covarianceProduct(rowOf(x, 0)), flat(Sigma.mmul(Matrix.columnVector([...rowOf(x, 0).data]))))).toBeLessThan(1e-8) // prettier-ignore
      expect(posterior.logEvidence(y)[0]! / evidence).toBeCloseTo(1, 8)
      expect(posterior.logDensity(y0, x)[0]! / density).toBeCloseTo(1, 7)
    }
  })
})

describe('dense and matrix-free', () => {
  it('agree at 32 x 32 to 1e-6: means, deviations, evidence, densities and samples', () => {
    const problem = transported(32, 48)
    const { x, y } = simulated(problem, 2)
    const [dense, free] = [densePosterior(problem), matrixFreePosterior(problem)]
    const y0 = rowOf(y, 0)
    expect(relativeDifference(dense.mean(y), free.mean(y))).toBeLessThan(1e-6)
    expect(relativeDifference(dense.std(), free.std())).toBeLessThan(1e-6)
    expect(relativeDifference(array(dense.logEvidence(y)), array(free.logEvidence(y)))).toBeLessThan(1e-6)
    expect(relativeDifference(array(dense.logDensity(y0, x)), array(free.logDensity(y0, x)))).toBeLessThan(1e-6)
    expect(relativeDifference(dense.sample(y0, key(4), 3), free.sample(y0, key(4), 3))).toBeLessThan(1e-6)
  })

  it('say what does not fit', () => {
    const problem = transported(8, 4)
    const prior = transported(4, 4).prior
    for (const make of [densePosterior, matrixFreePosterior]) {
      expect(() => make({ ...problem, prior })).toThrow('the operator takes [8, 8], the prior has [4, 4]')
      expect(() => make({ ...problem, noise: array(Float64Array.of(1, 1, 0, 1)) })).toThrow('variance 2 is 0')
      expect(() => make(problem).mean(array(new Float64Array(3)))).toThrow('shape [3]; wants')
    }
  })
})

describe('samples of the exact posterior', () => {
  const problem = transported(8, 16)
  const posterior = densePosterior(problem)

  it('have its mean and covariance, within Monte Carlo error', () => {
    const y = rowOf(simulated(problem, 1).y, 0)
    const n = 4000
    const N = 64
    const [mean, Sigma] = [posterior.mean(y).data, posterior.covariance().data]
    const z = posterior.sample(y, key(11), n).data.map((v, k) => v - mean[k % N]!)
    let worst = 0
    for (let i = 0; i < N; i++) {
      let sum = 0
      for (let r = 0; r < n; r++) sum += z[r * N + i]!
      worst = Math.max(worst, Math.abs(sum) / Math.sqrt(n * Sigma[i * (N + 1)]!))
      for (let j = 0; j <= i; j++) {
        let product = 0
        for (let r = 0; r < n; r++) product += z[r * N + i]! * z[r * N + j]!
        const deviation = Math.sqrt((Sigma[i * (N + 1)]! * Sigma[j * (N + 1)]! + Sigma[i * N + j]! ** 2) / n)
        worst = Math.max(worst, Math.abs(product / n - Sigma[i * N + j]!) / deviation)
      }
    }
    expect(worst).toBeLessThan(4.8) // 2144 deviations: by chance once in 300
    expect(worst).toBeGreaterThan(2) // and so many reach that far unless they are all one
  })

  it('are the same whatever is drawn with them', () => {
    const y = rowOf(simulated(problem, 1).y, 0)
    const all = posterior.sample(y, key(2), 6)
    expect(relativeDifference(array(all.data.slice(4 * 64)), posterior.sample(y, key(2), 2, 4))).toBeLessThan(1e-12)
  })

  it('cover the truth as often as they say, over 200 observations', () => {
    const count = 200
    const { x, y } = simulated(problem, count, 77)
    const draws = 399
    // One functional of each observation, so that the 200 are independent: a cell that changes with the observation.
    const ranks = Array.from({ length: count }, (_, r) => {
      const cell = (7 * r) % 64
      const samples = posterior.sample(rowOf(y, r), key(9, r), draws).data
      const truth = x.data[r * 64 + cell]!
      let below = 0
      for (let s = 0; s < draws; s++) if (samples[s * 64 + cell]! < truth) below++
      return below
    })
    for (const level of [0.5, 0.9, 0.95]) {
      // The truth's rank is uniform on 0, ..., draws: the central interval holds it with probability `level` exactly.
      const tail = ((1 - level) / 2) * (draws + 1)
      const inside = ranks.filter(rank => rank >= tail && rank < draws + 1 - tail).length
      const band = 3.3 * Math.sqrt(count * level * (1 - level)) // outside by chance once in 1000
      expect(Math.abs(inside - level * count)).toBeLessThan(band)
    }
  })
})

describe('a dense Gaussian', () => {
  it('may be singular: samples, but no density', () => {
    const law = denseGaussian(array(Float64Array.of(1, 2)), array(Float64Array.of(1, 2, 2, 4), [2, 2]))
    const { data } = law.sample(key(1), 4)
    for (let r = 0; r < 4; r++) expect(data[2 * r + 1]! - 2).toBeCloseTo(2 * (data[2 * r]! - 1), 12)
    expect(() => law.logDensity(law.mean)).toThrow('not positive definite: pivot 1')
    expect(() => denseGaussian(array(Float64Array.of(0, 0)), array(Float64Array.of(1, 2, 1, 1), [2, 2]))).toThrow('[1, 0]') // prettier-ignore
  })

  it('agrees with the field whose covariance it has', () => {
    const { prior } = transported(6, 1)
    const dense = denseGaussian(prior.mean, prior.covariance())
    const x = array(normal(key(2), new Float64Array(72)), [2, 6, 6])
    expect(relativeDifference(array(prior.logDensity(x)), array(dense.logDensity(x)))).toBeLessThan(1e-9)
    expect(relativeDifference(prior.covarianceProduct(x), dense.covarianceProduct(x))).toBeLessThan(1e-12)
  })
})
