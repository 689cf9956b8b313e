/** The parts of which a U-Net repeats: the residual block and the attention, both on [n, width, h, w]. */
import * as tf from '@tensorflow/tfjs'
import { silu } from './layers.js'
import type { Weights } from './network.js'
import type { Declaration, Layer } from './parameters.js'

/** h and the embedding e [1 or n, entries] to a new h. */
export type Block = (weights: Weights, h: tf.Tensor, e: tf.Tensor) => tf.Tensor

interface BlockSize {
  readonly width: number
  readonly groups: number
  readonly pixels: number
}

/** Two convolutions, each after group normalisation and SiLU; between them the embedding scales and shifts each channel. */
export function residualBlock(
  declare: Declaration,
  name: string,
  size: BlockSize & { readonly entries: number; readonly kernel: readonly [number, number] },
): Block {
  const { width, groups, entries, ...conv } = size
  const norm1 = declare.groupNorm(`${name}.norm1`, width, groups)
  const conv1 = declare.conv(`${name}.conv1`, width, width, conv)
  const film = declare.dense(`${name}.film`, entries, 2 * width, { gain: 0.1 })
  const norm2 = declare.groupNorm(`${name}.norm2`, width, groups)
  const conv2 = declare.conv(`${name}.conv2`, width, width, { ...conv, gain: 0 })
  return (weights, h, e) => {
    const inner = norm2(weights, conv1(weights, silu(norm1(weights, h))))
    const [scale, shift] = tf.split(film(weights, e), 2, 1).map(v => tf.reshape(v, [-1, width, 1, 1])) as [tf.Tensor, tf.Tensor] // prettier-ignore
    return tf.add(h, conv2(weights, silu(tf.add(tf.mul(inner, tf.add(scale, 1)), shift))))
  }
}

/** Self-attention between all pixels. Source: Vaswani et al. 2017, arXiv 1706.03762. */
export function attention(declare: Declaration, name: string, size: BlockSize & { readonly heads: number }): Block {
  const { width, groups, heads, pixels } = size
  const conv = { kernel: [1, 1], pixels } as const
  const norm = declare.groupNorm(`${name}.norm`, width, groups)
  const [query, key, value] = ['query', 'key', 'value'].map(n => declare.conv(`${name}.${n}`, width, width, conv)) as [
    Layer,
    Layer,
    Layer,
  ]
  const out = declare.conv(`${name}.out`, width, width, { ...conv, gain: 0 })
  const inHead = width / heads
  declare.operations(4 * width * pixels ** 2)
  return (weights, h) => {
    const z = norm(weights, h)
    // [n, heads, inHead, pixels]
    const split = (layer: Layer): tf.Tensor => tf.reshape(layer(weights, z), [-1, heads, inHead, pixels])
    const scores = tf.mul(tf.matMul(split(query), split(key), true, false), 1 / Math.sqrt(inHead))
    const mixed = tf.matMul(split(value), tf.softmax(scores), false, true)
    return tf.add(h, out(weights, tf.reshape(mixed, h.shape)))
  }
}
