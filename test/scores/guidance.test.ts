/** Guidance on a Gaussian prior, where E[x0 | x~, y] is closed-form. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile/index.js'
import { array } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { conjugateGradient } from '../../src/scores/conjugate-gradient.js'
import type { Denoiser } from '../../src/scores/denoiser.js'
import { gaussianDenoiser } from '../../src/scores/exact/index.js'
import { dps, matrixMeasurement, mmps, pigdm, type GuidedMeasurement } from '../../src/scores/guidance.js'
import { paths } from '../../src/pde/path.js'
import { diffusionProcess } from '../../src/pde/process.js'
import { schedules } from '../../src/pde/schedule.js'
import { sample, steps, timeGrids } from '../../src/samplers/index.js'
import { gaussianMean, multiply, solve, transpose } from './matrices.js'

const [d, m] = [6, 3]
const rows = (n: number, k: number, stream: string): number[][] => {
  const values = normal(key(21, stream), new Float64Array(n * k))
  return Array.from({ length: n }, (_, i) => [...values.subarray(i * k, (i + 1) * k)])
}
const G = rows(d, d, 'covariance')
const C = multiply(G, transpose(G)).map((row, i) => row.map((v, j) => v / d + (i === j ? 0.05 : 0)))
const mean = [0.5, -1, 0, 2, 0.1, -0.3]
const A = rows(m, d, 'A')
const R = [0.04, 0.1, 0.3]
const prior = gaussianDenoiser({ mean, covariance: C })

const exact = (x: readonly number[], sigma: number, y: readonly number[]): number[] =>
  gaussianMean({ mean, C, A, R }, x, sigma, y)

const sigmas = [0.01, 0.1, 0.5, 1, 3, 20, 80]
const x0 = rows(sigmas.length, d, 'x0')
const x = rows(sigmas.length, d, 'x').map((row, i) => row.map((v, j) => x0[i]![j]! + sigmas[i]! * v))
const y = rows(sigmas.length, m, 'y')
const wanted = x.map((row, i) => exact(row, sigmas[i]!, y[i]!))

async function guided(denoise: Denoiser): Promise<number[][]> {
  const matrix = (a: readonly (readonly number[])[], shape: number[]) => array(Float64Array.from(a.flat()), shape)
  const inputs = {
    x: matrix(x, [sigmas.length, d]),
    sigma: array(Float64Array.from(sigmas)),
    y: matrix(y, [sigmas.length, m]),
    matrix: matrix(A, [1, m, d]),
    variance: matrix([R], [1, m]),
  }
  const signature = Object.fromEntries(Object.entries(inputs).map(([name, a]) => [name, a.shape]))
  const f = await compile(({ x, sigma, ...condition }) => ({ D: denoise(x!, sigma!, condition) }), signature, {
    precision: 'float64',
  })
  const { D } = await f.run(inputs)
  await f.dispose()
  return x.map((_, i) => Array.from(D!.data.slice(i * d, (i + 1) * d) as Float64Array))
}
const errors = (D: readonly (readonly number[])[]): number[] =>
  D.map((row, i) => Math.max(...row.map((v, j) => Math.abs(v - wanted[i]![j]!))))

describe('mmps', () => {
  it('is the exact posterior denoiser of a Gaussian prior, once the solver has as many steps as measurements', async () => {
    for (const error of errors(await guided(mmps(prior, matrixMeasurement, { iterations: m }))))
      expect(error).toBeLessThan(1e-7)
  })

  it('comes closer with every iteration', async () => {
    const worst = async (iterations: number): Promise<number> =>
      Math.max(...errors(await guided(mmps(prior, matrixMeasurement, { iterations }))))
    const [none, one, two] = [await worst(0), await worst(1), await worst(2)]
    expect(one).toBeLessThan(none)
    expect(two).toBeLessThan(one)
  })

  it('linearises an operator that is not said to be linear to the same', async () => {
    const unsaid = { ...matrixMeasurement, linear: false }
    for (const error of errors(await guided(mmps(prior, unsaid, { iterations: m })))) expect(error).toBeLessThan(1e-7)
  })

  it('of an operator that bends takes the derivative at D', async () => {
    const bent: GuidedMeasurement = {
      ...matrixMeasurement,
      linear: false,
      apply: (x, c) => tf.tanh(matrixMeasurement.apply(x, c)),
    }
    // The same by hand: r = y - tanh(A D), with the rows of A scaled by 1 - tanh(A D)^2.
    const byHand: Denoiser = (x, sigma, condition) => {
      const D = prior(x, sigma)
      const u = matrixMeasurement.apply(D, condition!)
      const slope = tf.sub(1, tf.square(tf.tanh(u)))
      const linear: GuidedMeasurement = {
        linear: true,
        variance: 'variance',
        apply: (v, c) => tf.mul(slope, matrixMeasurement.apply(v, c)),
      }
      const shifted = tf.add(tf.sub(condition!.y!, tf.tanh(u)), tf.mul(slope, u))
      return mmps(prior, linear, { iterations: m })(x, sigma, { ...condition, y: shifted })
    }
    const [a, b] = [await guided(mmps(prior, bent, { iterations: m })), await guided(byHand)]
    a.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v - b[i]![j]!)).toBeLessThan(1e-7 * (1 + Math.abs(v)))))
  })
})

describe('pigdm', () => {
  it('is exact where the prior is white', async () => {
    const white = gaussianDenoiser({ mean, covariance: 0.49 })
    const D = await guided(pigdm(white, matrixMeasurement, { iterations: m, sigmaData: 0.7 }))
    const same = await guided(mmps(white, matrixMeasurement, { iterations: m }))
    D.forEach((row, i) => row.forEach((v, j) => expect(Math.abs(v - same[i]![j]!)).toBeLessThan(1e-7)))
  })

  it('lies between the prior and the posterior on this prior', async () => {
    const total = (list: readonly number[]): number => Math.hypot(...list)
    const [guidedBy, unguided] = [errors(await guided(pigdm(prior, matrixMeasurement))), errors(await guided(prior))]
    expect(total(guidedBy)).toBeLessThan(total(unguided))
    expect(Math.max(...guidedBy)).toBeGreaterThan(1e-3)
  })
})

describe('dps', () => {
  it('is D + sigma^2 J^T A^T R^-1 (y - A D)', async () => {
    const D = await guided(prior)
    const G = await guided(dps(prior, matrixMeasurement, { step: 'likelihood', scale: 1 }))
    // At one level: J = C (C + sigma^2 I)^-1.
    const [sigma, k] = [sigmas[2]!, 2]
    const residual = A.map((row, i) => (y[k]![i]! - row.reduce((sum, a, j) => sum + a * D[k]![j]!, 0)) / R[i]!)
    const back = mean.map((_, j) => A.reduce((sum, row, i) => sum + row[j]! * residual[i]!, 0))
    const CplusS = C.map((row, i) => row.map((v, j) => v + (i === j ? sigma ** 2 : 0)))
    const pulled = multiply(C, solve(CplusS, back).map(v => [v])) // prettier-ignore
    G[k]!.forEach((v, j) => expect(v).toBeCloseTo(D[k]![j]! + sigma ** 2 * pulled[j]![0]!, 9))
  })

  it('with the variance that the residual shows, corrects no more than the likelihood, and less at large sigma', async () => {
    const D = await guided(prior)
    const away = (G: readonly (readonly number[])[]): number[] =>
      G.map((row, i) => Math.hypot(...row.map((v, j) => v - D[i]![j]!)))
    const likelihood = away(await guided(dps(prior, matrixMeasurement, { step: 'likelihood' })))
    const residual = away(await guided(dps(prior, matrixMeasurement)))
    expect(residual.at(-1)!).toBeLessThan(0.5 * likelihood.at(-1)!)
  })
})

describe('samples', () => {
  // Prior N(0.3, 1), y = x + N(0, 0.25) = 1.5: the posterior is N(1.26, 0.2).
  const white = gaussianDenoiser({ mean: [0.3], covariance: 1 })
  const measurement: GuidedMeasurement = { apply: x => x, linear: true, variance: 0.25 }
  const n = 4096
  const process = diffusionProcess(schedules.create('geometric', { sigmaMin: 0.01, sigmaMax: 20 }), paths.create('ve'))

  async function moments(denoise: Denoiser): Promise<{ mean: number; variance: number }> {
    const { x } = await sample({
      denoise,
      shape: [1],
      step: steps.create('heun'),
      n,
      process,
      levels: timeGrids.create('log-sigma')(process.schedule, 40),
      data: { mean: 1.26, variance: 0.2 },
      condition: { y: array(Float64Array.of(1.5), [1, 1]) },
      precision: 'float64',
    })
    const values = [...x.data]
    const mean = values.reduce((a, b) => a + b, 0) / n
    return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1) }
  }

  it.each(['mmps', 'pigdm'] as const)('of %s have the posterior mean and variance', async name => {
    const { mean, variance } = await moments({ mmps, pigdm }[name](white, measurement))
    // Four standard errors of the mean and of the variance, and the bias of 40 Heun steps, below 1e-3.
    expect(Math.abs(mean - 1.26)).toBeLessThan(4 * Math.sqrt(0.2 / n) + 1e-3)
    expect(Math.abs(variance - 0.2)).toBeLessThan(4 * 0.2 * Math.sqrt(2 / n) + 1e-3)
  })

  it('of dps are biased: too far and too narrow with R, too wide with what one residual shows', async () => {
    const likelihood = await moments(dps(white, measurement, { step: 'likelihood', scale: 1 }))
    expect(likelihood.mean).toBeGreaterThan(1.6)
    expect(likelihood.variance).toBeLessThan(0.05)
    const residual = await moments(dps(white, measurement, { scale: 1 }))
    expect(residual.mean).toBeLessThan(1.1)
    expect(residual.variance).toBeGreaterThan(0.5)
  })
})

describe('a denoiser whose derivative is no covariance, as networks have them', () => {
  it('does not throw samples further from the measurement than they were', async () => {
    // J has eigenvalues of both signs; without a bound S is indefinite.
    const wrong: Denoiser = (x, sigma, condition) => tf.sub(prior(x, sigma, condition), tf.mul(0.8, tf.reverse(x, 1)))
    const squares = (D: readonly (readonly number[])[]): number[] =>
      D.map((row, i) =>
        A.reduce((sum, a, k) => sum + (y[i]![k]! - a.reduce((s, v, j) => s + v * row[j]!, 0)) ** 2 / R[k]!, 0),
      )
    const before = squares(await guided(wrong))
    for (const rule of [mmps, pigdm]) {
      const after = squares(await guided(rule(wrong, matrixMeasurement, { iterations: m })))
      after.forEach((value, i) => expect(value).toBeLessThanOrEqual(before[i]! * (1 + 1e-9))) // prettier-ignore
    }
  })
})

describe('conjugateGradient', () => {
  it('solves each row, stays where a row is solved, and takes zero', async () => {
    const S = [[2, 0.5, 0], [0.5, 1, 0.2], [0, 0.2, 3]] // prettier-ignore
    const b = [[1, 2, 3], [0, 0, 0], [2, 0.5, 0]] // prettier-ignore
    const f = await compile(
      ({ b }) => ({ z: conjugateGradient(v => tf.matMul(v, tf.tensor2d(S)), b!, 12, tf.tensor([[0.5, 0.5, 0.5]])) }),
      { b: [3, 3] },
      { precision: 'float64' },
    )
    const { z } = await f.run({ b: array(Float64Array.from(b.flat()), [3, 3]) })
    await f.dispose()
    b.forEach((row, i) => {
      const solved = solve(S, row)
      solved.forEach((v, j) => expect(z!.data[3 * i + j]).toBeCloseTo(v, 9))
    })
  })

  it('takes no longer steps than R allows where S is not positive', async () => {
    const f = await compile(
      ({ b }) => ({ z: conjugateGradient(v => tf.mul(-3, v), b!, 1, tf.tensor([[0.5, 0.5, 0.5]])) }),
      { b: [1, 3] },
      { precision: 'float64' },
    )
    const { z } = await f.run({ b: array(Float64Array.of(1, 2, 3), [1, 3]) })
    await f.dispose()
    expect([...(z!.data as Float64Array)]).toEqual([2, 4, 6])
  })
})
