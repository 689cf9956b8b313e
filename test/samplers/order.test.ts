/** Every step of the registry runs at the order that it declares, in float64, on every path. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { defineStep, isAdaptive, steps, type Step } from '../../src/samplers/step.js'
import '../../src/samplers/index.js'
import { openSampler } from '../../src/samplers/index.js'
import { gaussian, mixture } from './laws.js'
import type { Process } from '../../src/pde/process.js'
import { finalMoments } from './moments.js'
import { levelsBetween, measuredOrder, processes } from './processes.js'

const fixed = steps
  .list()
  .map(({ name }) => steps.create(name, name === 'edm' ? { churn: 10 } : {})) // gamma not yet cut off at 64 steps
  .filter((step): step is Step => !isAdaptive(step))

const [top, bottom] = [8, 0.05]
/** Enough for the leading term of the error: steps of 0.08 to 0.02 in ln sigma. */
const counts = [64, 128, 256]

/** As a user would write one: the midpoint rule in ln sigma, with the denoiser frozen over each half. */
const midpoint = defineStep({
  name: 'midpoint',
  order: 2,
  calls: 2,
  coefficients({ reverse, from, to }) {
    const sigma = Math.sqrt(from.sigma * to.sigma)
    const [a, b] = [reverse.denoiserFrozen(from.sigma, sigma), reverse.denoiserFrozen(from.sigma, to.sigma)]
    return { sigma, m: reverse.process.kernel(sigma).m, az: a.z, aD: a.denoised, bz: b.z, bD: b.denoised }
  },
  advance({ z, c, from, denoise }) {
    const half = tf.add(tf.mul(c.az, z), tf.mul(c.aD, denoise(z, from)))
    return [tf.add(tf.mul(c.bz, z), tf.mul(c.bD, denoise(half, c)))]
  },
})

// alpha = 0 of any step, and those that know nothing else.
const deterministic = [
  ...fixed.filter(step => !['edm', 'predictor-corrector', 'dpm-solver++2m-sde'].includes(step.name)),
  midpoint,
]

describe.each(deterministic.map(step => ({ name: step.name, step })))('$name, without noise', ({ step }) => {
  it.each([gaussian, mixture])('has its order on the exact $name, on every path', async law => {
    const n = 32
    const sampler = openSampler({ denoise: law.denoise, shape: [1], step, precision: 'float64' })
    for (const { name, process } of processes) {
      const errors: number[] = []
      for (const count of counts) {
        const levels = levelsBetween(top, bottom, count)
        const data = { mean: law.mean, variance: law.variance }
        const { x, trajectory } = await sampler.sample({ n, process, levels, alpha: 0, finish: 'rescale', data, trajectory: true }) // prettier-ignore
        const begun = trajectory!.data.slice(0, n) as Float64Array
        const squares = begun.map((v, i) => (x.data[i]! - law.flow(v, top, bottom)) ** 2)
        errors.push(Math.sqrt(squares.reduce((a, b) => a + b) / n))
      }
      const order = measuredOrder(counts, errors)
      expect(Math.abs(order - step.order), `${name}: order ${order}, errors ${errors.join(' ')}`).toBeLessThan(0.15)
    }
    await sampler.dispose()
  })
})

/** Data in two dimensions, not along the axes; `axis` is the eigenvector of the larger eigenvalue. */
const data = { mean: [0.3, -0.2], covariance: [[0.5, 0.12], [0.12, 0.4]] } // prettier-ignore
const eigenvalue = 0.45 + Math.hypot(0.05, 0.12)
const axis = [0.12, eigenvalue - 0.5].map(v => v / Math.hypot(0.12, eigenvalue - 0.5))

const along = (v: readonly number[]): number => v.reduce((sum, a, i) => sum + a * axis[i]!, 0)

/**
 * What remains of an error in the mean at the end: a member alpha keeps (P'/P)^((1+alpha)/2), P = eigenvalue + sigma^2. Langevin
 * dynamics at rate 1 adds 1 to alpha; churn adds no error, and what it does to a step is the ODE over a longer one.
 */
function kept(step: Step, levels: readonly number[], alpha: number): number {
  const law = (sigma: number): number => eigenvalue + sigma ** 2
  const flow = (from: number, to: number, member = 0): number => (law(to) / law(from)) ** ((1 + member) / 2)
  if (step.name !== 'edm') return flow(top, bottom, step.name === 'predictor-corrector' ? alpha + 1 : alpha)
  const up = 1 + 10 / (levels.length - 1)
  return levels.slice(1).reduce((product, to, k) => product * flow(levels[k]! * up, to), 1)
}

/** Errors of the mean, started 1 off along the axis, and of the covariance, relative to the law's: nothing is sampled. */
async function weakOrders(step: Step, process: Process, alpha: number): Promise<{ mean: number; covariance: number }> {
  const errors: { mean: number[]; covariance: number[] } = { mean: [], covariance: [] }
  for (const count of counts) {
    const levels = levelsBetween(top, bottom, count)
    const found = await finalMoments(step, process, levels, data, { alpha, offset: axis })
    errors.mean.push(along(found.mean.map((v, i) => v - data.mean[i]!)) / kept(step, levels, alpha) - 1)
    const misses = found.covariance.flatMap((row, i) => row.map((v, j) => v - data.covariance[i]![j]! - (i === j ? bottom ** 2 : 0))) // prettier-ignore
    errors.covariance.push(Math.hypot(...misses))
  }
  // At alpha = 1 some steps are exact on the mean: round-off has no order.
  const order = (e: number[]): number => (e.every(v => Math.abs(v) < 1e-11) ? step.order : measuredOrder(counts, e))
  return { mean: order(errors.mean), covariance: order(errors.covariance) }
}

const stochastic = fixed
  .filter(step => (step.noises ?? 0) > 0)
  .flatMap(step => (step.alpha === undefined ? [0] : [1, 2]).map(alpha => ({ name: step.name, step, alpha })))

describe.each(stochastic)('$name, alpha = $alpha', ({ step, alpha }) => {
  it('has its weak order on the mean and the covariance on every path', async () => {
    for (const { name, process } of processes) {
      const order = await weakOrders(step, process, alpha)
      for (const found of Object.values(order))
        expect(Math.abs(found - step.order), `${name}: ${JSON.stringify(order)}`).toBeLessThan(0.15)
    }
  })
})

it('the test finds one wrong symbol: h/h- in the place of h/(2 h-)', async () => {
  const right = steps.create('dpm-solver++2m-sde') as Step
  const wrong: Step = {
    ...right,
    coefficients(interval) {
      const c = right.coefficients(interval)
      return { ...c, ahead: 2 * c.ahead! }
    },
  }
  const { mean, covariance } = await weakOrders(wrong, processes[0]!.process, 2)
  expect(Math.abs(mean - 2)).toBeGreaterThan(0.5)
  expect(Math.abs(covariance - 2)).toBeGreaterThan(0.5)
})
