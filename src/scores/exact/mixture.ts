/**
 * The exact denoiser of a Gaussian mixture in d dimensions: with responsibilities r_k,
 *
 *   x0 ~ sum_k w_k N(mu_k, C_k),    r_k ~ w_k N(x~; mu_k, C_k + sigma^2 I)
 *   D(x~, sigma) = sum_k r_k [mu_k + C_k (C_k + sigma^2 I)^-1 (x~ - mu_k)]
 *
 * The r_k are a softmax of logarithms, so nothing underflows far from every component.
 */
import * as tf from '@tensorflow/tfjs'
import type { Denoiser } from '../denoiser.js'
import { assertFinite, spreadOf, type Covariance, type Spread } from './spread.js'

export interface GaussianComponent {
  /** w > 0; the weights need not sum to 1. */
  readonly weight: number
  /** mu [d]. */
  readonly mean: readonly number[]
  /** C: a variance, variances [d], or a matrix [d][d]. */
  readonly covariance: Covariance
}

/**
 * D of a Gaussian mixture, for samples of any shape with d elements.
 *
 * @throws RangeError for no components, sizes that do not fit, a weight that is not positive, or a bad covariance.
 */
export function mixtureDenoiser(components: readonly GaussianComponent[]): Denoiser {
  const spreads = checked(components)
  const [K, d] = [components.length, components[0]!.mean.length]
  const logWeights = components.map(({ weight }) => Math.log(weight))
  const variances = spreads.flatMap(s => s.variances)
  const axes = spreads.every(s => s.axes === null) ? null : spreads.flatMap(s => s.axes ?? identity(d)).flat()
  const means = components.flatMap(({ mean }) => mean)
  // Means in the axes of their own component.
  const centres = axes ? components.flatMap(({ mean }, k) => project(spreads[k]!, mean)) : means
  // Samples lie along the last axis, [K, d, n]: so few components and dimensions still make long rows.
  return (x, sigma) => {
    const c = tf.tensor3d(variances, [K, d, 1])
    const total = tf.add(c, tf.square(tf.reshape(sigma, [1, 1, -1])))
    const V = axes && tf.tensor2d(axes, [K * d, d])
    const flat = tf.transpose(tf.reshape<tf.Rank.R2>(x, [-1, d]))
    const along = V ? tf.reshape(tf.matMul(V, flat), [K, d, -1]) : tf.reshape(flat, [1, d, -1])
    const away = tf.sub(along, tf.tensor3d(centres, [K, d, 1]))
    const scaled = tf.div(away, total)
    const exponent = tf.add(tf.sum(tf.mul(away, scaled), 1), tf.sum(tf.log(total), 1))
    const r = firstSoftmax(tf.sub(tf.tensor2d(logWeights, [K, 1]), tf.mul(exponent, 0.5)))
    const pulled = tf.mul(tf.expandDims(r, 1), tf.mul(c, scaled))
    const moved = V ? tf.matMul(V, tf.reshape<tf.Rank.R2>(pulled, [K * d, -1]), true) : tf.sum(pulled, 0)
    const D = tf.add(tf.matMul(tf.tensor2d(means, [K, d]), r, true), moved)
    return tf.reshape(tf.transpose(D), x.shape)
  }
}

/** Softmax over the first of two axes. */
function firstSoftmax(logits: tf.Tensor): tf.Tensor2D {
  const e = tf.exp(tf.sub(logits, tf.max(logits, 0, true)))
  return tf.div(e, tf.sum(e, 0, true))
}

const identity = (d: number): number[][] =>
  Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => (i === j ? 1 : 0)))

const project = ({ axes }: Spread, v: readonly number[]): readonly number[] =>
  axes ? axes.map(axis => axis.reduce((sum, a, j) => sum + a * v[j]!, 0)) : v

function checked(components: readonly GaussianComponent[]): Spread[] {
  const d = components[0]?.mean.length
  if (d === undefined) throw new RangeError('mixtureDenoiser: a mixture has at least one component')
  return components.map(({ weight, mean, covariance }, k) => {
    const where = `mixtureDenoiser: component ${k}`
    if (!(weight > 0 && weight < Infinity)) throw new RangeError(`${where}: weight ${weight}; wants a number > 0`)
    if (mean.length !== d) throw new RangeError(`${where}: a mean of ${mean.length}, but component 0 has one of ${d}`)
    assertFinite(mean, `${where}: mean`)
    return spreadOf(covariance, d, where)
  })
}
