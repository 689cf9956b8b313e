/** Small problems to train on, whose best loss is known. */
import ndarray from 'ndarray'
import { key, normal } from '../../src/random.js'
import { mlp } from '../../src/scores/mlp.js'
import { trainable, type Trainable } from '../../src/training/model.js'
import type { Floats } from '../../src/training/data.js'
import type { NamedArrays } from '../../src/training/learner.js'
import type { NoiseLevels } from '../../src/training/noise-levels.js'

/** Deviations along the two axes, turned by 45 degrees: E|x|^2 / 2 = 1. */
export const deviations = [1.4, 0.2]

/** N(0, C) in two dimensions, C with the deviations above along (1, 1) and (1, -1). */
export function gaussian(n: number, seed = 1): Floats {
  const w = normal(key(seed, 'gaussian'), new Float32Array(2 * n))
  const data = new Float32Array(2 * n)
  for (let i = 0; i < n; i++) {
    const [a, b] = [deviations[0]! * w[2 * i]!, deviations[1]! * w[2 * i + 1]!]
    data[2 * i] = (a + b) / Math.SQRT2
    data[2 * i + 1] = (a - b) / Math.SQRT2
  }
  return ndarray(data, [n, 2])
}

/**
 * The least loss on that data: E over ln sigma of lambda(sigma) times the mean of c sigma^2 / (c + sigma^2) over the
 * variances c, the posterior variance of x0; by the midpoint rule in the quantiles.
 */
export function leastLoss(levels: NoiseLevels, weight: (sigma: number) => number, nodes = 20_000): number {
  let sum = 0
  for (let i = 0; i < nodes; i++) {
    const sigma = levels.quantile((i + 0.5) / nodes)
    const left = deviations.map(d => (d * sigma) ** 2 / (d ** 2 + sigma ** 2))
    sum += (weight(sigma) * (left[0]! + left[1]!)) / 2
  }
  return sum / nodes
}

export const smallModel = (width = 16, blocks = 1, channels = 0): Trainable =>
  trainable(mlp({ shape: [2], width, blocks, channels }))

/** The bytes of all weights, in the order of their names. */
export const bytesOf = (weights: NamedArrays): Buffer =>
  Buffer.concat(
    Object.keys(weights)
      .sort()
      .map(name => {
        const { data } = weights[name]!
        return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      }),
  )
