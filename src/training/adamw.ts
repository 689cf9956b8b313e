/**
 * AdamW on one vector that holds every parameter: a handful of graph nodes, however many layers there are.
 * Source: Kingma, Ba 2014, arXiv 1412.6980; decoupled weight decay: Loshchilov, Hutter 2017, arXiv 1711.05101.
 */
import * as tf from '@tensorflow/tfjs'

export interface AdamWOptions {
  /** Decay of the mean of the gradient. Default 0.9. */
  readonly beta1?: number
  /** Decay of the mean of its square. Default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly epsilon?: number
  /** Pull of the parameters to 0, in units of the learning rate. Default 0. */
  readonly weightDecay?: number
}

/** theta: parameters, m and v: moving means of g and g^2, all [P]; t: steps taken, [] */
export interface AdamWState {
  readonly theta: tf.Tensor
  readonly m: tf.Tensor
  readonly v: tf.Tensor
  readonly t: tf.Tensor
}

/**
 * One step: m' = b1 m + (1 - b1) g, v' = b2 v + (1 - b2) g^2,
 * theta' = theta - rate (m' / (1 - b1^t') / (sqrt(v' / (1 - b2^t')) + eps) + decay theta).
 */
export function adamw(
  { theta, m, v, t }: AdamWState,
  gradient: tf.Tensor,
  rate: tf.Tensor,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamWOptions = {},
): AdamWState {
  const steps = tf.add(t, 1)
  const mNext = tf.add(tf.mul(m, beta1), tf.mul(gradient, 1 - beta1))
  const vNext = tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), 1 - beta2))
  const correction1 = tf.sub(1, tf.pow(beta1, steps))
  const correction2 = tf.sqrt(tf.sub(1, tf.pow(beta2, steps)))
  // Both corrections on scalars: m'/c1 / (sqrt(v')/c2 + eps) = (m' c2/c1) / (sqrt(v') + eps c2).
  const size = tf.div(tf.mul(rate, correction2), correction1)
  const move = tf.div(tf.mul(mNext, size), tf.add(tf.sqrt(vNext), tf.mul(correction2, epsilon)))
  const kept = weightDecay === 0 ? theta : tf.mul(theta, tf.sub(1, tf.mul(rate, weightDecay)))
  return { theta: tf.sub(kept, move), m: mNext, v: vNext, t: steps }
}

/** A vector's consecutive pieces as tensors of the given shapes. */
export function unpack(theta: tf.Tensor, shapes: readonly (readonly number[])[]): tf.Tensor[] {
  const sizes = shapes.map(s => tf.util.sizeFromShape([...s]))
  let start = 0
  return shapes.map((shape, i) => {
    const piece = tf.slice(theta, [start], [sizes[i]!])
    start += sizes[i]!
    return tf.reshape(piece, [...shape])
  })
}

/** Tensors laid end to end as one vector: the inverse of `unpack`. */
export const pack = (tensors: readonly tf.Tensor[]): tf.Tensor => tf.concat(tensors.map(t => tf.reshape(t, [-1])))
