/** The parts of one step against plain numbers. */
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { beforeAll, describe, expect, it } from 'vitest'
import { key } from '../../src/random.js'
import { mse } from '../../src/training/losses/mse.js'
import type { Loss } from '../../src/training/losses/loss.js'
import { firstState, openLearner, type Learner, type LearnerOptions } from '../../src/training/learner.js'
import { logNormal } from '../../src/training/noise-levels.js'
import { noiseOf } from '../../src/training/noise.js'
import type { Trainable } from '../../src/training/model.js'
import { averaged, clipped } from '../../src/training/step.js'
import { weighting } from '../../src/training/weighting.js'

beforeAll(() => tf.setBackend('cpu'))

describe('clipping', () => {
  const gradients = (): tf.Tensor[] => [tf.tensor1d([3, 0]), tf.tensor1d([0, 0, -4])]

  it('shortens all gradients together to the given norm', () => {
    const { gradients: short, norm } = clipped(gradients(), 1)
    expect(norm.dataSync()[0]).toBeCloseTo(5, 6)
    expect([...short[0]!.dataSync()]).toEqual([expect.closeTo(0.6, 6), 0])
    expect(short[1]!.dataSync()[2]).toBeCloseTo(-0.8, 6)
  })

  it('leaves shorter ones as they are, none included', () => {
    expect([...clipped(gradients(), 7).gradients[1]!.dataSync()]).toEqual([0, 0, -4])
    expect([...clipped([tf.zeros([2])], 7).gradients[0]!.dataSync()]).toEqual([0, 0])
  })
})

it('the average moves by its share', () => {
  const [next] = averaged([tf.tensor1d([1, 2])], [tf.tensor1d([3, 0])], tf.scalar(0.75))
  expect([...next!.dataSync()]).toEqual([1.5, 1.5])
})

/** D = a x~ with one parameter a: every quantity of a step is in closed form. */
const scaling: Trainable = {
  spec: { kind: 'scaling' },
  shape: [3],
  channels: 0,
  embedding: 0,
  parameters: { a: [1] },
  init: () => ({ a: ndarray(Float32Array.of(0.5), [1]) }),
  denoiser: weights => x => tf.mul(x, weights.a!),
}

describe('a step', () => {
  const n = 8
  const draw = noiseOf(logNormal(), weighting('epsilon'), key(3), [3])
  const x = (step: number): ndarray.NdArray<Float32Array> =>
    ndarray(
      Float32Array.from({ length: 3 * n }, (_, i) => Math.sin(7 * step + i)),
      [n, 3],
    )
  const open = (loss: Loss, clip = Infinity): Promise<Learner> => {
    const options: LearnerOptions = {
      rule: { loss, clip, adamw: {} },
      batch: n,
      shapes: { x: [3] },
      engine: { threads: 1, worker: false },
    }
    return openLearner(scaling, firstState(scaling.init(key(1))), options)
  }

  /** Loss, its derivative and the samples' losses at a. */
  function closedForm(a: number, step: number): { losses: number[]; loss: number; slope: number } {
    const [data, { noise, sigma, scale }] = [x(step), draw(step, n)]
    const losses: number[] = []
    let slope = 0
    for (let i = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < 3; j++) {
        const noisy = data.get(i, j) + sigma.get(i) * noise.get(i, j)
        const error = a * noisy - data.get(i, j)
        sum += (scale.get(i) * error) ** 2 / 3
        slope += (2 * scale.get(i) ** 2 * error * noisy) / 3 / n
      }
      losses.push(sum)
    }
    return { losses, loss: losses.reduce((s, l) => s + l) / n, slope }
  }

  it.each([Infinity, 1e-3])('is AdamW on the clipped gradient, and averages: clip %d', async clip => {
    const learner = await open(mse, clip)
    let [a, m, v, average] = [0.5, 0, 0, 0.5]
    for (let k = 0; k < 4; k++) {
      const { losses, loss, slope } = closedForm(a, k)
      const found = await learner.step({ x: x(k) }, draw(k, n), 0.1, 0.75)
      // 1 - 0.999^t has a relative error of 6e-5 in single precision, so a has one of 1e-6, and D - x0 is a tenth of x0.
      expect(found.loss / loss).toBeCloseTo(1, 4)
      expect(found.gradientNorm / Math.abs(slope)).toBeCloseTo(1, 4)
      losses.forEach((l, i) => expect(Math.abs(found.losses[i]! - l) / Math.max(...losses)).toBeLessThan(1e-4))
      const g = slope * Math.min(1, clip / Math.abs(slope))
      m = 0.9 * m + g
      v = 0.999 * v + g * g
      a -= (0.1 * ((0.1 * m) / (1 - 0.9 ** (k + 1)))) / (Math.sqrt((0.001 * v) / (1 - 0.999 ** (k + 1))) + 1e-8)
      average = 0.75 * average + 0.25 * a
    }
    const { arrays, t } = await learner.state()
    expect(t).toBe(4)
    expect(arrays.theta.a!.get(0)).toBeCloseTo(a, 4)
    expect(arrays.average.a!.get(0)).toBeCloseTo(average, 4)
    expect(arrays.m.a!.get(0) / m).toBeCloseTo(1, 4)
    // The loss of given weights, on the same batch, is that of a step.
    const weights = { a: ndarray(Float32Array.of(0.25), [1]) }
    expect((await learner.loss(weights, { x: x(9) }, draw(9, n))).loss / closedForm(0.25, 9).loss).toBeCloseTo(1, 4)
    await learner.dispose()
  })

  it('takes the loss that it is given, and its way to one number', async () => {
    const largest: Loss = { ...mse, name: 'largest', reduce: losses => tf.max<tf.Scalar>(losses) }
    const learner = await open(largest)
    const { losses } = closedForm(0.5, 0)
    const found = await learner.step({ x: x(0) }, draw(0, n), 0.1, 0)
    expect(found.loss / Math.max(...losses)).toBeCloseTo(1, 4)
    await learner.dispose()
  })
})
