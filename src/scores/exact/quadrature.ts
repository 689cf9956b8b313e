/**
 * The exact denoiser of a one-dimensional law p on [low, high], by quadrature:
 *
 *   D(x~, sigma) = int x p(x) N(x~; x, sigma^2) dx / int p(x) N(x~; x, sigma^2) dx
 *
 * The nodes of each sample lie where its integrand does: in [low, high], within 9 sigma of x~. So a few of them resolve
 * p at large sigma and the Gaussian at small sigma alike.
 */
import * as tf from '@tensorflow/tfjs'
import type { Condition, Denoiser } from '../denoiser.js'
import { gaussLegendre } from './legendre.js'

export interface QuadratureLaw {
  /** log p(x | y) up to a constant, less that of `factor`, element by element: x [n, nodes] -> [n, nodes]. It may reach -1e30, not -Infinity. */
  readonly logDensity: (x: tf.Tensor, condition?: Condition) => tf.Tensor
  /** A factor of p that is no exponential, such as x^2: cheaper than its logarithm, and it may be zero at points. Default 1. */
  readonly factor?: (x: tf.Tensor) => tf.Tensor
  /** Beyond these p is zero, or too small to matter. */
  readonly low: number
  readonly high: number
  /** Nodes on the window; default 128: enough for features of 1/50 of [low, high]. */
  readonly nodes?: number
}

/** Half the window, in sigma: the Gaussian has fallen to 1e-18. */
const REACH = 9

/**
 * D of a one-dimensional law, for x [n, 1] (or any shape with one element).
 *
 * @throws RangeError unless low < high, both finite, and nodes is an integer from 2.
 */
export function quadratureDenoiser({ logDensity, factor, low, high, nodes = 128 }: QuadratureLaw): Denoiser {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high))
    throw new RangeError(`quadratureDenoiser: [${low}, ${high}] is no interval`)
  if (!(Number.isInteger(nodes) && nodes >= 2)) throw new RangeError(`quadratureDenoiser: ${nodes} nodes; wants 2 or more`) // prettier-ignore
  const rule = gaussLegendre(nodes)
  const unit = rule.nodes.map(t => (1 + t) / 2)
  const logWeights = rule.weights.map(Math.log)
  return (x, sigma, condition) => {
    const centre = tf.reshape(x, [-1, 1])
    const s = tf.reshape(sigma, [-1, 1])
    const reach = tf.mul(s, REACH)
    // Beyond an end of [low, high] the integrand sits at that end.
    const inside = tf.clipByValue(centre, low, high)
    const from = tf.maximum(tf.sub(inside, reach), low)
    const width = tf.sub(tf.minimum(tf.add(inside, reach), high), from)
    const u = tf.mul(width, tf.tensor2d(unit, [1, nodes]))
    const at = tf.add(from, u)
    const away = tf.div(tf.sub(at, centre), s)
    const r = tf.softmax(
      tf.add(tf.sub(logDensity(at, condition), tf.mul(tf.square(away), 0.5)), tf.tensor2d(logWeights, [1, nodes])),
    )
    const weight = factor ? tf.mul(r, factor(at)) : r
    const mean = tf.sum(tf.mul(weight, u), 1, true)
    return tf.reshape(tf.add(from, factor ? tf.div(mean, tf.sum(weight, 1, true)) : mean), x.shape)
  }
}
