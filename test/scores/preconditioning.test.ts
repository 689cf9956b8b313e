/** Parametrisations: conversions in double precision, what F stands for, the exact denoiser from an optimal F, the weight. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile/index.js'
import { array } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { perSample, type Denoiser } from '../../src/scores/denoiser.js'
import { gaussianDenoiser } from '../../src/scores/exact/index.js'
import type { Network } from '../../src/scores/network.js'
import { mlp } from '../../src/scores/networks.js'
import { conversion, denoiserOf, parametrisations, type Parametrisation } from '../../src/scores/preconditioning.js'
import { evaluate } from './evaluate.js'

const sigmas = [0.002, 0.05, 0.7, 1, 3, 80]
const draws = (n: number, d: number, stream: string): number[][] => {
  const values = normal(key(11, stream), new Float64Array(n * d))
  return Array.from({ length: n }, (_, i) => [...values.subarray(i * d, (i + 1) * d)])
}
const largest = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  Math.max(...a.flatMap((row, i) => row.map((v, j) => Math.abs(v - b[i]![j]!) / (1 + Math.abs(b[i]![j]!)))))

/** x0, w and x~ = x0 + sigma w at every sigma. */
const x0 = draws(sigmas.length, 3, 'x0')
const w = draws(sigmas.length, 3, 'w')
const x = x0.map((row, i) => row.map((v, j) => v + sigmas[i]! * w[i]![j]!))

/** What F should be where the clean sample is known, from the definitions alone. */
const meaning: Record<Parametrisation, (x0: number, w: number, sigma: number) => number> = {
  edm: (x0, w, s) => (x0 - (0.25 / (s * s + 0.25)) * (x0 + s * w)) / ((s * 0.5) / Math.sqrt(s * s + 0.25)),
  epsilon: (_, w) => w,
  score: (_, w, s) => -w / s,
  x0: x0 => x0,
  velocity: (x0, w, s) => (w - s * x0) / Math.sqrt(1 + s * s), // m w - s x0 with m = 1/sqrt(1 + sigma^2), s = m sigma
  'velocity-1': (x0, w) => w - x0,
}

describe.each(parametrisations)('%s', name => {
  const { toNetwork, toDenoised, weight } = conversion(name, 0.5)
  const withTarget: Denoiser = (x, sigma, condition) => toNetwork(condition!.y!, x, sigma)

  it('gives F its meaning', async () => {
    const F = await evaluate(withTarget, x, sigmas, { y: x0 })
    const wanted = x0.map((row, i) => row.map((v, j) => meaning[name](v, w[i]![j]!, sigmas[i]!)))
    // x0 - x~ cancels: relative to x~/c_out, up to 80 deviations or 1/0.002.
    expect(largest(F, wanted)).toBeLessThan(1e-11)
  })

  it('converts there and back in double precision', async () => {
    const around: Denoiser = (x, sigma, condition) => toDenoised(toNetwork(condition!.y!, x, sigma), x, sigma)
    expect(largest(await evaluate(around, x, sigmas, { y: x0 }), x0)).toBeLessThan(1e-13)
  })

  it('agrees with every other: D is the same through any two', async () => {
    for (const other of parametrisations) {
      const to = conversion(other, 0.5)
      const through: Denoiser = (x, sigma, condition) => {
        const D = toDenoised(toNetwork(condition!.y!, x, sigma), x, sigma)
        return to.toDenoised(to.toNetwork(D, x, sigma), x, sigma)
      }
      expect(largest(await evaluate(through, x, sigmas, { y: x0 }), x0), other).toBeLessThan(1e-13)
    }
  })

  it('gives the exact denoiser of Gaussian data for the optimal F', async () => {
    const [mean, covariance] = [[0.3, -1, 0], [[1, 0.4, 0], [0.4, 0.5, -0.1], [0, -0.1, 0.2]]] // prettier-ignore
    const exact = gaussianDenoiser({ mean, covariance })
    // F(c_in x~, c_noise) of a network that knows the law: it undoes c_in, having sigma from c_noise.
    const network: Network = {
      ...mlp({ shape: [3] }),
      apply(_, scaled, noise) {
        const sigma = tf.exp(tf.mul(noise, 4))
        const x = tf.mul(scaled, tf.sqrt(tf.add(tf.square(perSample(sigma, scaled)), 0.25)))
        return toNetwork(exact(x, sigma), x, sigma)
      },
    }
    const D = denoiserOf(network, {}, { parametrisation: name, sigmaData: 0.5 })
    expect(largest(await evaluate(D, x, sigmas), await evaluate(exact, x, sigmas))).toBeLessThan(1e-11)
  })

  it('weights its target to unit variance', async () => {
    // Var F = 1/(lambda c_out^2), with x0 = sd u and independent u and w: F is linear in both.
    const along = async (u: number, v: number): Promise<number[]> => {
      const clean = sigmas.map(() => [0.5 * u])
      const F = await evaluate(withTarget, sigmas.map(s => [0.5 * u + s * v]), sigmas, { y: clean }) // prettier-ignore
      return F.map(row => row[0]!)
    }
    const [byData, byNoise] = [await along(1, 0), await along(0, 1)]
    const out = await evaluate((x, sigma) => tf.sub(toDenoised(tf.onesLike(x), x, sigma), toDenoised(tf.zerosLike(x), x, sigma)), sigmas.map(() => [0]), sigmas) // prettier-ignore
    const lambda = await evaluate((x, sigma) => tf.reshape(weight(sigma), x.shape), sigmas.map(() => [0]), sigmas) // prettier-ignore
    sigmas.forEach((_, i) => {
      const variance = byData[i]! ** 2 + byNoise[i]! ** 2
      expect(lambda[i]![0]! * out[i]![0]! ** 2 * variance).toBeCloseTo(1, 9)
    })
  })
})

describe('a corrected denoiser', () => {
  const base: Denoiser = (x, sigma) => tf.div(x, tf.add(1, tf.square(perSample(sigma, x))))
  const network = mlp({ shape: [3], channels: 2, width: 8, blocks: 1 })

  it('is D_base + c_out F(c_in x~, D_base, channels)', async () => {
    const channels = array(Float64Array.from(draws(2, 3, 'channels').flat()), [2, 1, 3])
    const xs = x.slice(2, 4)
    // F reads each of its inputs with a factor of its own.
    const seen: Network = {
      ...network,
      apply: (_, x, _noise, { channels }) => {
        const [D, c] = tf.split(channels!, 2, 1) as [tf.Tensor, tf.Tensor]
        return tf.add(tf.add(x, tf.mul(10, tf.reshape(D, x.shape))), tf.mul(100, tf.reshape(c, x.shape)))
      },
    }
    const f = await compile(
      ({ x, sigma, channels }) => ({ D: denoiserOf(seen, {}, { base })(x!, sigma!, { channels: channels! }) }),
      { x: [2, 3], sigma: [1], channels: [2, 1, 3] },
      { precision: 'float64' },
    )
    const sigma = 0.7
    const { D } = await f.run({ x: array(Float64Array.from(xs.flat()), [2, 3]), sigma: array(Float64Array.of(sigma)), channels }) // prettier-ignore
    await f.dispose()
    const v = 1 + sigma ** 2
    xs.flat().forEach((x, i) => {
      const F = x / Math.sqrt(v) + (10 * x) / v + 100 * channels.data[i]!
      expect(D!.data[i]).toBeCloseTo(x / v + (sigma / Math.sqrt(v)) * F, 10)
    })
  })

  it('is the base where the network gives 0, as it does at first', async () => {
    const f = await compile(
      ({ x, sigma, channels, ...weights }) => ({
        D: tf.sub(denoiserOf(network, weights, { base })(x!, sigma!, { channels: channels! }), base(x!, sigma!)),
      }),
      { x: [6, 3], sigma: [6], channels: [1, 1, 3] },
      { constants: network.init(key(0)) },
    )
    const { D } = await f.run({ x: array(Float64Array.from(x.flat()), [6, 3]), sigma: array(Float64Array.from(sigmas)), channels: array(new Float64Array(3), [1, 1, 3]) }) // prettier-ignore
    await f.dispose()
    expect([...D!.data]).toEqual(new Array(18).fill(0))
  })

  it('wants edm, and a channel for the base', () => {
    expect(() => denoiserOf(network, {}, { base, parametrisation: 'x0' })).toThrow("'edm' only, not 'x0'")
    expect(() => denoiserOf(mlp({ shape: [3] }), {}, { base })).toThrow('no channel for the denoiser that it corrects')
  })
})

describe('refusals', () => {
  it('unknown names and deviations', () => {
    expect(() => conversion('eps' as Parametrisation)).toThrow("no parametrisation 'eps': edm, epsilon,")
    expect(() => conversion('edm', 0)).toThrow('sigmaData is 0; wants a number > 0')
  })

  it('samples of another shape', () => {
    const denoise = denoiserOf(mlp({ shape: [3] }), {})
    expect(() => denoise(tf.zeros([2, 4]), tf.ones([2]))).toThrow('the mlp takes samples [n, 3]; given [2, 4]')
  })
})
