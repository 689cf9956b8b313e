/**
 * Robust penalties rho(r) in the place of r^2: noise prediction is a regression, and its M-estimator bounds what a bad
 * sample does (P. Huber, "Robust Estimation of a Location Parameter", Ann. Math. Statist. 1964).
 *
 * The minimiser of E rho(x0 - D) solves E[psi(x0 - D) | x~, y] = 0, psi = rho'. It is the conditional mean for r^2 alone, or
 * where the law of x0 given x~ is symmetric: otherwise score = (D - x~)/sigma^2 is biased, so that Tweedie's estimate and the
 * reverse process lead to another law. A wrong sample at r moves the minimiser by psi(r)/E psi' (its influence function).
 *
 * A threshold is in units of the residual; with lambda = 1/sigma^2 (loss.ts) that is the noise's standard deviation.
 */
import * as tf from '@tensorflow/tfjs'
import { elementMean, type Loss } from './loss.js'
import { levelScale } from './levels.js'

/** rho of one residual: as tensors for training, as numbers for theory. */
export interface Penalty {
  /** As in a configuration. */
  readonly name: string
  readonly options: Readonly<Record<string, number>>
  /** rho(r), even, 0 at 0. */
  readonly rho: (r: number) => number
  /** psi = rho', the influence function up to a factor. */
  readonly psi: (r: number) => number
  /** rho, element by element. */
  readonly of: (residual: tf.Tensor) => tf.Tensor
}

/** The loss of a penalty: the mean of rho over a sample's elements. */
export const elementLoss = ({ name, options, of }: Penalty): Loss => ({
  name,
  options,
  value: residual => elementMean(of(residual)),
})

/** What a loss that looks at a sample's neighbours in noise level takes. */
export interface LevelOptions {
  /** Standard deviation of the kernel in ln sigma. */
  readonly bandwidth: number
}

/**
 * A penalty whose thresholds follow the noise level: s^2 rho(r/s), s(sigma) the typical residual of the batch at that level
 * (levels.ts), taken as a constant. Near 0 it weighs the levels as the square does.
 *
 * Residuals of a trained network differ between levels by orders of magnitude: a threshold for all trims one level and does
 * nothing at another. Each sample's value depends on its batch, which should hold some dozens of samples.
 */
export const levelLoss = ({ name, options, of }: Penalty, { bandwidth }: LevelOptions): Loss => ({
  name: `${name}-level`,
  options: { ...options, bandwidth },
  value(residual, sigma) {
    const sizes = elementMean(tf.abs(residual))
    const s = levelScale(sizes, sigma, bandwidth)
    const each = tf.reshape(s, [s.shape[0], ...residual.shape.slice(1).map(() => 1)])
    return tf.mul(tf.square(s), elementMean(of(tf.div(residual, each))))
  },
})
