/** Log-probabilities by the probability flow against closed forms. */
import { expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { logProb } from '../../src/samplers/index.js'
import { densityDenoisers, gaussianDenoiser, mixtureDenoiser } from '../../src/scores/exact/index.js'
import { levelsBetween, measuredOrder } from './processes.js'

const bottom = 0.05
const logNormal = (x: number, mean: number, variance: number): number =>
  -((x - mean) ** 2) / (2 * variance) - Math.log(2 * Math.PI * variance) / 2

const mean = [0.5, -1, 0.2]
const variance = [0.3, 1, 2]
const n = 20
const x = array(
  normal(key(1), new Float64Array(n * 3)).map((w, i) => mean[i % 3]! + Math.sqrt(variance[i % 3]!) * w),
  [n, 3],
)
const exact = Array.from({ length: n }, (_, i) =>
  mean.reduce((sum, mu, j) => sum + logNormal(x.get(i, j), mu, variance[j]! + bottom ** 2), 0),
)
const denoise = gaussianDenoiser({ mean, covariance: variance })
const request = { denoise, x, data: { mean, variance }, precision: 'float64' } as const
const worst = (found: ArrayLike<number>, wanted: readonly number[]): number =>
  Math.max(...wanted.map((v, i) => Math.abs(found[i]! - v)))

it('is that of a Gaussian, at order 4', async () => {
  const counts = [24, 48, 96]
  const errors = []
  for (const count of counts) {
    const { data } = await logProb({ ...request, levels: levelsBetween(20, bottom, count) })
    errors.push(worst(data, exact))
  }
  expect(Math.abs(measuredOrder(counts, errors) - 4)).toBeLessThan(0.15)
  expect(errors[2]).toBeLessThan(5e-6)
})

it('does not depend on the chunk, and takes float32', async () => {
  const levels = levelsBetween(20, bottom, 60)
  const whole = await logProb({ ...request, levels })
  expect((await logProb({ ...request, levels, chunk: 16 })).data).toEqual(whole.data)
  const single = await logProb({ ...request, levels, precision: 'float32' })
  expect(worst(single.data, exact)).toBeLessThan(2e-4)
})

it("Hutchinson's estimate is exact for a diagonal covariance, and unbiased otherwise", async () => {
  const levels = levelsBetween(20, bottom, 60)
  // v^T A v = tr A for v = +-1 and a diagonal A.
  const diagonal = await logProb({ ...request, levels, divergence: 'hutchinson' })
  expect(worst(diagonal.data, exact)).toBeLessThan(3e-5) // the step's error, as above
  const covariance = [[1, 0.8], [0.8, 1]] // prettier-ignore
  const many = 400
  const full = {
    denoise: gaussianDenoiser({ mean: [0, 0], covariance }),
    x: array(new Float64Array(2 * many), [many, 2]),
    levels,
    precision: 'float64',
  } as const
  const truth = -Math.log(2 * Math.PI) - Math.log((1 + bottom ** 2) ** 2 - 0.64) / 2
  const estimates = Array.from((await logProb({ ...full, divergence: 'hutchinson' })).data)
  const centre = estimates.reduce((a, b) => a + b) / many
  const spread = Math.sqrt(estimates.reduce((sum, v) => sum + (v - centre) ** 2, 0) / many)
  expect(spread).toBeGreaterThan(0.1)
  // p_T leaves out the covariance of the data at sigma = 20: 1e-5.
  expect(Math.abs(centre - truth)).toBeLessThan((4 * spread) / Math.sqrt(many) + 1e-4)
  const [one] = (await logProb({ ...full, x: array(new Float64Array(2), [1, 2]) })).data
  expect(Math.abs(one! - truth)).toBeLessThan(1e-4)
})

it('is that of a mixture in two dimensions', async () => {
  const parts = [
    { weight: 0.4, mean: [-1.2, 0], covariance: 0.055 },
    { weight: 0.6, mean: [0.8, 0], covariance: 0.2 },
  ]
  const at = [[-1, 0.1], [0, 0], [0.9, -0.5], [-0.3, 0.4]] // prettier-ignore
  const wanted = at.map(([a, b]) =>
    Math.log(
      parts.reduce((sum, { weight, mean: [mu], covariance: c }) => {
        const v = c + bottom ** 2
        return sum + weight * Math.exp(logNormal(a!, mu!, v) + logNormal(b!, 0, v))
      }, 0),
    ),
  )
  const data = { mean: [0, 0], variance: [1.102, 0.142] }
  const found = await logProb({ denoise: mixtureDenoiser(parts), x: array(Float64Array.from(at.flat()), [4, 2]), levels: levelsBetween(50, bottom, 300), data, precision: 'float64' }) // prettier-ignore
  // p_T is Gaussian but for a skewness of (1/50)^3.
  expect(worst(found.data, wanted)).toBeLessThan(2e-5)
})

it('is conditional where the denoiser is, and refuses bad requests', async () => {
  const points = [-1, 0.5, 1.2]
  const y = 0.3
  const p = (u: number): number => (3 * u * u * Math.exp(-((u ** 3 - y) ** 2) / 2)) / Math.sqrt(2 * Math.PI)
  const grid = Array.from({ length: 1200 }, (_, k) => (k + 0.5) / 200 - 3)
  const moment = (f: (u: number) => number): number => grid.reduce((sum, u) => sum + (f(u) * p(u)) / 200, 0)
  const mean = moment(u => u)
  const found = await logProb({
    denoise: densityDenoisers.bimodal!,
    x: array(Float64Array.from(points), [3, 1]),
    condition: { y: array(Float64Array.of(y), [1, 1]) }, // prettier-ignore
    levels: levelsBetween(50, 0.02, 400),
    data: { mean, variance: moment(u => (u - mean) ** 2) },
    precision: 'float64', // prettier-ignore
  })
  // p smoothed by 0.02, by a sum over the kernel.
  points.forEach((u, i) => {
    const smoothed = Array.from({ length: 161 }, (_, k) => (k - 80) / 10).reduce(
      (sum, w) => sum + 0.1 * Math.exp(logNormal(w, 0, 1)) * p(u + 0.02 * w),
      0,
    )
    expect(Math.abs(found.data[i]! - Math.log(smoothed))).toBeLessThan(1e-4)
  })
  await expect(logProb({ ...request, levels: [1] })).rejects.toThrow(/two levels/)
  await expect(logProb({ ...request, levels: [2, 1], probes: 0 })).rejects.toThrow(/0 probes/)
})
