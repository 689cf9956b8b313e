/**
 * What a network knows of the noise level and the operator, as one vector: Fourier features of c_noise beside the operator's
 * numbers, through two dense layers. Source of the features: Tancik et al. 2020, arXiv 2006.10739.
 */
import * as tf from '@tensorflow/tfjs'
import { silu } from './layers.js'
import type { NetworkCondition, Weights } from './network.js'
import type { Declaration } from './parameters.js'

const PAIRS = 16
/**
 * Cycles for each unit of c_noise, geometric from 1/16 to 2: c_noise = ln(sigma)/4 spans 2.7 units between EDM's limits 0.002
 * and 80, so the slowest feature is monotone there, and the fastest still smooth between neighbouring levels of 20 steps.
 */
const frequencies = Array.from({ length: PAIRS }, (_, k) => 2 ** (-4 + (5 * k) / (PAIRS - 1)))

/** cos and sin of 2 pi f c for each frequency; c_noise [n] or [1], to [n or 1, 32]. */
export function fourierFeatures(noise: tf.Tensor): tf.Tensor {
  const row = tf.tensor2d(
    frequencies.map(f => 2 * Math.PI * f),
    [1, PAIRS],
  )
  const phase = tf.mul(tf.reshape(noise, [-1, 1]), row)
  return tf.concat([tf.cos(phase), tf.sin(phase)], 1)
}

/** (weights, c_noise, operator embedding) to [n or 1, width]. */
export type Embed = (weights: Weights, noise: tf.Tensor, condition: NetworkCondition) => tf.Tensor

/** Both go through layers of their own first: one may belong to each sample and the other be shared by all. */
export function embedding(declare: Declaration, entries: number, width: number): Embed {
  const fromNoise = declare.dense('embed.noise', 2 * PAIRS, width)
  const fromOperator = entries > 0 ? declare.dense('embed.operator', entries, width) : null
  const mix = declare.dense('embed.mix', width, width)
  return (weights, noise, condition) => {
    const a = fromNoise(weights, fourierFeatures(noise))
    const both = fromOperator ? tf.add(a, fromOperator(weights, entriesOf(condition, entries))) : a
    return silu(mix(weights, silu(both)))
  }
}

function entriesOf({ embedding }: NetworkCondition, entries: number): tf.Tensor {
  if (!embedding) throw new Error(`the network needs the condition 'embedding' [1 or n, ${entries}]; none is given`)
  if (embedding.rank !== 2 || embedding.shape[1] !== entries)
    throw new Error(
      `the network needs the condition 'embedding' [1 or n, ${entries}]; it is [${embedding.shape.join(', ')}]`,
    )
  return embedding
}

/** x [n, ...shape] and the condition's channels [1 or n, channels, ...shape] as [n, 1 + channels, ...shape]. */
export function withChannels(x: tf.Tensor, { channels }: NetworkCondition, count: number): tf.Tensor {
  const [n, ...shape] = x.shape as [number, ...number[]]
  const own = tf.reshape(x, [n, 1, ...shape])
  if (count === 0) return own
  const wanted = `[1 or ${n}, ${[count, ...shape].join(', ')}]`
  if (!channels) throw new Error(`the network needs the condition 'channels' ${wanted}; none is given`)
  const [m, ...rest] = channels.shape
  if ((m !== 1 && m !== n) || rest.join() !== [count, ...shape].join())
    throw new Error(`the network needs the condition 'channels' ${wanted}; it is [${channels.shape.join(', ')}]`)
  const all = m === n ? channels : tf.tile(channels, [n, ...rest.map(() => 1)])
  return tf.concat([own, all], 1)
}
