/** Layers on channels-first tensors [n, channels, height, width], as pure functions of their weights. */
import * as tf from '@tensorflow/tfjs'

export { groupNorm, layerNorm, silu } from '../compile/operations.js'

/** y = x W + b; x [n, in], W [in, out], b [out]. */
export const dense = (x: tf.Tensor, W: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, W), b)

/** Convolution with equal padding; x [n, in, h, w], W [kh, kw, in, out]. */
export function conv2d(x: tf.Tensor, W: tf.Tensor): tf.Tensor {
  return tf.conv2d(x as tf.Tensor4D, W as tf.Tensor4D, 1, 'same', 'NCHW')
}
