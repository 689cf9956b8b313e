/**
 * A residual network of dense layers for an unknown of d numbers:
 *
 *   h = W_in [x, channels] + b + W e,    h <- h + W_2 silu(W_1 layerNorm(h) + b_1 + W_e e) + b_2,    F = W_out h + b_out
 *
 * with e the embedding of noise level and operator. The stream h is never normalised, so that the amplitude of x and what is
 * linear in it pass to F. Sources: He et al. 2015, arXiv 1512.03385; layer norm before each branch: Xiong et al. 2020,
 * arXiv 2002.04745.
 */
import * as tf from '@tensorflow/tfjs'
import { embedding, withChannels } from './embedding.js'
import { silu } from './layers.js'
import type { Network } from './network.js'
import { declaration } from './parameters.js'
import { shapeOption, sizeOption, wholeOption } from './spec.js'

export interface MlpOptions {
  /** [d]; a longer shape is taken as its elements in a row. */
  readonly shape: readonly number[]
  /** Channels of the condition, each of the unknown's shape. Default 0. */
  readonly channels?: number
  /** Entries of the operator's embedding. Default 0. */
  readonly embedding?: number
  /** Width of the stream. Default 128. */
  readonly width?: number
  /** Residual blocks. Default 3. */
  readonly blocks?: number
}

/** @throws RangeError for a size that is not a whole number from 1 (channels, embedding and blocks: from 0). */
export function mlp(options: MlpOptions): Network {
  const shape = shapeOption('mlp', options.shape)
  const channels = wholeOption('mlp', 'channels', options.channels ?? 0)
  const entries = wholeOption('mlp', 'embedding', options.embedding ?? 0)
  const width = sizeOption('mlp', 'width', options.width ?? 128)
  const blocks = wholeOption('mlp', 'blocks', options.blocks ?? 3)
  const d = shape.reduce((a, b) => a * b, 1)
  const inputs = d * (1 + channels)
  const declare = declaration()
  const embed = embedding(declare, entries, width)
  const stem = declare.dense('stem', inputs, width)
  const stemLevel = declare.dense('stem.level', width, width)
  const branches = Array.from({ length: blocks }, (_, i) => ({
    norm: declare.layerNorm(`block${i}.norm`, width),
    first: declare.dense(`block${i}.dense1`, width, width),
    level: declare.dense(`block${i}.level`, width, width),
    second: declare.dense(`block${i}.dense2`, width, width, { gain: 0 }),
  }))
  const head = declare.dense('head', width, d, { gain: 0 })
  return {
    kind: 'mlp',
    spec: { kind: 'mlp', shape, channels, embedding: entries, width, blocks },
    shape,
    channels,
    embedding: entries,
    ...declare.done(),
    apply(weights, x, noise, condition) {
      const e = embed(weights, noise, condition)
      const rows = tf.reshape(withChannels(x, condition, channels), [-1, inputs])
      let h = tf.add(stem(weights, rows), stemLevel(weights, e))
      for (const { norm, first, level, second } of branches) {
        const inner = tf.add(first(weights, norm(weights, h)), level(weights, e))
        h = tf.add(h, second(weights, silu(inner)))
      }
      return tf.reshape(head(weights, h), x.shape)
    },
  }
}
