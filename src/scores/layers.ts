/** Layers on channels-first tensors [n, channels, height, width], as pure functions of their weights. */
import * as tf from '@tensorflow/tfjs'

export { groupNorm, layerNorm, silu } from '../compile/operations.js'

/** Of fewer inputs, the bias costs as much as the product. */
const NARROW = 16

/** y = x W + b; x [n, in], W [in, out], b [out]. A narrow layer takes b into its product, as the weights of one more input 1. */
export function dense(x: tf.Tensor, W: tf.Tensor, b: tf.Tensor): tf.Tensor {
  if (x.shape[1]! >= NARROW) return tf.add(tf.matMul(x, W), b)
  const wider = tf.concat([x, tf.ones([x.shape[0], 1])], 1)
  return tf.matMul(wider, tf.concat([W, tf.reshape(b, [1, -1])], 0))
}

/** Convolution with equal padding; x [n, in, h, w], W [kh, kw, in, out]. */
export function conv2d(x: tf.Tensor, W: tf.Tensor): tf.Tensor {
  return tf.conv2d(x as tf.Tensor4D, W as tf.Tensor4D, 1, 'same', 'NCHW')
}
