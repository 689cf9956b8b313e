/** The penalties, each with its source; `c = min(|r|, delta)` and the like keep them smooth where they are, without branches. */
import * as tf from '@tensorflow/tfjs'
import type { Penalty } from './penalty.js'

/**
 * rho = |r|, psi = sign r: bounded influence, of all residuals alike. The minimiser is the conditional median.
 * Source: F. Edgeworth 1887; the limit of Huber's.
 */
export const l1: Penalty = {
  name: 'l1',
  options: {},
  rho: Math.abs,
  psi: Math.sign,
  of: tf.abs,
}

/**
 * Huber's over delta: rho = r^2/(2 delta) for |r| <= delta, |r| - delta/2 beyond; psi = r/delta clipped to [-1, 1].
 * Divided by delta so that delta -> 0 is |r| (Huber's own vanishes there); a large delta is the square over 2 delta.
 * For Exp(1) noise and delta = 0.2 the minimiser lies 0.30 below the mean.
 * Source: P. Huber 1964, Ann. Math. Statist. 35; for diffusion M. Moradi, K. Paynabar, arXiv 2508.02903.
 */
export function huber({ delta }: { readonly delta: number }): Penalty {
  return {
    name: 'huber',
    options: { delta },
    rho: r => (Math.abs(r) <= delta ? r ** 2 / (2 * delta) : Math.abs(r) - delta / 2),
    psi: r => Math.max(-1, Math.min(1, r / delta)),
    of(r) {
      const size = tf.abs(r)
      const c = tf.minimum(size, delta)
      return tf.mul(tf.div(c, delta), tf.sub(size, tf.mul(c, 0.5)))
    },
  }
}

/**
 * rho = sqrt(delta^2 + r^2) - delta, psi = r/sqrt(delta^2 + r^2): Huber's with a smooth corner; delta -> 0 is |r|.
 * Source: P. Charbonnier, L. Blanc-Feraud, G. Aubert, M. Barlaud, ICIP 1994.
 */
export function pseudoHuber({ delta }: { readonly delta: number }): Penalty {
  return {
    name: 'pseudo-huber',
    options: { delta },
    // As a quotient: the difference would lose all digits of a small residual.
    rho: r => r ** 2 / (Math.hypot(delta, r) + delta),
    psi: r => r / Math.hypot(delta, r),
    of(r) {
      const square = tf.square(r)
      return tf.div(square, tf.add(tf.sqrt(tf.add(square, delta ** 2)), delta))
    },
  }
}

/**
 * Tukey's biweight: rho = c^2/6 (1 - (1 - (r/c)^2)^3) for |r| <= c, c^2/6 beyond; psi = r (1 - (r/c)^2)^2, 0 beyond c.
 * What is further off than c has no influence; not convex, so that a start far from every sample does not move.
 * c = 4.685 keeps 95 % of the mean's efficiency on normal residuals of unit size.
 * Source: A. Beaton, J. Tukey 1974, Technometrics 16.
 */
export function tukey({ c }: { readonly c: number }): Penalty {
  const rest = (r: number): number => Math.max(0, 1 - (r / c) ** 2)
  return {
    name: 'tukey',
    options: { c },
    rho: r => (c ** 2 / 6) * (1 - rest(r) ** 3),
    psi: r => r * rest(r) ** 2,
    of(r) {
      const u = tf.minimum(tf.square(tf.div(r, c)), 1)
      // 1 - (1 - u)^3 = u (3 - 3 u + u^2), without the difference of near numbers.
      return tf.mul(tf.mul(u, tf.add(tf.mul(u, tf.sub(u, 3)), 3)), c ** 2 / 6)
    },
  }
}

/**
 * Density-power (beta) divergence to a normal law of unit size: rho = (1 - exp(-beta r^2/2))/beta,
 * psi = r exp(-beta r^2/2): each residual weighs as its density to the power beta. beta -> 0 is r^2/2.
 * Source: A. Basu, I. Harris, N. Hjort, M. Jones 1998, Biometrika 85; as a loss of networks H. Akrami et al.,
 * arXiv 1905.09961.
 */
export function densityPower({ beta }: { readonly beta: number }): Penalty {
  return {
    name: 'density-power',
    options: { beta },
    rho: r => -Math.expm1((-beta * r ** 2) / 2) / beta,
    psi: r => r * Math.exp((-beta * r ** 2) / 2),
    of: r => tf.div(tf.expm1(tf.mul(tf.square(r), -beta / 2)), -beta),
  }
}
