/** Guidance by the likelihood in the coordinates of a model, on a prior whose exact denoiser is known. */
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import type { Observation, Posterior } from '../../src/posterior.js'
import { exactPosterior, heldOutCase, momentErrorsOf } from '../../src/run/exact-case.js'
import { assertOther, guidedDenoiser, guidingConditions, parted, unconditioned } from '../../src/run/guided.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { processes } from '../../src/run/process.js'
import { openDrawing } from '../../src/run/sampling.js'
import { viewSpec } from '../../src/run/view.js'
import type { Denoiser } from '../../src/scores/denoiser.js'
import { spectrumOf } from '../../src/linalg/spectrum.js'
import { axesDenoiser } from '../../src/scores/surrogate.js'

const shape = [16]
let posterior: Posterior
let denoise: Denoiser

/** The exact denoiser of the prior in the coordinates of no measurement. */
beforeAll(async () => {
  const problem = await loadProblem('advection-diffusion/boundary-flux')
  const parts = problem.build(shape)
  const prior = await priorMoments(parts)
  const view = viewSpec(parts, prior)
  posterior = { problem, parts, prior, model: { spec: { shape, process: processes.vp, view } } } as unknown as Posterior
  const [C, sd] = [prior.covariance().data, prior.std.data]
  const white = C.map((value, k) => value / (sd[Math.floor(k / 16)]! * sd[k % 16]!))
  const { variances, axes } = spectrumOf(array(white, [16, 16]), 16)
  denoise = (x, sigma) =>
    axesDenoiser(x, sigma, {
      gaussianMean: tf.zeros([1, 16]),
      gaussianVariances: tf.tensor2d(Float32Array.from(variances), [1, variances.length]),
      gaussianAxes: tf.tensor3d(Float32Array.from(axes), [1, variances.length, 16]),
    })
}, 60_000)

const sensors = { name: 'sensors', spec: { kind: 'sensors', count: 6 } }

describe('guidance of the prior', () => {
  it('by mmps gives the posterior of an observation that nothing was shown of', async () => {
    const { prior, parts, model } = posterior
    const held = heldOutCase(posterior, sensors, 0)
    const exact = exactPosterior(posterior, held)
    const { view } = unconditioned(prior, model.spec.view, held.observation)
    expect([...view.centre]).toEqual([...prior.mean.data])
    const drawing = openDrawing(guidedDenoiser(denoise, 'mmps', 6), shape)
    const conditions = guidingConditions(parts, prior, held.observation, view)
    expect(conditions.matrix.shape).toEqual([1, 16, 16]) // 6 measurements, padded
    const options = { process: processes.vp, draws: 1024, sampler: 'heun', steps: 30, sigmaMin: 0.005 }
    const { x } = (await drawing.draw([view], conditions, options))[0]!
    const { mean, std, covariance } = momentErrorsOf(x, exact)
    // 1024 draws leave 1/sqrt(2 n) = 0.022 of the deviation; float32 and 30 steps as much again.
    expect(mean).toBeLessThan(0.03)
    expect(std).toBeLessThan(0.06)
    expect(covariance).toBeLessThan(0.15)
    await drawing.dispose()
  })

  it('parts a measurement into two that are independent and say as much together', () => {
    const { prior, parts, model } = posterior
    const spec = model.spec.view
    const { observation } = heldOutCase(posterior, sensors, 3)
    const R = 0.01
    const noisy = { ...observation, noise: { kind: 'gaussian', std: Math.sqrt(R) } }
    const shown: Observation[] = []
    const seenBy = (seed: number) => parted(parts, prior, spec, noisy, { seed })
    const m = noisy.y.size
    let [own, product] = [0, 0]
    const seeds = 60
    const high = Math.max(2 * R, spec.noise.high ** 2)
    for (let seed = 0; seed < seeds; seed++) {
      const { guiding } = seenBy(seed)
      const rest = Number(guiding.noise.std) ** 2
      shown.push(guiding)
      // 1/R = 1/R_1 + 1/R_2, and R_1 is the largest noise of training (or twice R).
      expect(1 / R - 1 / rest).toBeCloseTo(1 / high, 8)
      for (let i = 0; i < m; i++) {
        const e = Number(guiding.y.data[i]) - Number(noisy.y.data[i])
        own += e * e
        product += e * e * e
      }
    }
    // y_2 - y has the variance R/c = R_2 - R: within 4 deviations of the mean of so many squares.
    const n = seeds * m
    const variance = Number(shown[0]!.noise.std) ** 2 - R
    expect(Math.abs(own / n / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(product / n)).toBeLessThan(4 * Math.sqrt(15 / n) * variance ** 1.5)
  })

  it('shows nothing of a measurement that cannot be parted', () => {
    const { prior, parts, model } = posterior
    const spec = model.spec.view
    const { observation } = heldOutCase(posterior, sensors, 4)
    const nothing = unconditioned(prior, spec, observation).view
    const centreOf = (o: Observation, shown: 'part' | 'nothing') => [...parted(parts, prior, spec, o, { shown }).seen.view.centre] // prettier-ignore
    expect(centreOf(observation, 'part')).not.toEqual([...nothing.centre])
    expect(centreOf(observation, 'nothing')).toEqual([...nothing.centre])
    expect(centreOf({ ...observation, noise: { kind: 'laplace', scale: 0.1 } }, 'part')).toEqual([...nothing.centre]) // prettier-ignore
  })

  it('linearises a saturating detector where it bends, and refuses one without a derivative', () => {
    const { prior, parts, model } = posterior
    const { observation } = heldOutCase(posterior, sensors, 1)
    const { view } = unconditioned(prior, model.spec.view, observation)
    const linear = guidingConditions(parts, prior, observation, view)
    const bent = (limit: number) => {
      const operator = { kind: 'compose', operators: [observation.operator, { kind: 'saturating', limit }] }
      return guidingConditions(parts, prior, { ...observation, operator }, view)
    }
    // At a limit far above every value the detector is linear, to limit^-2.
    bent(1e4).matrix.data.forEach((value, k) => expect(value).toBeCloseTo(linear.matrix.data[k]!, 4)) // prettier-ignore
    const size = (data: Float64Array): number => Math.hypot(...data)
    expect(size(bent(5).matrix.data)).toBeLessThan(0.95 * size(linear.matrix.data))
  })

  it('refuses to count a likelihood twice, and values that do not fit', () => {
    const { prior, parts, model } = posterior
    const { observation } = heldOutCase(posterior, sensors, 2)
    expect(() => { assertOther({ ...observation }, observation) }).toThrow(/count twice/) // prettier-ignore
    const { view } = unconditioned(prior, model.spec.view, observation)
    const short = { ...observation, y: array(new Float64Array(5)) }
    expect(() => guidingConditions(parts, prior, short, view)).toThrow(/y has 5 values/)
    expect(() => guidedDenoiser(denoise, 'mps' as 'mmps')).toThrow(/unknown guidance 'mps': none, mmps/)
  })
})
