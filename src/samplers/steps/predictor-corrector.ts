/**
 * Predictor and Langevin corrector (Song et al., arXiv 2011.13456). The predictor is the denoiser-frozen step; the corrector
 * is Langevin dynamics at the level it reached, dz = score dT + sqrt(2) dW over the time T = s'^2 delta, with D frozen and the
 * rest integrated exactly, so that it is stable for every delta:
 *
 *   z'' = m' D + e^-delta (z' - m' D) + s' sqrt(1 - e^(-2 delta)) w,    delta = langevin ln(sigma/sigma')
 *
 * A fixed signal-to-noise ratio, as in the paper, keeps a bias however many steps are made; here delta shrinks with the step,
 * so that the bias does (order 1), and predictor alpha with corrector rate c has the law of alpha + c.
 */
import * as tf from '@tensorflow/tfjs'
import { defineStep, steps } from '../step.js'
import { combine } from './first-order.js'

steps.register({
  name: 'predictor-corrector',
  description: 'denoiser-frozen predictor (any alpha), then Langevin dynamics at the new level (arXiv 2011.13456)',
  parameters: { langevin: { default: 1, description: 'Langevin time for each unit of ln sigma, in units of s^2' } },
  create: ({ langevin }) =>
    defineStep({
      name: 'predictor-corrector',
      order: 1,
      calls: 2,
      alpha: 0,
      noises: 2,
      coefficients({ reverse, from, to }) {
        const delta = langevin * Math.log(from.sigma / to.sigma)
        return {
          ...reverse.denoiserFrozen(from.sigma, to.sigma),
          kept: Math.exp(-delta),
          pulled: -to.m * Math.expm1(-delta),
          shaken: to.s * Math.sqrt(-Math.expm1(-2 * delta)),
        }
      },
      advance({ z, c, from, to, noise, denoise }) {
        const predicted = combine(c, z, denoise(z, from), noise[0]!)
        const D = denoise(predicted, to)
        return [tf.addN([tf.mul(predicted, c.kept), tf.mul(D, c.pulled), tf.mul(noise[1]!, c.shaken)])]
      },
    }),
})
