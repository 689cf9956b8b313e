/**
 * Layers on channels-first tensors [n, channels, height, width], with gradients derived by hand where the chain rule
 * through tfjs' operations would pass over the data more often than needed.
 */
import * as tf from '@tensorflow/tfjs'

type CustomGradient = (
  inputs: tf.Tensor[],
  save: (saved: tf.Tensor[]) => void,
) => {
  value: tf.Tensor
  gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[]
}

/** `tf.customGrad` with its arguments as a list. */
const withGradient = (f: CustomGradient): ((...inputs: tf.Tensor[]) => tf.Tensor) =>
  tf.customGrad((...args) => {
    const save = args.pop() as (saved: tf.Tensor[]) => void
    return f(args as tf.Tensor[], save)
  })

/** y = x W + b; x [n, in], W [in, out], b [out]. */
export const dense = (x: tf.Tensor, W: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.matMul(x, W), b)

/** Convolution with equal padding; x [n, in, h, w], W [kh, kw, in, out]. */
export function conv2d(x: tf.Tensor, W: tf.Tensor): tf.Tensor {
  return tf.conv2d(x as tf.Tensor4D, W as tf.Tensor4D, 1, 'same', 'NCHW')
}

/** SiLU, y = x s with s = sigmoid(x); dy/dx = s + y (1 - s). Source: Elfwing, Uchibe, Doya 2017, arXiv 1702.03118. */
export const silu: (x: tf.Tensor) => tf.Tensor = withGradient(([x], save) => {
  const s = tf.sigmoid(x!)
  const y = tf.mul(x!, s)
  save([s, y])
  return {
    value: y,
    gradFunc: (dy, [s, y]) => [tf.mul(dy, tf.add(s!, tf.sub(y!, tf.mul(y!, s!))))],
  }
})

/**
 * Group normalisation: each of `groups` groups of channels is brought to mean 0 and variance 1, then
 * y = gamma (x - mean) / sqrt(variance + epsilon) + beta; x [n, c, h, w], gamma and beta [c].
 * Source: Wu, He 2018, arXiv 1803.08494.
 */
export function groupNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, groups: number, epsilon = 1e-5): tf.Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const inGroup = (c / groups) * h * w
  const perGroup = [n, groups, 1]
  /** [n, groups, 1] times [c], as [n, c, 1, 1]. */
  const scale = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    tf.reshape(tf.mul(a, tf.reshape(b, [1, groups, c / groups])), [n, c, 1, 1])

  return withGradient(([x, gamma, beta], save) => {
    const grouped = tf.reshape(x!, [n, groups, inGroup])
    const d = tf.sub(grouped, tf.mean(grouped, 2, true))
    const r = tf.rsqrt(tf.add(tf.mean(tf.square(d), 2, true), epsilon))
    const centred = tf.reshape(d, x!.shape)
    save([centred, r, gamma!])
    return {
      value: tf.add(tf.mul(centred, scale(r, gamma!)), tf.reshape(beta!, [1, c, 1, 1])),
      // With S1 = sum_hw dy, S2 = sum_hw dy d for each channel, and M the mean over a group of gamma S:
      // dx = r (gamma dy - M1 - r^2 d M2).
      gradFunc: (dy, [d, r, gamma]) => {
        const s1 = tf.sum(dy, [2, 3])
        const s2 = tf.sum(tf.mul(dy, d!), [2, 3])
        const mean = (s: tf.Tensor): tf.Tensor =>
          tf.div(tf.sum(tf.reshape(tf.mul(s, gamma!), [n, groups, c / groups]), 2, true), inGroup)
        const m1 = tf.mul(r!, mean(s1))
        const m2 = tf.mul(tf.mul(r!, tf.square(r!)), mean(s2))
        const sum = tf.add(tf.mul(tf.reshape(d!, [n, groups, inGroup]), m2), m1)
        const dx = tf.sub(tf.mul(dy, scale(r!, gamma!)), tf.reshape(sum, dy.shape))
        const rPerChannel = tf.reshape(tf.mul(tf.reshape(r!, perGroup), tf.ones([1, 1, c / groups])), [n, c])
        return [dx, tf.sum(tf.mul(s2, rPerChannel), 0), tf.sum(s1, 0)]
      },
    }
  })(x, gamma, beta)
}
