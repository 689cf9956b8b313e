/** Whole trainings on two-dimensional Gaussian data, whose best denoiser is known. */
import ndarray from 'ndarray'
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { key } from '../../src/random.js'
import { mapSource } from '../../src/training/data.js'
import { logNormal } from '../../src/training/noise-levels.js'
import { NonFiniteError } from '../../src/training/non-finite.js'
import { noiseOf } from '../../src/training/noise.js'
import type { Trainable } from '../../src/training/model.js'
import type { Progress } from '../../src/training/progress.js'
import { arraySources, type Sources } from '../../src/training/sources.js'
import { train } from '../../src/training/train.js'
import { weighting } from '../../src/training/weighting.js'
import { deviations, gaussian, leastLoss, smallModel } from './problems.js'

const sources = (n: number): Sources => arraySources({ x: gaussian(n) }, { seed: 1, heldOut: 0.25 })
const quick = { seed: 1, batch: 16, engine: { threads: 1 } }

/** The loss of E[x0 | x~] on the batches and the noise of a held-out loss: each sample's. */
async function bestLosses(heldOut: Sources['data'], batch: number, batches: number): Promise<number[]> {
  const draw = noiseOf(logNormal(), weighting('edm'), key(1, 'held-out'), [2])
  const losses: number[] = []
  for (let k = 0; k < batches; k++) {
    const { x } = await heldOut.batch(k, batch)
    const { noise, sigma, scale } = draw(k, batch)
    for (let i = 0; i < batch; i++) {
      const s = sigma.get(i)
      // Along (1, 1) and (1, -1) D shrinks x~ by c / (c + sigma^2).
      const [x0, w] = [x, noise].map(a => [a.get(i, 0) + a.get(i, 1), a.get(i, 0) - a.get(i, 1)]) as [
        number[],
        number[],
      ]
      const errors = deviations.map((d, j) => (d ** 2 / (d ** 2 + s ** 2)) * (x0[j]! + s * w[j]!) - x0[j]!)
      losses.push((scale.get(i) ** 2 * (errors[0]! ** 2 + errors[1]! ** 2)) / 4)
    }
  }
  return losses
}

describe('train', () => {
  it('comes down to the least loss there is', async () => {
    const { data, heldOut } = sources(32_768)
    const seen: Progress[] = []
    const { history, stopped, best } = await train(smallModel(64, 2), {
      data,
      heldOut,
      seed: 1,
      steps: 900,
      batch: 128,
      rate: { peak: 4e-3 },
      heldOutBatches: 64,
      evaluateEvery: 100,
      engine: { threads: 1 },
      onProgress: p => seen.push(p),
    })
    const exact = await bestLosses(heldOut!, 128, 64)
    const mean = exact.reduce((a, b) => a + b) / exact.length
    const spread = Math.sqrt(exact.reduce((a, b) => a + (b - mean) ** 2, 0) / exact.length)
    // The exact denoiser's loss on this sample is the closed form within four standard errors.
    const least = leastLoss(logNormal(), weighting('edm').weight)
    expect(Math.abs(mean - least)).toBeLessThan((4 * spread) / Math.sqrt(exact.length))
    // On the same sample and noise no network does better but by chance, about (its distance from the best)^2 / n; 900 steps
    // leave half a per cent, 100 steps several.
    expect(best!.loss / mean).toBeGreaterThan(0.998)
    expect(best!.loss / mean).toBeLessThan(1.01)
    expect(history[0]!.heldOut! / mean).toBeGreaterThan(1.02)
    expect([stopped, history.length, history.at(-1)!.step]).toEqual(['finished', 9, 900])
    const last = seen.at(-1)!
    expect([last.step, last.steps, last.secondsLeft]).toEqual([900, 900, 0])
    expect(last.stepsPerSecond).toBeGreaterThan(0)
  })

  it('stops early where the held-out loss falls no more, and gives the weights of the least', async () => {
    // Eight examples are learnt by heart.
    const few = arraySources({ x: gaussian(8) }, { seed: 1, heldOut: 0 }).data
    const { heldOut } = sources(4000)
    const { stopped, steps, best, history } = await train(smallModel(64, 2), {
      ...quick,
      data: few,
      heldOut,
      steps: 3000,
      evaluateEvery: 20,
      patience: 5,
      rate: { peak: 5e-3 },
      average: { kind: 'exponential', decay: 0 },
    })
    expect(stopped).toBe('early')
    expect(steps).toBe(best!.step + 5 * 20)
    expect(best!.loss).toBe(Math.min(...history.map(row => row.heldOut!)))
  })

  it('turns a budget into steps, and keeps it', async () => {
    const { data, heldOut } = sources(4000)
    const budget = 3
    const { steps, stopped, seconds, history } = await train(smallModel(), { ...quick, data, heldOut, budget })
    // 1.1 is where a run is cut off, after the step and held-out loss at hand.
    expect(seconds).toBeLessThan(1.5 * budget)
    expect(steps).toBeGreaterThan(10)
    if (stopped === 'finished') expect(seconds).toBeGreaterThan(0.3 * budget)
    // A run that is cut off ends between two held-out losses.
    if (stopped === 'finished') expect(history.at(-1)!.step).toBe(steps)
    // The cosine has come to its end: 1 % of 1e-3 at most.
    if (stopped === 'finished') expect(history.at(-1)!.rate).toBeLessThan(1.01e-5)
  })

  it('runs in this thread too, with the same weights', async () => {
    const { data } = sources(200)
    const options = { ...quick, data, steps: 5 }
    const there = await train(smallModel(), options)
    const here = await train(smallModel(), { ...options, engine: { threads: 1, worker: false } })
    for (const [name, a] of Object.entries(there.weights)) expect(here.weights[name]!.data).toEqual(a.data)
  })
})

describe('a loss that is no number', () => {
  const failure = async (model: Trainable, data: Sources['data'], rest = {}): Promise<NonFiniteError> => {
    const error: unknown = await train(model, { ...quick, data, steps: 40, ...rest }).catch((e: unknown) => e)
    if (!(error instanceof NonFiniteError)) throw error
    return error
  }

  it('is reported with its step and the noise levels concerned', async () => {
    const model = smallModel()
    const broken: Trainable = {
      ...model,
      // NaN above sigma = 2.
      denoiser: weights => (x, sigma, condition) =>
        tf.add(model.denoiser(weights)(x, sigma, condition), tf.mul(0, tf.reshape(tf.sqrt(tf.sub(2, sigma)), [-1, 1]))),
    }
    const error = await failure(broken, sources(200).data)
    expect(error.step).toBeLessThan(40)
    expect(error.sigma.length).toBeGreaterThan(0)
    expect(Math.min(...error.sigma)).toBeGreaterThan(2)
    expect(error.message).toMatch(/the loss of \d of 16 samples is not finite at step \d+, noise level sigma = /)
    expect(error.message).toMatch(/data of the batch are finite.*No checkpoint was kept/)
  })

  it('is put down to the data where they are to blame', async () => {
    const data = mapSource(sources(200).data, {}, (batch, step) => {
      if (step === 3) batch.x.set(5, 1, NaN)
      return batch
    })
    const error = await failure(smallModel(), data)
    expect(error.step).toBe(3)
    expect(error.message).toMatch(/'x' of the batch holds NaN \(example 5\)/)
  })

  it('is found in the gradient too', async () => {
    const model = smallModel()
    const root: Trainable = {
      ...model,
      // |F|^(1/2) at F = 0: the network's last layer begins at 0.
      denoiser: weights => (x, sigma, condition) => tf.sqrt(tf.mul(0, model.denoiser(weights)(x, sigma, condition))),
    }
    const error = await failure(root, sources(200).data)
    expect(error.message).toMatch(/the gradient is not finite at step 0/)
    expect(error.sigma).toHaveLength(16)
  })
})

describe('options', () => {
  const { data } = sources(100)
  const x = (shape: number[]): ndarray.NdArray<Float32Array> =>
    ndarray(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape)

  it.each([
    [{ steps: 1, budget: 1 }, /either steps or budget/],
    [{}, /either steps or budget/],
    [{ steps: 1.5 }, /steps is 1.5; it must be a whole number/],
    [{ budget: -1 }, /budget is -1/],
    [{ steps: 1, batch: 0 }, /batch is 0/],
    [{ steps: 1, clip: NaN }, /clip is NaN/],
    [{ steps: 1, rate: { peak: 0 } }, /peak is 0/],
    [{ steps: 1, average: { kind: 'power' as const, spread: 2 } }, /spread is 2/],
    [
      { steps: 1, data: arraySources({ x: x([9, 3]) }, { seed: 1 }).data },
      /the model takes samples \[2\] with 0 channels .*, the training data has samples \[3\]/,
    ],
    [
      { steps: 1, heldOut: arraySources({ x: x([9, 2]), channels: x([9, 4, 2]) }, { seed: 1 }).data },
      /the held-out data has samples \[2\] with 4 channels/,
    ],
  ])('%j is refused', async (options, message) => {
    await expect(train(smallModel(), { data, seed: 1, ...options })).rejects.toThrow(message)
  })
})
