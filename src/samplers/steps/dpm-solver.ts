/**
 * DPM-Solver++(2M) and its stochastic form (Lu et al., arXiv 2211.01095): the denoiser-frozen step with D extrapolated to
 * the middle of the step from the two last levels. With h = ln(sigma/sigma') and h- that of the step before,
 *
 *   z' = c_z z + c_D (D + h/(2 h-) (D - D-)) + c_w w
 *
 * c as in the denoiser-frozen step of the reverse family: alpha = 0 is the paper's ODE solver, alpha = 1 its SDE solver, and
 * any other alpha is allowed. The first step has no D- and is of first order, which leaves the global order at 2. In the
 * covariance too: the noise that D - D- carries from the step before stands for what D gains from the noise of this one.
 */
import * as tf from '@tensorflow/tfjs'
import { defineStep, steps, type Advance, type Interval } from '../step.js'
import { combine } from './first-order.js'

type Names = 'z' | 'denoised' | 'w' | 'ahead'

function coefficients({ reverse, from, to, previous }: Interval): Record<Names, number> {
  const ahead = previous ? Math.log(from.sigma / to.sigma) / (2 * Math.log(previous.sigma / from.sigma)) : 0
  return { ...reverse.denoiserFrozen(from.sigma, to.sigma), ahead }
}

/** D now and extrapolated. */
function extrapolated({ z, c, from, memory, denoise }: Advance<Names>): { D: tf.Tensor; middle: tf.Tensor } {
  const D = denoise(z, from)
  return { D, middle: tf.add(D, tf.mul(tf.sub(D, memory[0]!), c.ahead)) }
}

steps.register({
  name: 'dpm-solver++2m',
  description: 'two-step second-order solver of the probability-flow ODE, one denoiser call a step (arXiv 2211.01095)',
  parameters: {},
  create: () =>
    defineStep({
      name: 'dpm-solver++2m',
      order: 2,
      calls: 1,
      memory: 1,
      coefficients,
      advance(at) {
        const { D, middle } = extrapolated(at)
        return [tf.add(tf.mul(at.z, at.c.z), tf.mul(middle, at.c.denoised)), D]
      },
    }),
})

steps.register({
  name: 'dpm-solver++2m-sde',
  description: 'the same for the reverse SDE, any alpha: weak order 2 with one denoiser call a step (arXiv 2211.01095)',
  parameters: {},
  create: () =>
    defineStep({
      name: 'dpm-solver++2m-sde',
      order: 2,
      calls: 1,
      alpha: 1,
      noises: 1,
      memory: 1,
      coefficients,
      advance(at) {
        const { D, middle } = extrapolated(at)
        return [combine(at.c, at.z, middle, at.noise[0]!), D]
      },
    }),
})
