/**
 * Heun's step for the probability-flow ODE in the clock sigma, dx~/dsigma = (x~ - D)/sigma =: d, and EDM's step, which
 * adds noise before it (Karras et al., arXiv 2206.00364, algorithms 1 and 2):
 *
 *   x^  = x~ + (sigma' - sigma) d            the denoiser-frozen step at alpha = 0
 *   x~' = x~ + (sigma' - sigma)/2 (d + d^)   d^ at x^ and sigma'
 *
 * With r = sigma'/sigma, in z and at the next level (a prime):
 *
 *   z' = xi'/xi (1 + r)/2 z + xi' (1 - r)/2 D + (1 - 1/r)/2 (z^ - xi' D^)
 */
import * as tf from '@tensorflow/tfjs'
import { defineStep, steps, type Level, type TensorLevel } from '../step.js'

interface HeunCoefficients {
  readonly z: number
  readonly denoised: number
  readonly hatZ: number
  readonly hatD: number
  readonly end: number
  readonly endD: number
}

function coefficients(from: Level, to: Level): HeunCoefficients {
  const r = to.sigma / from.sigma
  const stretch = to.m / from.m
  const slope = (1 - 1 / r) / 2
  return {
    z: (stretch * (1 + r)) / 2,
    denoised: (to.m * (1 - r)) / 2,
    hatZ: stretch * r,
    hatD: to.m * (1 - r),
    end: slope,
    endD: -slope * to.m,
  }
}

function heun(
  c: Readonly<Record<keyof HeunCoefficients, tf.Tensor>>,
  z: tf.Tensor,
  from: TensorLevel,
  to: TensorLevel,
  denoise: (z: tf.Tensor, level: TensorLevel) => tf.Tensor,
): tf.Tensor {
  const D = denoise(z, from)
  const hat = tf.add(tf.mul(z, c.hatZ), tf.mul(D, c.hatD))
  const endD = denoise(hat, to)
  return tf.addN([tf.mul(z, c.z), tf.mul(D, c.denoised), tf.mul(hat, c.end), tf.mul(endD, c.endD)])
}

steps.register({
  name: 'heun',
  description: "Heun's second-order step for the probability-flow ODE in the clock sigma",
  parameters: {},
  create: () =>
    defineStep({
      name: 'heun',
      order: 2,
      calls: 2,
      coefficients: ({ from, to }) => ({ ...coefficients(from, to) }),
      advance: ({ z, c, from, to, denoise }) => [heun(c, z, from, to, denoise)],
    }),
})

/** Parameters that may be zero. */
const nonNegative = { above: -Number.MIN_VALUE }

steps.register({
  name: 'edm',
  description: "EDM's stochastic sampler: noise up to sigma (1 + gamma), then Heun (Karras et al., arXiv 2206.00364)",
  parameters: {
    churn: { default: 40, ...nonNegative, description: 'S_churn: gamma = min(S_churn/steps, sqrt(2) - 1)' },
    tMin: { default: 0.05, ...nonNegative, description: 'S_tmin: no churn below this sigma' },
    tMax: { default: 50, description: 'S_tmax: no churn above this sigma' },
    noise: { default: 1, description: 'S_noise: scale of the noise; above 1 makes up for lost detail, and is a bias' },
  },
  create: ({ churn, tMin, tMax, noise: scale }) =>
    defineStep({
      name: 'edm',
      order: 2,
      calls: 2,
      noises: 1,
      coefficients({ reverse, from, to, count }) {
        const gamma = from.sigma >= tMin && from.sigma <= tMax ? Math.min(churn / count, Math.SQRT2 - 1) : 0
        const sigma = from.sigma * (1 + gamma)
        const up = { sigma, ...reverse.process.kernel(sigma) }
        const w = scale * up.m * from.sigma * Math.sqrt(gamma * (2 + gamma))
        return { w, up: up.m / from.m, upSigma: sigma, upM: up.m, ...coefficients(up, to) }
      },
      advance({ z, c, to, noise, denoise }) {
        const up = tf.add(tf.mul(z, c.up), tf.mul(noise[0]!, c.w))
        return [heun(c, up, { sigma: c.upSigma, m: c.upM }, to, denoise)]
      },
    }),
})
