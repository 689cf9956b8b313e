/** The networks that are timed, as pure functions of their parameters; bench/peers/networks.py has the same in PyTorch. */
import * as tf from '@tensorflow/tfjs'
import { conv2d, dense, groupNorm, layerNorm, silu } from '../src/scores/layers.js'
import { unet as denoisingUNet } from '../src/scores/unet.js'

export interface Network {
  readonly name: string
  /** Input and target of one batch. */
  readonly x: readonly number[]
  readonly y: readonly number[]
  /** What else it reads, by name. */
  readonly condition?: Readonly<Record<string, readonly number[]>>
  readonly parameters: readonly (readonly number[])[]
  /** Floating-point operations of one forward pass: two for each multiply-add of its products. */
  readonly flops: number
  forward(parameters: readonly tf.Tensor[], x: tf.Tensor, condition: Readonly<Record<string, tf.Tensor>>): tf.Tensor
}

/** 3 - width x 4 - 1 with SiLU. */
export function mlp(width: number, batch: number): Network {
  const widths = [3, width, width, width, width, 1]
  const parameters = widths.slice(1).flatMap((w, i) => [[widths[i]!, w], [w]])
  return {
    name: `mlp-${width}`,
    x: [batch, 3],
    y: [batch, 1],
    parameters,
    flops: 2 * batch * parameters.filter(s => s.length === 2).reduce((sum, [a, b]) => sum + a! * b!, 0),
    forward(p, x) {
      for (let i = 0; i < p.length; i += 2) {
        x = dense(x, p[i]!, p[i + 1]!)
        if (i + 2 < p.length) x = silu(x)
      }
      return x
    },
  }
}

const BATCH = 16
const CHANNELS = 64
const SIZE = 32
const perConvolution = 2 * BATCH * SIZE * SIZE * 9

/** Four residual blocks of GroupNorm, SiLU and 3x3 convolution, twice; 64 channels at 32x32, between a stem and a head. */
export function residual(): Network {
  const blocks = 4
  const layer = [[CHANNELS], [CHANNELS], [3, 3, CHANNELS, CHANNELS]]
  return {
    name: 'residual-64',
    x: [BATCH, 2, SIZE, SIZE],
    y: [BATCH, 1, SIZE, SIZE],
    parameters: [[3, 3, 2, CHANNELS], ...Array.from({ length: 2 * blocks }, () => layer).flat(), [3, 3, CHANNELS, 1]],
    flops: perConvolution * (3 * CHANNELS + 2 * blocks * CHANNELS * CHANNELS),
    forward(p, x) {
      let k = 0
      const half = (h: tf.Tensor): tf.Tensor => conv2d(silu(groupNorm(h, p[k++]!, p[k++]!, 8)), p[k++]!)
      x = conv2d(x, p[k++]!)
      for (let i = 0; i < blocks; i++) x = tf.add(x, half(half(x)))
      return conv2d(x, p[k]!)
    },
  }
}

/** Four 3x3 convolutions and nothing else: what the engine's convolution reaches at best. */
export function chain(): Network {
  const shape = [BATCH, CHANNELS, SIZE, SIZE]
  return {
    name: 'chain-64',
    x: shape,
    y: shape,
    parameters: Array.from({ length: 4 }, () => [3, 3, CHANNELS, CHANNELS]),
    flops: 4 * perConvolution * CHANNELS * CHANNELS,
    forward: (p, x) => p.reduce(conv2d, x),
  }
}

/** One pre-norm transformer block: 4 heads of 32, 64 tokens, a hidden layer of 512. */
export function transformer(): Network {
  const [batch, tokens, heads, size] = [16, 64, 4, 32]
  const width = heads * size
  const rows = batch * tokens
  const weights = (a: number, b: number): number[][] => [[a, b], [b]]
  const norm = [[width], [width]]
  const split = (h: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(h, [batch, tokens, heads, size]), [0, 2, 1, 3])
  const attention = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Tensor => {
    const scores = tf.mul(tf.matMul(split(q), split(k), false, true), 1 / Math.sqrt(size))
    const mixed = tf.matMul(tf.softmax(scores), split(v))
    return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [rows, width])
  }
  return {
    name: 'transformer-128',
    x: [rows, width],
    y: [rows, width],
    parameters: [
      ...norm,
      ...Array.from({ length: 4 }, () => weights(width, width)).flat(),
      ...norm,
      ...weights(width, 4 * width),
      ...weights(4 * width, width),
    ],
    flops: 2 * rows * (12 * width * width + 2 * tokens * width),
    forward(p, x) {
      const h = layerNorm(x, p[0]!, p[1]!)
      const [q, k, v] = [2, 4, 6].map(i => dense(h, p[i]!, p[i + 1]!)) as [tf.Tensor, tf.Tensor, tf.Tensor]
      x = tf.add(x, dense(attention(q, k, v), p[8]!, p[9]!))
      const hidden = silu(dense(layerNorm(x, p[10]!, p[11]!), p[12]!, p[13]!))
      return tf.add(x, dense(hidden, p[14]!, p[15]!))
    },
  }
}

/** The U-Net that learns advection-diffusion/initial-condition: 32x32, four channels with the LMMSE view, batches of 64. */
export function unet(): Network {
  const [batch, shape] = [64, [32, 32]]
  const net = denoisingUNet({ shape, channels: 3, embedding: 9 })
  const names = Object.keys(net.parameters)
  return {
    name: 'unet',
    x: [batch, ...shape],
    y: [batch, ...shape],
    condition: { noise: [batch], channels: [batch, net.channels, ...shape], embedding: [batch, net.embedding] },
    parameters: Object.values(net.parameters),
    flops: batch * net.flops,
    forward(p, x, { noise, ...condition }) {
      const weights = Object.fromEntries(names.map((name, i) => [name, p[i]!]))
      return net.apply(weights, x, noise!, condition)
    },
  }
}
