/** Restoration of a known Gaussian model, for which every step is linear and the result has a closed form. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { array } from '../../../src/io/array.js'
import { key, normal } from '../../../src/random.js'
import { perSample, type Denoiser } from '../../../src/scores/denoiser.js'
import { processes, processFrom } from '../../../src/run/process.js'
import { keepAgreeing, openRestorer, restoreOptions, type RestoreOptions } from '../../../src/run/segment/restore.js'
import { simplexNoise } from '../../../src/random/simplex.js'

const v = 0.25
const mu = 0.3
/** Pixels are independent, N(mu, v). */
const denoise: Denoiser = (x, sigma) => {
  const s2 = tf.square(perSample(sigma, x))
  return tf.div(tf.add(tf.mul(v, x), tf.mul(s2, mu)), tf.add(s2, v))
}
const shape = [8, 8] as const
const n = 3
const x = array(normal(key(5), new Float32Array(n * 64)), [n, ...shape])

async function restored(name: 've' | 'vp', options: RestoreOptions, of = denoise, pictures = x) {
  const process = processFrom(processes[name])
  const restorer = openRestorer({ denoise: of, shape, process }, options, { threads: 1 })
  const out = await restorer.restore(pictures)
  await restorer.dispose()
  const sigma = (t: number): number => process.schedule.sigma(t / 1000)
  return { out, sigma }
}

/** x~ -> E[x0 | x~ at its end] by the probability flow: x~ - mu scales as sqrt(v + sigma^2). */
const flow = (start: number, from: number, to: number): number =>
  mu + ((start - mu) * Math.sqrt((v + to ** 2) / (v + from ** 2)) * v) / (v + to ** 2)

// VE's levels are small at the same t: its sigma(t) is another clock.
describe.each([
  { name: 've', forward: 500, reverse: 600 },
  { name: 'vp', forward: 100, reverse: 250 },
] as const)('restoration by $name', ({ name, forward, reverse }) => {
  it.each([
    [forward, forward],
    [forward, reverse],
    [reverse, forward],
  ])('from (%d, %d) follows the closed form', async (tForward, tReverse) => {
    const { out, sigma } = await restored(name, { tForward, tReverse, steps: 120, sampler: 'heun', seed: 3 })
    const w = normal(key(3, 'restore', 0), new Float32Array(x.size))
    const end = Math.min(sigma(1), sigma(tReverse) / 2)
    const worst = Math.max(...out.data.map((value, i) => Math.abs(value - flow(x.data[i]! + sigma(tForward) * w[i]!, sigma(tReverse), end)))) // prettier-ignore
    // Heun is of order 2: at 120 steps 120^-2 times a constant of about 6 (measured at 60 steps: below 1.6e-3).
    expect(worst).toBeLessThan(1e-3)
  })
})

it('has the mean that Bayes says where steps are stochastic and draws are averaged', async () => {
  const draws = 400
  const { out, sigma } = await restored('vp', { tForward: 250, tReverse: 250, steps: 30, alpha: 1, draws })
  // At alpha = 1 the mean of x~ - mu scales as v + sigma^2, so that the end has E[x0 | x~ = y].
  const shrink = v / (v + sigma(250) ** 2)
  // A draw's variance is at most v, pixels are independent: 4.5 standard errors for 192 of them.
  const bound = 4.5 * Math.sqrt(v / draws)
  out.data.forEach((value, i) => {
    expect(Math.abs(value - (mu + shrink * (x.data[i]! - mu)))).toBeLessThan(bound)
  })
})

it('does not depend on what is restored beside it, and does on the place', async () => {
  const restorer = openRestorer({ denoise, shape, process: processFrom(processes.vp) }, { draws: 2 }, { threads: 1 })
  const [all, alone] = [await restorer.restore(x, 4), await restorer.restore(array(x.data.slice(64, 128), [1, ...shape]), 4, 1)] // prettier-ignore
  const elsewhere = await restorer.restore(x, 5)
  await restorer.dispose()
  // Rows lie at other places of the vector registers, so that the last bits may differ.
  alone.data.forEach((value, i) => {
    expect(value).toBeCloseTo(all.data[64 + i]!, 5)
  })
  expect(elsewhere.data[0]).not.toBeCloseTo(all.data[0]!, 3)
})

it('adds simplex noise where asked', async () => {
  const { out, sigma } = await restored('vp', {
    tForward: 250,
    tReverse: 250,
    steps: 120,
    sampler: 'heun',
    noise: 'simplex',
  })
  const w = simplexNoise(key(0, 'restore', 0), [n, ...shape, 1])
  const [level, end] = [sigma(250), sigma(1)]
  const worst = Math.max(...out.data.map((value, i) => Math.abs(value - flow(x.data[i]! + level * w.data[i]!, level, end)))) // prettier-ignore
  expect(worst).toBeLessThan(1e-3)
})

describe('keepAgreeing', () => {
  it('keeps a pixel that agrees, and leaves to the model one that does not', async () => {
    const toMean: Denoiser = x => tf.add(tf.mul(x, 0), mu)
    const y = array(new Float32Array(64).fill(mu + 0.01), [1, ...shape])
    y.data[0] = mu + 5
    const { out } = await restored('vp', { keep: 0.5 }, toMean, y)
    expect(out.data[0]).toBeCloseTo(mu, 5)
    // w = (1 - (0.01/0.5)^2)^2 of the way to the picture.
    expect(out.data[1]! - mu).toBeCloseTo(0.01 * (1 - (0.01 / 0.5) ** 2) ** 2, 5)
  })

  it('names the condition that it needs', () => {
    expect(() => keepAgreeing(denoise, 1)(tf.zeros([1, 2]), tf.ones([1]))).toThrow(/'y'/)
  })
})

it.each([
  [{ tForward: 0 }, 'tForward is 0'],
  [{ tReverse: 1001 }, 'tReverse is 1001'],
  [{ steps: 0 }, 'steps is 0'],
  [{ draws: 1.5 }, 'draws is 1.5'],
  [{ keep: -1 }, 'keep is -1'],
])('%j is refused', (options, message) => {
  expect(() => restoreOptions(options)).toThrow(message)
})
