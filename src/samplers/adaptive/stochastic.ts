/**
 * The reverse SDE with steps chosen for each sample by an embedded pair: the denoiser-frozen step (order 1) and its correction
 * with the denoiser at the end of the step (weak order 2), after the idea of Jolicoeur-Martineau et al. (arXiv 2105.14080).
 * With q = e^(-(1+alpha) h), for x~ whatever the path:
 *
 *   x^  = D + q (x~ - D) + sigma' sqrt(1 - e^(-2 alpha h)) w
 *   x~' = x^ + (1 - (1 - q)/((1+alpha) h)) (D^ - D)
 *
 * The correction is the measure of the error. Each step is kept, and its error sets the size of the *next* one: a step that
 * is thrown away because of its own noise would leave a choice of the noise, a bias of the law.
 */
import * as tf from '@tensorflow/tfjs'
import { steps, type AdaptiveStep, type Attempt, type Attempted } from '../step.js'
import { nextStep, scaledError, tolerances, type Tolerance } from './control.js'

/** The first step in ln sigma, and the largest growth from a step to the next: there is no second try. */
const FIRST = 0.02
const GROWTH = 1.5

function attempt({ x, l, h, alpha, noise, denoise }: Attempt, tolerance: Tolerance): Attempted {
  // The first attempt, h = 0, moves nothing.
  const rate = tf.mul(h, tf.add(alpha, 1))
  const q = tf.exp(tf.neg(rate))
  const spread = tf.mul(tf.exp(tf.sub(l, h)), tf.sqrt(tf.neg(tf.expm1(tf.mul(tf.mul(alpha, h), -2)))))
  const D = denoise(x, l)
  const hat = tf.addN([D, tf.mul(tf.sub(x, D), q), tf.mul(noise[0]!, spread)])
  const change = tf.sub(denoise(hat, tf.sub(l, h)), D)
  const part = tf.sub(1, tf.div(tf.neg(tf.expm1(tf.neg(rate))), tf.maximum(rate, 1e-6)))
  const moving = tf.cast(tf.greater(h, 0), 'float32')
  const correction = tf.mul(tf.mul(part, moving), change)
  const next = tf.add(hat, correction)
  const error = scaledError(correction, x, next, tolerance)
  // Noise moves D by sqrt(h), and its share in the step is h.
  const grown = nextStep(h, error, 1.5, GROWTH)
  return {
    x: next,
    accepted: tf.greaterEqual(h, 0),
    h: tf.where(tf.equal(h, 0), tf.fill(h.shape, FIRST), grown),
    memory: [],
  }
}

steps.register({
  name: 'adaptive-sde',
  description: 'adaptive, for the reverse SDE with a constant alpha: weak order 2, each sample with steps of its own',
  parameters: tolerances(0.02, 0.01),
  create: (tolerance): AdaptiveStep => ({
    name: 'adaptive-sde',
    adaptive: true,
    order: 2,
    calls: 2,
    alpha: 1,
    noises: 1,
    attempt: at => attempt(at, tolerance),
  }),
})
