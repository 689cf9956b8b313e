/** The networks that are timed, as pure functions of their parameters; bench/peers/networks.py has the same in PyTorch. */
import * as tf from '@tensorflow/tfjs'
import { conv2d, dense, groupNorm, silu } from '../src/scores/layers.js'

export interface Network {
  readonly name: string
  /** Input and target of one batch. */
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly parameters: readonly (readonly number[])[]
  /** Multiply-adds of one forward pass, twice: floating-point operations. */
  readonly flops: number
  forward(parameters: readonly tf.Tensor[], x: tf.Tensor): tf.Tensor
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

/** Four residual blocks of GroupNorm, SiLU and 3x3 convolution, twice; 64 channels at 32x32 between a stem and a head. */
export function convolutional(batch = 16, channels = 64, size = 32, blocks = 4): Network {
  const layer = [[channels], [channels], [3, 3, channels, channels]]
  const parameters = [
    [3, 3, 2, channels],
    ...Array.from({ length: 2 * blocks }, () => layer).flat(),
    [3, 3, channels, 1],
  ]
  return {
    name: 'conv-64',
    x: [batch, 2, size, size],
    y: [batch, 1, size, size],
    parameters,
    flops: 2 * batch * size * size * 9 * (3 * channels + 2 * blocks * channels * channels),
    forward(p, x) {
      let k = 0
      const half = (h: tf.Tensor): tf.Tensor => conv2d(silu(groupNorm(h, p[k++]!, p[k++]!, 8)), p[k++]!)
      x = conv2d(x, p[k++]!)
      for (let i = 0; i < blocks; i++) x = tf.add(x, half(half(x)))
      return conv2d(x, p[k]!)
    },
  }
}
