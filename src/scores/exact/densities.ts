/**
 * Exact denoisers of the conditional densities of `problems/conditional-densities`: x is inferred, y is given
 * (benchmarks.md, section 1). Each takes x [n, 1] and the condition `y` [1 or n, 1].
 */
import * as tf from '@tensorflow/tfjs'
import { conditionOf, type Denoiser } from '../denoiser.js'
import { gaussLegendre } from './legendre.js'
import { quadratureDenoiser } from './quadrature.js'

/** An upper bound of |u| beyond which exp(-u^2/2) does not matter in double precision. */
const REACH = 8.8

const truncated = gaussLegendre(64)

/**
 * E[v] of the law ~ exp(-v^2/2 - a v), v >= 0: a standard normal above a, less a. It is phi(a)/(1 - Phi(a)) - a, a ratio
 * that underflows and a difference that cancels; the quadrature does neither, for any a. Relative error 1e-13.
 *
 * @param a [n, 1].
 */
export function truncatedNormalExcess(a: tf.Tensor): tf.Tensor {
  const [q, p] = [tf.minimum(a, 0), tf.maximum(a, 0)]
  // exp(-(v+q)^2/2 - p v) is at most 1, and has fallen below 1e-16 beyond these ends.
  const from = tf.maximum(tf.sub(tf.neg(q), REACH), 0)
  const to = tf.sub(tf.div(REACH ** 2, tf.add(p, tf.sqrt(tf.add(tf.square(p), REACH ** 2)))), q)
  const half = tf.div(tf.sub(to, from), 2)
  const size = [1, truncated.nodes.length] as [number, number]
  const u = tf.mul(half, tf.tensor2d(truncated.nodes.map(t => 1 + t), size)) // prettier-ignore
  const v = tf.add(from, u)
  const exponent = tf.neg(tf.add(tf.div(tf.square(tf.add(v, q)), 2), tf.mul(p, v)))
  const weight = tf.mul(tf.exp(exponent), tf.tensor2d([...truncated.weights], size))
  return tf.add(from, tf.div(tf.sum(tf.mul(weight, u), 1, true), tf.sum(weight, 1, true)))
}

const column = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, 1])
const y = (condition: Parameters<Denoiser>[2], where: string): tf.Tensor => column(conditionOf(condition, 'y', where))

/**
 * x = tanh y + Gamma(1, 0.3). Given x~, x0 is normal about x~ - sigma^2/0.3, cut off below tanh y:
 * D = tanh y + sigma psi(a), a = (tanh y - x~)/sigma + sigma/0.3, psi = truncatedNormalExcess.
 */
const tanh: Denoiser = (x, sigma, condition) => {
  const s = column(sigma)
  const low = tf.tanh(y(condition, 'tanh'))
  const a = tf.add(tf.div(tf.sub(low, column(x)), s), tf.div(s, 0.3))
  return tf.reshape(tf.add(low, tf.mul(s, truncatedNormalExcess(a))), x.shape)
}

/** x = cbrt(y + w): p = 3 x^2 phi(x^3 - y), which lies in |x| < 2.6 for |y| < 9. Its modes are 0.08 wide or more there. */
const bimodal: Denoiser = quadratureDenoiser({
  low: -2.6,
  high: 2.6,
  nodes: 64,
  factor: x => tf.square(x),
  logDensity: (x, condition) => {
    const w = tf.sub(tf.mul(tf.square(x), x), y(condition, 'bimodal'))
    return tf.mul(tf.square(w), -0.5)
  },
})

/** Nodes of t on [3 pi/2, 9 pi/2]: one width apart at most, where the rule is exact to exp(-2 pi^2) = 3e-9. */
const spiral = gaussLegendre(144)
const angles = spiral.nodes.map(node => Math.PI * (3 + 1.5 * node))

/**
 * y = 0.1 t cos t + 0.1 V, x = 0.1 t sin t + 0.1 W: given y a mixture over t, with components N(0.1 t sin t, 0.1^2) and
 * weights phi((y - 0.1 t cos t)/0.1).
 */
const swissroll: Denoiser = (x, sigma, condition) => {
  const row = (values: number[]): tf.Tensor2D => tf.tensor2d(values, [1, values.length])
  const mu = row(angles.map(t => 0.1 * t * Math.sin(t)))
  const misfit = tf.sub(y(condition, 'swissroll'), row(angles.map(t => 0.1 * t * Math.cos(t))))
  const variance = tf.add(tf.square(column(sigma)), 0.01)
  const prior = tf.sub(row(spiral.weights.map(Math.log)), tf.mul(tf.square(misfit), 50))
  // (x - mu)^2/(2 variance) without x^2, which all components share: what remains is linear in x.
  const level = tf.sub(prior, tf.div(tf.square(mu), tf.mul(variance, 2)))
  const r = tf.softmax(tf.add(level, tf.mul(tf.div(column(x), variance), mu)))
  const centre = tf.matMul(r, mu, false, true)
  // centre + 0.01/variance (x - centre)
  return tf.reshape(tf.add(centre, tf.mul(tf.div(0.01, variance), tf.sub(column(x), centre))), x.shape)
}

/** By the name of the density. */
export const densityDenoisers: Readonly<Record<string, Denoiser>> = { tanh, bimodal, swissroll }
