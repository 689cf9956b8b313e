/** Small networks and their training step, for tests of whole graphs. */
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import type { Arrays, BoundaryArray, TensorFunction } from '../../src/compile/index.js'

/** Numbers in (-scale, scale), all different, the same each time. */
export function floats(shape: readonly number[], seed = 0, scale = 1): BoundaryArray {
  const length = shape.reduce((a, b) => a * b, 1)
  const value = (i: number): number => scale * (2 * (((i + 1 + 17 * seed) * 0.6180339887498949) % 1) - 1)
  return ndarray(Float32Array.from({ length }, (_, i) => value(i)), [...shape]) // prettier-ignore
}

export const zerosLike = (arrays: Arrays, prefix: string): Arrays =>
  Object.fromEntries(
    Object.entries(arrays).map(([k, a]) => [prefix + k, ndarray(new Float32Array(a.data.length), [...a.shape])]),
  )

export interface Net {
  readonly x: readonly number[]
  readonly y: readonly number[]
  readonly weights: Arrays
  forward(w: Record<string, tf.Tensor>, x: tf.Tensor): tf.Tensor
}

const silu = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x))

export const mlp: Net = {
  x: [16, 3],
  y: [16, 1],
  weights: { w1: floats([3, 32], 1), b1: floats([32], 2, 0.1), w2: floats([32, 1], 3, 0.3), b2: floats([1], 4) },
  forward: ({ w1, b1, w2, b2 }, x) => tf.add(tf.matMul(silu(tf.add(tf.matMul(x, w1!), b1!)), w2!), b2!),
}

function groupNorm(x: tf.Tensor, gain: tf.Tensor, bias: tf.Tensor, groups: number): tf.Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const grouped = tf.reshape(x, [n, groups, (c / groups) * h * w])
  const { mean, variance } = tf.moments(grouped, 2, true)
  const normal = tf.reshape(tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, 1e-5))), x.shape)
  return tf.add(tf.mul(normal, tf.reshape(gain, [1, c, 1, 1])), tf.reshape(bias, [1, c, 1, 1]))
}

const convolve = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NCHW')

export const convolutional: Net = {
  x: [2, 2, 8, 8],
  y: [2, 1, 8, 8],
  weights: { w1: floats([3, 3, 2, 8], 1, 0.3), g: floats([8], 5), b: floats([8], 6), w2: floats([3, 3, 8, 1], 2, 0.3) },
  forward: ({ w1, g, b, w2 }, x) => convolve(silu(groupNorm(convolve(x, w1!), g!, b!, 2)), w2!),
}

/** The state of `adamStep`: weights, and both moments from zero. */
export const adamState = ({ weights }: Net): Arrays => ({
  ...weights,
  ...zerosLike(weights, 'm.'),
  ...zerosLike(weights, 'v.'),
})

/** Adam without bias correction (D. Kingma, J. Ba, 2014, arXiv:1412.6980), on the mean square error. */
export function adamStep(net: Net): TensorFunction {
  const names = Object.keys(net.weights)
  return function adam({ x, y, ...state }) {
    const loss = (...ws: tf.Tensor[]): tf.Scalar =>
      tf.mean(tf.square(tf.sub(net.forward(Object.fromEntries(names.map((n, i) => [n, ws[i]!])), x!), y!)))
    const { value, grads } = tf.valueAndGrads(loss)(names.map(n => state[n]!))
    const next: Record<string, tf.Tensor> = { loss: value }
    names.forEach((n, i) => {
      const m = tf.add(tf.mul(state[`m.${n}`]!, 0.9), tf.mul(grads[i]!, 0.1))
      const v = tf.add(tf.mul(state[`v.${n}`]!, 0.999), tf.mul(tf.square(grads[i]!), 0.001))
      next[`m.${n}`] = m
      next[`v.${n}`] = v
      next[n] = tf.sub(state[n]!, tf.div(tf.mul(m, 0.01), tf.add(tf.sqrt(v), 1e-3)))
    })
    return next
  }
}

/** The largest difference of two sets of arrays, as a share of the largest element of the second. */
export function relativeDifference(a: Arrays, b: Arrays): number {
  let [difference, scale] = [0, 0]
  for (const [name, { data }] of Object.entries(b))
    data.forEach((v: number, i: number) => {
      difference = Math.max(difference, Math.abs(v - a[name]!.data[i]!))
      scale = Math.max(scale, Math.abs(v))
    })
  return difference / scale
}
