/**
 * What training takes the mean of. For a sample x0 at level sigma, seen as x~ = x0 + sigma w,
 *
 *   r = sqrt(lambda(sigma)) (D_theta(x~, sigma, y) - x0),   L = reduce(rho(r_1), ..., rho(r_n)).
 *
 * With lambda = 1/sigma^2 the residual is that of the noise, r = w - w_theta up to its sign; with lambda = 1 that of the
 * data. lambda and the density of sigma in training are chosen apart from rho (noise-levels.ts, weighting.ts).
 */
import * as tf from '@tensorflow/tfjs'

export interface Loss {
  /** As in a configuration: `mse`, `huber`, ... */
  readonly name: string
  /** What makes the loss again with its name: plain JSON, saved with a model. */
  readonly options: Readonly<Record<string, number | string | boolean>>
  /**
   * rho of each sample, a mean over its elements (so that its size does not depend on theirs).
   *
   * @param residual r [n, ...shape].
   * @param sigma the samples' noise levels [n].
   * @returns [n].
   */
  value(residual: tf.Tensor, sigma: tf.Tensor): tf.Tensor
  /** One number of the samples' losses [n] and levels [n], to leave some out or weigh them; the mean where there is none. */
  reduce?(losses: tf.Tensor, sigma: tf.Tensor): tf.Scalar
}

/** Means over all axes but the first: [n, ...shape] to [n]. */
export const elementMean = (x: tf.Tensor): tf.Tensor => tf.mean(tf.reshape(x, [x.shape[0], -1]), 1)

/** The batch's loss from the samples' [n]. */
export const reduced = (loss: Loss, losses: tf.Tensor, sigma: tf.Tensor): tf.Scalar =>
  loss.reduce?.(losses, sigma) ?? tf.mean(losses)
