/**
 * The two first-order steps of the reverse family, z' = c_z z + c_D D + c_w w (theory.md, section 3, "Which step"):
 *
 *   euler-maruyama   score frozen over the step; score = (m D - z)/s^2
 *   exponential      denoiser frozen over the step: DDIM at alpha = 0 (Song et al., arXiv 2010.02502), ancestral DDPM at
 *                    alpha = 1 (Ho et al., arXiv 2006.11239)
 */
import * as tf from '@tensorflow/tfjs'
import type { DenoiserCoefficients } from '../../pde/reverse.js'
import { defineStep, steps, type Advance, type Interval, type Step } from '../step.js'

type Names = keyof DenoiserCoefficients

const linear = (name: string, coefficients: (interval: Interval) => DenoiserCoefficients): Step =>
  defineStep({
    name,
    order: 1,
    calls: 1,
    alpha: 1,
    noises: 1,
    coefficients: interval => ({ ...coefficients(interval) }),
    advance: ({ z, c, from, noise, denoise }: Advance<Names>) => [combine(c, z, denoise(z, from), noise[0]!)],
  })

/** c_z z + c_D D + c_w w. */
export const combine = (c: Readonly<Record<Names, tf.Tensor>>, z: tf.Tensor, D: tf.Tensor, w: tf.Tensor): tf.Tensor =>
  tf.addN([tf.mul(z, c.z), tf.mul(D, c.denoised), tf.mul(w, c.w)])

steps.register({
  name: 'euler-maruyama',
  description: 'score frozen over the step, any alpha; stable near a point mass while (1+alpha) Delta/sigma^2 <= 4',
  parameters: {},
  create: () =>
    linear('euler-maruyama', ({ reverse, from, to }) => {
      const { z, score, w } = reverse.scoreFrozen(from.sigma, to.sigma)
      return { z: z - score / from.s ** 2, denoised: (score * from.m) / from.s ** 2, w }
    }),
})

steps.register({
  name: 'exponential',
  description: 'denoiser frozen over the step, any alpha: DDIM at 0, ancestral DDPM at 1; always stable',
  parameters: {},
  create: () => linear('exponential', ({ reverse, from, to }) => reverse.denoiserFrozen(from.sigma, to.sigma)),
})
