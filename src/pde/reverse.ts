/**
 * The reverse family (theory.md, section 3). With tau = T - t, score = grad_z log p_t and any alpha(t) >= 0,
 *
 *   d_tau q + div([b z + (1+alpha)/2 gamma^ score] q) = (alpha/2) gamma^ Lap q
 *   dZ = [b Z + (1+alpha)/2 gamma^ score] dtau + sqrt(alpha gamma^) dW
 *
 * have the marginals p_t for every alpha. In the clock l = -ln sigma, with gamma dtau = 2 sigma^2 dl, nothing diverges:
 *
 *   dZ = [contraction Z + (1+alpha) s^2 score] dl + s sqrt(2 alpha) dW_l
 *
 * A step from a level sigma to the next, sigma' < sigma (a prime is the next level; x~ = z/xi; w ~ N(0, I)), freezes
 * either the score or the denoiser D, and integrates the rest exactly, for an alpha that varies over the step too:
 *
 *   score frozen:     dx~ = (1+alpha)/2 score_x gamma dtau + sqrt(alpha gamma) dW,  score_x = xi score. With
 *                     Delta = sigma^2 - sigma'^2 and A = int alpha d(sigma^2) over the step,
 *                       x~' = x~ + (Delta + A)/2 score_x + sqrt(A) w
 *
 *   denoiser frozen:  score_x = (D - x~)/sigma^2, so u = x~ - D obeys du = -(1+alpha) u dl + sigma sqrt(2 alpha) dW_l. With
 *                     L = int alpha d(ln sigma) over the step,
 *                       u' = (sigma'/sigma) e^-L u + sigma' sqrt(1 - e^(-2L)) w
 *                     since the noise has variance int (sigma'/r)^2 e^(-2 int_sigma'^r alpha dln) 2 alpha r^2 dln r, whose
 *                     integrand is sigma'^2 times the derivative of -e^(-2 int_sigma'^r alpha dln).
 *
 * A constant alpha gives A = alpha Delta and e^-L = (sigma'/sigma)^alpha. Denoiser frozen is DDIM at alpha = 0 and ancestral
 * DDPM at alpha = 1. Both have order 1. The first is stable near a point mass only while (1+alpha) Delta/sigma^2 <= 4.
 *
 * Source: A. Dasgupta et al., arXiv 2504.07437; B. Anderson (1982); Y. Song et al., arXiv 2011.13456. The steps are ours.
 */
import { alphaOf, integralOfVariance, type Alpha } from './alpha.js'
import type { Process } from './process.js'

/** z' = z Z + score S + w W, or a rate of change, each coefficient named by what it multiplies. */
export interface ScoreCoefficients {
  readonly z: number
  readonly score: number
  readonly w: number
}

/** z' = z Z + denoised D + w W. */
export interface DenoiserCoefficients {
  readonly z: number
  readonly denoised: number
  readonly w: number
}

/** The coefficients of the reverse equation, integrated over a step: what a solver of the equation needs. */
export interface Increments {
  /** int b dtau = ln(xi'/xi). */
  readonly stretch: number
  /** int (1+alpha)/2 gamma^ dtau, which multiplies the score. */
  readonly score: number
  /** int (alpha/2) gamma^ dtau, which multiplies the Laplacian. */
  readonly laplacian: number
}

export interface ReverseFamily {
  readonly process: Process
  readonly alpha: Alpha
  /** dZ = (z Z + score grad log p) dl + w dW_l in the clock l = -ln sigma. */
  readonly rates: (sigma: number) => ScoreCoefficients
  /** The integrated coefficients of the equation from level `from` down to `to`. */
  readonly increments: (from: number, to: number) => Increments
  /** The step with the score frozen, from level `from` down to `to`. It gives VE's iterates for every path. */
  readonly scoreFrozen: (from: number, to: number) => ScoreCoefficients
  /** The step with the denoiser frozen, from level `from` down to `to`, which may be 0. */
  readonly denoiserFrozen: (from: number, to: number) => DenoiserCoefficients
}

/**
 * The reverse of a process.
 *
 * @param alpha a number >= 0, or a formula of t and sigma.
 * @throws RangeError for a negative alpha, and from its steps unless 0 <= to < from.
 */
export function reverseFamily(process: Process, alpha: number | string): ReverseFamily {
  const { path, schedule } = process
  const a = alphaOf(alpha, schedule)
  return {
    process,
    alpha: a,

    rates(sigma) {
      const { s } = process.kernel(sigma)
      const value = a.at(sigma)
      return { z: path.contraction(sigma), score: (1 + value) * s ** 2, w: s * Math.sqrt(2 * value) }
    },

    increments(from, to) {
      assertDescending(from, to)
      const xi2 = (sigma: number): number => path.scale(sigma) ** 2
      const whole = integralOfVariance(from, to, xi2)
      const part = a.variance(from, to, xi2)
      return { stretch: path.logScale(to) - path.logScale(from), score: (whole + part) / 2, laplacian: part / 2 }
    },

    scoreFrozen(from, to) {
      assertDescending(from, to)
      const [xi, next] = [path.scale(from), path.scale(to)]
      const part = a.variance(from, to)
      return {
        z: Math.exp(path.logScale(to) - path.logScale(from)),
        score: ((integralOfVariance(from, to) + part) / 2) * xi * next,
        w: next * Math.sqrt(part),
      }
    },

    denoiserFrozen(from, to) {
      assertDescending(from, to)
      const next = process.kernel(to)
      const decay = a.decay(from, to)
      const logKept = Math.log(to / from) - decay
      return {
        z: Math.exp(logKept + path.logScale(to) - path.logScale(from)),
        denoised: -next.m * Math.expm1(logKept),
        w: next.s * Math.sqrt(-Math.expm1(-2 * decay)),
      }
    },
  }
}

function assertDescending(from: number, to: number): void {
  if (!(to >= 0 && to < from && from < Infinity))
    throw new RangeError(`a reverse step goes down in sigma: from ${from} to ${to}; wants 0 <= to < from`)
}

/**
 * The probability-flow ODE and the log-density along it, in the clock ln sigma, for a state of n dimensions:
 *
 *   dz = [z (1 - contraction) - m D] d(ln sigma)
 *   d log p(z) = -[n (1 - contraction) - m div_z D] d(ln sigma)
 *
 * the second because a flow dz = v d(ln sigma) carries d log p = -div v d(ln sigma). Returned are the coefficients of z (and
 * n) and of D (and div_z D).
 */
export function probabilityFlow(process: Process, sigma: number): { z: number; denoised: number } {
  return { z: 1 - process.path.contraction(sigma), denoised: -process.kernel(sigma).m }
}
