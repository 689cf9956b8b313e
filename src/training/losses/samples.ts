/** Losses that leave out, or weigh down, whole samples of a batch: for samples that are wrong as a whole. */
import * as tf from '@tensorflow/tfjs'
import { constantOf, levelMean } from './levels.js'
import { elementMean, type Loss } from './loss.js'
import { mse } from './mse.js'
import type { LevelOptions } from './penalty.js'

export interface Trim {
  /** The share lambda of a batch that is kept, in (0, 1). */
  readonly keep: number
}

/**
 * Least trimmed squares: the mean of the s = max(1, floor(lambda n)) smallest of a batch's mean squares (and of what equals
 * the last of them). A sample that is left out has no influence; breaks down at 1 - lambda wrong samples.
 *
 * The loss of a good network depends on the noise level: with lambda = 1/sigma^2 in loss.ts the samples of low noise have
 * the largest, and are left out first, whatever they show. `ltsLevel` does not.
 * Source: P. Rousseeuw 1984, J. Am. Statist. Assoc. 79; for diffusion arXiv 2508.02903.
 */
export const lts = ({ keep }: Trim): Loss => ({
  ...mse,
  name: 'lts',
  options: { keep },
  reduce: losses => meanOfSmallest(losses, losses, keep),
})

/**
 * Least trimmed squares, the order taken by loss over what is typical at the sample's noise level in this batch
 * (levels.ts): each level loses about the same share. The mean is of the losses themselves.
 */
export const ltsLevel = ({ keep, bandwidth }: Trim & LevelOptions): Loss => ({
  ...mse,
  name: 'lts-level',
  options: { keep, bandwidth },
  reduce: (losses, sigma) => meanOfSmallest(losses, tf.div(losses, levelMean(losses, sigma, bandwidth)), keep),
})

/** The mean of the losses whose orders are among the s smallest. */
function meanOfSmallest(losses: tf.Tensor, orders: tf.Tensor, keep: number): tf.Scalar {
  // A share of 0.7 of 10 is 7, though 0.7 * 10 may round to less.
  const s = Math.max(1, Math.floor(keep * losses.size + 1e-9))
  const kept = constantOf(order => {
    const last = tf.neg(tf.min(tf.topk(tf.neg(order), s).values))
    return tf.cast(tf.lessEqual(order, last), 'float32')
  }, orders)
  return tf.div(tf.sum(tf.mul(losses, kept)), tf.sum(kept))
}

/**
 * Density-power weight of whole samples: (1 - exp(-beta m/2))/beta, m a sample's mean square, so that its gradient is that of
 * m/2 times exp(-beta m/2): least trimmed squares without an edge. In units of the residual, as penalties are.
 * Source: see `densityPower` in penalties.ts; the product of d elements' densities would weigh as exp(-beta d m/2), which
 * leaves one sample of a batch: hence the mean.
 */
export const densityPowerSample = ({ beta }: { readonly beta: number }): Loss => ({
  name: 'density-power-sample',
  options: { beta },
  value: residual => tf.div(tf.expm1(tf.mul(elementMean(tf.square(residual)), -beta / 2)), -beta),
})
