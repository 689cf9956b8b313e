/** The training step with every loss: a denoiser that is one number ends where the loss says. */
import ndarray from 'ndarray'
import * as tf from '@tensorflow/tfjs'
import { expect, it } from 'vitest'
import { key, normal, uniform } from '../../../src/random.js'
import { contaminatedNormal } from '../../../src/run/breakdown.js'
import { minimiser, populationObjective } from '../../../src/run/breakdown-population.js'
import { firstState, openLearner } from '../../../src/training/learner.js'
import { losses } from '../../../src/training/losses/index.js'
import type { Trainable } from '../../../src/training/model.js'
import { logNormal } from '../../../src/training/noise-levels.js'
import { noiseOf } from '../../../src/training/noise.js'
import { weighting } from '../../../src/training/weighting.js'

const [batch, steps, eps, outliers] = [256, 400, 0.2, { mean: 5, deviation: 1 }] as const

/** D = theta: with lambda = 1 the residual is theta - x0. */
const constant: Trainable = {
  spec: { kind: 'constant' },
  shape: [1],
  channels: 0,
  embedding: 0,
  parameters: { theta: [1] },
  init: () => ({ theta: ndarray(Float32Array.of(1.5), [1]) }),
  denoiser: weights => x => tf.add(tf.mul(x, 0), weights.theta!),
}

const data = (step: number): ndarray.NdArray<Float32Array> => {
  const chosen = uniform(key(5, step, 'chosen'), new Float64Array(batch))
  const x = normal(key(5, step), new Float64Array(batch)).map((z, i) => (chosen[i]! < eps ? outliers.mean + z : z))
  return ndarray(Float32Array.from(x), [batch, 1])
}

async function trained(name: string, options: Record<string, number>): Promise<number> {
  const rule = { loss: losses.create(name, options), clip: 1, adamw: {} }
  const engine = { threads: 1, worker: false }
  const learner = await openLearner(constant, firstState(constant.init(key(1))), { rule, batch, shapes: { x: [1] }, engine }) // prettier-ignore
  const draw = noiseOf(logNormal(), weighting('x0'), key(3), [1])
  // A rate that falls to nothing, and the mean of the second half.
  for (let k = 0; k < steps; k++) {
    const decay = k < steps / 2 ? 0 : 1 - 1 / (k - steps / 2 + 1)
    await learner.step({ x: data(k) }, draw(k, batch), 0.1 * (1 - k / steps) ** 2, decay)
  }
  const { arrays } = await learner.state()
  await learner.dispose()
  return arrays.average.theta!.get(0)
}

// Of trimming, what one batch keeps differs from what all data would by terms of order 1/batch; all have 200 batches of 256,
// a standard error of at most 3/sqrt(51200) = 0.013 (of the mean, the data's standard deviation being 2.2; less for the others).
it.each([
  ['mse', {}],
  ['l1', {}],
  ['huber', {}],
  ['pseudo-huber', {}],
  ['tukey', {}],
  ['density-power', {}],
  ['density-power-sample', {}],
  ['lts', { keep: 0.7 }],
  ['lts-level', { keep: 0.7 }],
] as [string, Record<string, number>][])('%s ends at the minimiser of its expectation', async (name, options) => {
  const objective = populationObjective(losses.create(name, options), contaminatedNormal(eps, outliers))
  const expected = await minimiser(objective, -1, 6)
  expect(Math.abs((await trained(name, options)) - expected)).toBeLessThan(0.06)
})

it.each([
  ['l1-level', {}, 0.35],
  ['huber-level', { delta: 0.2 }, 0.35],
  ['pseudo-huber-level', { delta: 0.2 }, 0.4],
  ['tukey-level', {}, 0.2],
  ['density-power-level', { beta: 0.5 }, 0.3],
] as [string, Record<string, number>, number][])('%s stays nearer than the mean, 1', async (name, options, most) => {
  expect(Math.abs(await trained(name, options))).toBeLessThan(most)
})
