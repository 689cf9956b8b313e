/**
 * Guidance: a denoiser D of the prior (or of another posterior) becomes one of the posterior given a measurement
 * y = A(x0) + N(0, R) that it was not trained on. By Bayes' rule
 *
 *   E[x0 | x~, y] = D + sigma^2 grad_x~ log p(y | x~)
 *
 * and the methods differ in what they put for p(y | x~), with J = dD/dx~ and r = y - A(D):
 *
 *   dps     N(y; A(D), R), or a wider R:      D + sigma^2 J^T A^T R^-1 r
 *   pigdm   N(y; A(D), R + v A A^T), v = sigma^2 sd^2/(sigma^2 + sd^2):    D + sigma^2 J^T A^T (R + v A A^T)^-1 r
 *   mmps    N(y; A(D), R + A V A^T), V = sigma^2 J = Cov[x0 | x~]:         D + V A^T (R + A V A^T)^-1 r
 *
 * mmps is exact for a Gaussian prior and a linear A. pigdm has the scale of Cov[x0 | x~] for white data, and not its shape. dps
 * has neither: it takes y for far more certain than it is given a noisy x~. Measured on a smooth Gaussian field of 64 cells,
 * 16 of them observed with noise 0.1, exact D, 60 steps of Heun; relative errors of the posterior's mean and deviation: mmps
 * 0.19 and 0.21 with 3 iterations, 0.12 and 0.10 with 5, 0.015 and 0.024 with 10; pigdm 0.47 and 1.4; dps 0.28 and 0.16 with the
 * variance that the residual shows and scale 4 (0.46 and 1.4 with scale 1); with R itself it diverges.
 * Both keep S >= R, and move no further than where the residual is least: an exact covariance does so by itself, the J of a
 * network need not be one, and samples were thrown away without it.
 * What is given back is a denoiser again, so every sampler takes it. A is linearised about D where it is not linear.
 *
 * Sources: Chung et al. 2023, arXiv 2209.14687 (dps); Song et al. 2023, ICLR, "Pseudoinverse-guided diffusion models" (pigdm);
 * Rozet et al. 2024, arXiv 2405.13712 (mmps).
 */
import * as tf from '@tensorflow/tfjs'
import { conjugateGradient } from './conjugate-gradient.js'
import { conditionOf, perSample, type Condition, type Denoiser } from './denoiser.js'

/** What was measured; `y` is the condition of that name, [1 or n, m]. */
export interface GuidedMeasurement {
  /** A: x [n, ...shape] to [n, m], by tfjs operations that have gradients. */
  readonly apply: (x: tf.Tensor, condition: Condition) => tf.Tensor
  /** Whether A(x) is linear, A(0) = 0: its derivative is then itself, otherwise two gradients more. */
  readonly linear: boolean
  /** R > 0: one variance, or the name of a condition of variances [1 or n, m]. */
  readonly variance: number | string
}

/**
 * A matrix as a measurement: A x for the condition `matrix` [1, m, d] over the elements of x in C order, with the variances
 * of the condition `variance` [1, m]. Operators of the same m share one compiled sampler.
 */
export const matrixMeasurement: GuidedMeasurement = {
  linear: true,
  variance: 'variance',
  apply(x, condition) {
    const A = conditionOf(condition, 'matrix', 'guidance')
    const [k, m, d] = A.shape as [number, number, number]
    if (A.rank !== 3 || k !== 1)
      throw new Error(`guidance: the condition 'matrix' is [${A.shape.join(', ')}]; wants [1, m, d]`)
    return tf.matMul(tf.reshape(x, [-1, d]), tf.reshape(A, [m, d]), false, true)
  },
}

export interface DpsOptions {
  /**
   * The variance that stands for R. `likelihood`: R itself, the score of N(y; A(D), R). `residual` (default): the larger of R
   * and |r|^2/m, the variance that the residual shows, so that guidance does not blow up at large sigma. Chung et al. move each
   * step by -zeta grad|r| instead, which belongs to the number of steps and not to the denoiser.
   */
  readonly step?: 'likelihood' | 'residual'
  /** Factor of the correction. Default 4. */
  readonly scale?: number
}

/** Diffusion posterior sampling. Biased, the more the larger Cov[x0 | x~] is against R; for comparison and for rough A. */
export function dps(denoise: Denoiser, measurement: GuidedMeasurement, options: DpsOptions = {}): Denoiser {
  const { step = 'residual', scale = 4 } = options
  return (x, sigma, condition) => {
    const at = linearised(denoise, measurement, x, sigma, condition)
    const shown = tf.mean(tf.square(at.residual), 1, true)
    const R = step === 'residual' ? tf.maximum(at.R, shown) : at.R
    return tf.add(at.D, tf.mul(at.variance, tf.mul(scale, at.pull(at.transpose(tf.div(at.residual, R))))))
  }
}

export interface SolverOptions {
  /** Iterations of conjugate gradients for S^-1 r, each a forward and a backward pass of the denoiser (mmps) or of A (pigdm). */
  readonly iterations?: number
}

/**
 * Pseudoinverse guidance.
 *
 * @param sigmaData deviation of the data. Default 1. `iterations`: default 8.
 */
export function pigdm(
  denoise: Denoiser,
  measurement: GuidedMeasurement,
  { iterations = 8, sigmaData = 1 }: SolverOptions & { readonly sigmaData?: number } = {},
): Denoiser {
  return (x, sigma, condition) => {
    const at = linearised(denoise, measurement, x, sigma, condition)
    const spread = tf.div(tf.mul(at.variance, sigmaData ** 2), tf.add(at.variance, sigmaData ** 2))
    const S = (v: tf.Tensor): tf.Tensor => tf.add(tf.mul(at.R, v), at.apply(tf.mul(spread, at.transpose(v))))
    const weighted = conjugateGradient(S, at.residual, iterations, at.R)
    return moved(at, tf.mul(at.variance, at.pull(at.transpose(weighted))))
  }
}

/** Moment matching posterior sampling. `iterations`: default 8; as many as there are measurements solve exactly. */
export function mmps(
  denoise: Denoiser,
  measurement: GuidedMeasurement,
  { iterations = 8 }: SolverOptions = {},
): Denoiser {
  return (x, sigma, condition) => {
    const at = linearised(denoise, measurement, x, sigma, condition)
    const spread = (u: tf.Tensor): tf.Tensor => tf.mul(at.variance, at.pull(u))
    const S = (v: tf.Tensor): tf.Tensor => tf.add(tf.mul(at.R, v), at.apply(spread(at.transpose(v))))
    const weighted = conjugateGradient(S, at.residual, iterations, at.R)
    return moved(at, spread(at.transpose(weighted)))
  }
}

/**
 * D + t d, t in [0, 1] at most where the residual in units of R is least. With an exact Cov[x0 | x~] >= 0 that is t = 1, as
 * A d = K r with 0 <= K <= 1; the J of a network may have negative eigenvalues, along which d would go astray.
 */
function moved({ D, R, residual, apply }: Linearised, d: tf.Tensor): tf.Tensor {
  const Ad = apply(d)
  const inner = (a: tf.Tensor): tf.Tensor => tf.sum(tf.div(tf.mul(a, Ad), R), 1)
  const t = tf.clipByValue(tf.div(inner(residual), tf.maximum(inner(Ad), 1e-20)), 0, 1)
  return tf.add(D, tf.mul(perSample(t, d), d))
}

/** Everything about x~ that the methods share; u is like x, v and r are [n, m]. */
interface Linearised {
  readonly D: tf.Tensor
  /** r = y - A(D). */
  readonly residual: tf.Tensor
  readonly R: tf.Tensor
  /** sigma^2, broadcast over x. */
  readonly variance: tf.Tensor
  /** J^T u. */
  readonly pull: (u: tf.Tensor) => tf.Tensor
  /** A u, A linearised about D. */
  readonly apply: (u: tf.Tensor) => tf.Tensor
  /** A^T v. */
  readonly transpose: (v: tf.Tensor) => tf.Tensor
}

function linearised(
  denoise: Denoiser,
  { apply, linear, variance }: GuidedMeasurement,
  x: tf.Tensor,
  sigma: tf.Tensor,
  condition: Condition = {},
): Linearised {
  // An A that gives back what it takes has no gradient in tfjs; a clone has.
  const A = (u: tf.Tensor): tf.Tensor => tf.clone(apply(u, condition))
  const D = denoise(x, sigma, condition)
  const transpose = (v: tf.Tensor): tf.Tensor => tf.grad(A)(D, v)
  const residual = tf.sub(conditionOf(condition, 'y', 'guidance'), A(D))
  return {
    D,
    residual,
    R: typeof variance === 'number' ? tf.scalar(variance) : conditionOf(condition, variance, 'guidance'),
    variance: tf.square(perSample(sigma, x)),
    // tfjs records the forward pass again for each gradient.
    pull: u => tf.grad((x: tf.Tensor) => denoise(x, sigma, condition))(x, u),
    // d<A'(D)^T v, u>/dv = A'(D) u, whatever v.
    apply: u => (linear ? A(u) : tf.grad(transpose)(tf.zerosLike(residual), u)),
    transpose,
  }
}
