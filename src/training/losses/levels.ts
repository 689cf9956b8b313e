/** What is typical of a batch at a noise level, by regression on ln sigma (E. Nadaraya 1964; G. Watson 1964). */
import * as tf from '@tensorflow/tfjs'

/** f(x) as a constant: its derivative is 0, and what is done inside needs none. */
export const constantOf = (f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.customGrad((...given) => {
    const at = given[0] as tf.Tensor
    return { value: f(at), gradFunc: () => tf.zeros(at.shape) }
  })(x)

/** E|N(0, 1)| = sqrt(2/pi): mean absolute values over this are standard deviations of normal residuals. */
const MEAN_ABSOLUTE = Math.sqrt(2 / Math.PI)

/** Below this a size is taken as this, so that its logarithm exists. */
const TINY = 1e-12

/**
 * The geometric mean of the samples' sizes near each one's level,
 * exp(sum_j K_ij ln size_j / sum_j K_ij), K_ij = exp(-(ln sigma_i - ln sigma_j)^2 / (2 h^2)), without a derivative.
 * Logarithms, because a bad sample adds to them little of what it adds to a mean.
 *
 * @param sizes positive numbers, one for each sample [n].
 * @param sigma noise levels [n].
 * @param bandwidth h, in ln sigma.
 * @returns [n].
 */
export function levelMean(sizes: tf.Tensor, sigma: tf.Tensor, bandwidth: number): tf.Tensor {
  const n = sizes.size
  const place = tf.div(tf.log(sigma), bandwidth)
  const distance = tf.sub(tf.reshape(place, [n, 1]), tf.reshape(place, [1, n]))
  const kernel = tf.exp(tf.mul(tf.square(distance), -0.5))
  return constantOf(at => {
    const sums = tf.matMul(kernel, tf.log(tf.maximum(tf.reshape(at, [n, 1]), TINY)))
    return tf.exp(tf.div(tf.reshape(sums, [n]), tf.sum(kernel, 1)))
  }, sizes)
}

/** The standard deviation of normal residuals whose samples' mean absolute values are `sizes`, at each one's level: [n]. */
export const levelScale = (sizes: tf.Tensor, sigma: tf.Tensor, bandwidth: number): tf.Tensor =>
  tf.div(levelMean(sizes, sigma, bandwidth), MEAN_ABSOLUTE)
