/**
 * Exact denoisers of Gaussian laws (theory.md, section 6):
 *
 *   x0 ~ N(mu, C)   gives   D(x~, sigma) = mu + C (C + sigma^2 I)^-1 (x~ - mu)
 *
 * with C = sum_k c_k v_k v_k^T: the part of x~ - mu along v_k shrinks by c_k/(c_k + sigma^2). A singular C is allowed.
 */
import * as tf from '@tensorflow/tfjs'
import { conditionOf, type Denoiser } from '../denoiser.js'
import { assertFinite, spreadOf, type Covariance, type Spread } from './spread.js'

export interface GaussianLaw {
  /** mu [d]. */
  readonly mean: readonly number[]
  /** C: a variance, variances [d], or a matrix [d][d]. */
  readonly covariance: Covariance
}

/**
 * D of x0 ~ N(mu, C), for samples of any shape with d elements.
 *
 * @throws RangeError when sizes do not fit, or the covariance is not one.
 */
export function gaussianDenoiser({ mean, covariance }: GaussianLaw): Denoiser {
  assertFinite(mean, 'gaussianDenoiser: mean')
  const spread = spreadOf(covariance, mean.length, 'gaussianDenoiser')
  return (x, sigma) => shrink(x, tf.tensor2d([...mean], [1, mean.length]), sigma, spread)
}

export interface GaussianPosterior {
  /** K = Sigma_y A^T R^-1 [d][m]: what a measurement adds to the mean. */
  readonly gain: readonly (readonly number[])[]
  /** mu - K A mu [d], so that mu_y = offset + K y. */
  readonly offset: readonly number[]
  /** Sigma_y, which is the same for every y. */
  readonly covariance: Covariance
}

/**
 * D of x0 given y ~ N(A x0, R) and the prior N(mu, C): the posterior N(mu_y, Sigma_y) is Gaussian.
 * The denoiser takes the condition `y` [1 or n, m].
 *
 * @throws RangeError when sizes do not fit, or the covariance is not one.
 */
export function gaussianPosteriorDenoiser({ gain, offset, covariance }: GaussianPosterior): Denoiser {
  const [d, m] = [offset.length, gain[0]?.length ?? 0]
  const where = 'gaussianPosteriorDenoiser'
  if (gain.length !== d || gain.some(row => row.length !== m))
    throw new RangeError(`${where}: the gain is [${gain.length}, ${m}]; with an offset of ${d} it must be [${d}, m]`)
  assertFinite([...offset, ...gain.flat()], `${where}: offset and gain`)
  const spread = spreadOf(covariance, d, where)
  return (x, sigma, condition) => {
    const y = tf.reshape(conditionOf(condition, 'y', where), [-1, m])
    const K = tf.tensor2d(gain.flat(), [d, m])
    const mean = tf.add(tf.matMul(y as tf.Tensor2D, K, false, true), tf.tensor2d([...offset], [1, d]))
    return shrink(x, mean, sigma, spread)
  }
}

/** mu + C (C + sigma^2 I)^-1 (x - mu); mean [1 or n, d]. */
function shrink(x: tf.Tensor, mean: tf.Tensor, sigma: tf.Tensor, { variances, axes }: Spread): tf.Tensor {
  const d = variances.length
  const c = tf.tensor2d([...variances], [1, d])
  const gain = tf.div(c, tf.add(c, tf.square(tf.reshape(sigma, [-1, 1]))))
  const away = tf.sub(tf.reshape(x, [-1, d]), mean)
  if (!axes) return tf.reshape(tf.add(mean, tf.mul(gain, away)), x.shape)
  const V = tf.tensor2d(axes.flat(), [d, d])
  const along = tf.matMul(away, V, false, true)
  return tf.reshape(tf.add(mean, tf.matMul(tf.mul(gain, along), V)), x.shape)
}
