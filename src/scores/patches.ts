/** Patches of an image as channels, and back: each output pixel holds all pixels of one patch. */
import * as tf from '@tensorflow/tfjs'

/** [height, width]. */
export type Extent = readonly [number, number]

/** [n, c, h, w] to [n, c p q, h/p, w/q]. */
export function splitPatches(x: tf.Tensor, [p, q]: Extent): tf.Tensor {
  if (p * q === 1) return x
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const apart = tf.reshape(x, [n, c, h / p, p, w / q, q])
  return tf.reshape(tf.transpose(apart, [0, 1, 3, 5, 2, 4]), [n, c * p * q, h / p, w / q])
}

/** [n, c p q, h, w] to [n, c, h p, w q]. */
export function joinPatches(x: tf.Tensor, [p, q]: Extent): tf.Tensor {
  if (p * q === 1) return x
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const apart = tf.reshape(x, [n, c / (p * q), p, q, h, w])
  return tf.reshape(tf.transpose(apart, [0, 1, 4, 2, 5, 3]), [n, c / (p * q), h * p, w * q])
}
