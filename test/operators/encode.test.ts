import { Matrix, inverse } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { densePosterior } from '../../src/diagnostics/exact/posterior.js'
import { array, type NdArray } from '../../src/io/array.js'
import {
  encodeAdjoint,
  encodeBatch,
  encodeLmmse,
  encodeRaw,
  ensembleStatistics,
  linearEstimator,
  linearStatistics,
  openEncoder,
  statisticsEncoder,
  type LinearObservation,
} from '../../src/operators/encode.js'
import { matrixOf } from '../../src/operators/linear.js'
import { key, normal } from '../../src/random.js'
import { relativeDifference, rowOf, simulated, transported } from '../diagnostics/exact/transported.js'

/** A problem with its rows, and one observation. */
function observed(
  n: number,
  m: number,
  std = 0.05,
  seed = 1,
): { problem: ReturnType<typeof transported>; observation: LinearObservation } {
  const problem = transported(n, m, std, seed)
  const rows = matrixOf({ name: 'A', ...problem.operator })
  const y = rowOf(simulated(problem, 1, seed).y, 0)
  return { problem, observation: { rows, noise: problem.noise, y } }
}

const channel = (a: NdArray<Float64Array>, k: number): NdArray<Float64Array> => rowOf(a, k)

describe('LMMSE', () => {
  it('is the exact posterior mean and deviation of a linear operator and a Gaussian prior', () => {
    const { problem, observation } = observed(12, 30)
    const { prior } = problem
    // By information, which shares nothing with the encoding but A, C and R.
    const A = Matrix.from1DArray(30, 144, [...(observation.rows.data as Float64Array)])
    const C = Matrix.from1DArray(144, 144, [...prior.covariance().data])
    const Sigma = inverse(inverse(C).add(Matrix.mul(A.transpose().mmul(A), 400)))
    const mu = Matrix.columnVector([...prior.mean.data])
    const residual = Matrix.columnVector([...(observation.y.data as Float64Array)]).sub(A.mmul(mu))
    const mean = Matrix.add(mu, Matrix.mul(Sigma.mmul(A.transpose()).mmul(residual), 400))
    const encoded = encodeLmmse(prior, observation)
    expect(encoded.shape).toEqual([3, 12, 12])
    expect(relativeDifference(channel(encoded, 0), array(Float64Array.from(mean.to1DArray())))).toBeLessThan(1e-6)
    expect(relativeDifference(channel(encoded, 1), array(Float64Array.from(Sigma.diagonal(), Math.sqrt)))).toBeLessThan(1e-6) // prettier-ignore
    const posterior = densePosterior(problem)
    expect(relativeDifference(channel(encoded, 0), posterior.mean(observation.y))).toBeLessThan(1e-6)
    expect(relativeDifference(channel(encoded, 1), posterior.std())).toBeLessThan(1e-6)
  })

  it('has a gain and a covariance to match', () => {
    const { problem, observation } = observed(8, 10)
    const statistics = linearStatistics(problem.prior, observation.rows)
    const estimator = linearEstimator(statistics, observation.noise)
    const K = estimator.gain()
    const mean = Float64Array.from({ length: 64 }, (_, k) => {
      let sum = problem.prior.mean.data[k]!
      for (let i = 0; i < 10; i++)
        sum += K.get(k, i) * ((observation.y.data as Float64Array)[i]! - statistics.yMean.get(i))
      return sum
    })
    expect(relativeDifference(estimator.mean(observation.y), array(mean))).toBeLessThan(1e-12)
    const Sigma = estimator.covariance(problem.prior.covariance())
    const diagonal = Float64Array.from({ length: 64 }, (_, k) => Math.sqrt(Sigma.get(k, k)))
    expect(relativeDifference(estimator.std, array(diagonal))).toBeLessThan(1e-10)
  })
})

describe('a block of observations', () => {
  // Different operators, numbers of sensors on both sides of each padded size, more rows than one product takes.
  const cases = [3, 8, 9, 17, 30, 64, 65, 100, 128, 130].map((m, j) => observed(12, m, 0.05, j))
  const { prior } = cases[0]!.problem
  const observations = cases.map(({ observation }) => observation)
  const single = observations.map(o => encodeLmmse(prior, o))

  it('is the encodings one by one, in double to round-off and in single to 1e-3 of a deviation', async () => {
    const double = await encodeBatch(prior, observations, { precision: 'float64' })
    expect(double.shape).toEqual([10, 3, 12, 12])
    single.forEach((one, j) => {
      expect(relativeDifference(one, rowOf(double as NdArray<Float64Array>, j))).toBeLessThan(1e-11)
    })
    const half = await encodeBatch(prior, observations)
    single.forEach((one, j) => {
      const values = half.data.slice(j * 432, (j + 1) * 432)
      for (let k = 0; k < 144; k++) {
        expect(Math.abs(values[k]! - one.data[k]!)).toBeLessThan(1e-3 * one.data[144 + k]!)
        expect(Math.abs(values[144 + k]! / one.data[144 + k]! - 1)).toBeLessThan(1e-3)
      }
    })
  })

  it('goes in double where the noise is too small for single precision', async () => {
    const exact = observed(12, 40, 1e-4, 3)
    const encoder = openEncoder(prior)
    const { data } = await encoder.encode([observations[0]!, exact.observation, observations[1]!])
    const one = encodeLmmse(prior, exact.observation)
    for (let k = 0; k < 144; k++)
      expect(Math.abs(data[432 + k]! - one.data[k]!)).toBeLessThan(0.02 * one.data[144 + k]!)
    expect(Math.abs(data[864 + 144]! - single[1]!.data[144]!)).toBeLessThan(1e-3)
    await encoder.dispose()
  })

  it('takes a full R, and no observation at all', async () => {
    const { observation } = observed(12, 6)
    const R = new Float64Array(36)
    for (let i = 0; i < 6; i++) for (let j = 0; j < 6; j++) R[i * 6 + j] = 0.0025 * 0.6 ** Math.abs(i - j)
    const full = { ...observation, noise: array(R, [6, 6]) }
    const [none, one] = [await encodeBatch(prior, []), await encodeBatch(prior, [full], { precision: 'float64' })]
    expect(none.shape).toEqual([0, 3, 12, 12])
    expect(relativeDifference(encodeLmmse(prior, full), one)).toBeLessThan(1e-11)
  })

  it('shows raw values and adjoint images as one by one', async () => {
    for (const kind of ['raw', 'adjoint'] as const) {
      const { data, shape } = await encodeBatch(prior, observations, { kind, precision: 'float64' })
      expect(shape).toEqual([10, 2, 12, 12])
      const one = kind === 'raw' ? encodeRaw(observations[4]!, [12, 12]) : encodeAdjoint(prior, observations[4]!)
      expect(data.slice(4 * 288, 5 * 288)).toEqual(one.data)
    }
  })

  it('names the observation that does not fit', async () => {
    const bad = { ...observations[1]!, y: array(new Float64Array(5)) }
    await expect(encodeBatch(prior, [observations[0]!, bad])).rejects.toThrow('observation 1: encode: y [5] has 5 entries, rows are [8, 144]') // prettier-ignore
    const nan = { ...observations[1]!, rows: array(new Float64Array(8 * 144).fill(NaN), [8, 144]) }
    await expect(encodeBatch(prior, [nan])).rejects.toThrow('observation 0: encode: rows: NaN at element 0')
    const sure = { ...observations[1]!, noise: array(new Float64Array(8)) }
    await expect(encodeBatch(prior, [sure])).rejects.toThrow('noise variance 0 is not positive')
    await expect(encodeBatch(prior, [], { kind: 'lmse' as 'lmmse' })).rejects.toThrow("unknown kind 'lmse'; known: raw, adjoint, lmmse") // prettier-ignore
  })
})

describe('raw and adjoint', () => {
  const rows = array(Float64Array.of(0, 1, 0, 0, 0, 0, 0.5, 0.5), [2, 4])
  const observation = { rows, noise: array(Float64Array.of(0.25, 1)), y: array(Float64Array.of(3, 5)) }

  it('raw puts values where they were measured, and a mask', () => {
    expect([...encodeRaw(observation, [4]).data]).toEqual([0, 3, 5, 5, 0, 1, 1, 1])
    const sensing = array(Float64Array.of(1, 0, 0, 0, 0, 0, 0, 1), [2, 4])
    expect([...encodeRaw({ ...observation, sensing }, [4]).data]).toEqual([3, 0, 0, 5, 1, 0, 0, 1])
  })

  it('adjoint is r / (1 + d) and log(1 + d)', () => {
    // d = (0, 4, 1/4, 1/4); residuals 3 - 1 and 5 - 1; r = (0, 2 / 0.25, 0.5 4, 0.5 4)
    const mean = array(Float64Array.of(1, 1, 1, 1))
    const expected = [0, 8 / 5, 2 / 1.25, 2 / 1.25, 0, Math.log(5), Math.log(1.25), Math.log(1.25)]
    encodeAdjoint({ mean }, observation).data.forEach((v, k) => { expect(v).toBeCloseTo(expected[k]!, 14) }) // prettier-ignore
  })
})

describe('LMMSE from an ensemble', () => {
  const { problem, observation } = observed(8, 12, 0.2)
  const { prior, operator, noise } = problem
  const exact = linearEstimator(linearStatistics(prior, observation.rows), noise)
  const y = simulated(problem, 40, 8).y
  const [mean, size] = [exact.mean(y), Math.hypot(...exact.std.data)]
  const ensemble = (n: number, seed: number): ReturnType<typeof ensembleStatistics> => {
    const x = prior.sample(key(seed, 'ensemble', n), n)
    return ensembleStatistics(x, operator.apply(x))
  }
  /** Root mean square of the error of the mean, in posterior deviations, over measurements and ensembles. */
  const error = (n: number): number => {
    let sum = 0
    for (let seed = 0; seed < 4; seed++) {
      const estimate = linearEstimator(ensemble(n, seed), noise).mean(y)
      estimate.data.forEach((v, k) => (sum += (v - mean.data[k]!) ** 2))
    }
    return Math.sqrt(sum / (4 * 40)) / size
  }

  it('converges to the analytic one as 1/sqrt(n)', () => {
    const sizes = [250, 1000, 4000]
    const errors = sizes.map(error)
    const slope = Math.log(errors[2]! / errors[0]!) / Math.log(sizes[2]! / sizes[0]!)
    // Each error is a mean over 4 ensembles of 64 x 40 numbers, a few per cent; the slope of two then within 0.1.
    expect(Math.abs(slope + 0.5)).toBeLessThan(0.1)
    expect(errors[2]!).toBeLessThan(0.15)
    const std = linearEstimator(ensemble(4000, 1), noise).std
    expect(relativeDifference(exact.std, std)).toBeLessThan(5 / Math.sqrt(2 * 4000)) // 5 deviations of a sample's deviation
  })

  it('shrinks as 1/n, which helps where the ensemble is small', () => {
    const [small, large] = [ensemble(30, 1), ensemble(3000, 1)]
    expect(small.shrinkage / large.shrinkage).toBeGreaterThan(30)
    const sharp = observed(8, 12, 0.02)
    const x = prior.sample(key(1, 'ensemble', 20), 20)
    const ys = simulated(sharp.problem, 40, 8).y
    const best = linearEstimator(linearStatistics(prior, sharp.observation.rows), sharp.observation.noise).mean(ys)
    const squares = (lambda?: number): number => {
      const statistics = ensembleStatistics(x, sharp.problem.operator.apply(x), lambda)
      return linearEstimator(statistics, sharp.observation.noise).mean(ys).data.reduce((sum, v, k) => sum + (v - best.data[k]!) ** 2, 0) // prettier-ignore
    }
    expect(squares()).toBeLessThan(squares(0))
  })

  it('gives the same channels as an operator with rows', () => {
    const encode = statisticsEncoder(ensemble(4000, 2), noise)
    const [one, many] = [encode(rowOf(y, 3)), encode(y)]
    expect([one.shape, many.shape]).toEqual([[3, 8, 8], [40, 3, 8, 8]]) // prettier-ignore
    expect(rowOf(many, 3).data).toEqual(one.data)
    expect([...one.data].every(Number.isFinite)).toBe(true)
    expect(() => ensembleStatistics(prior.sample(key(1), 4), array(normal(key(1), new Float64Array(6)), [3, 2]))).toThrow('4 fields x and 3 measurements y') // prettier-ignore
  })
})
