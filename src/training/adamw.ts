/**
 * AdamW, and how parameters are held for it: small ones laid end to end, so that a hundred biases cost a dozen graph nodes
 * and not a thousand; large ones alone, so that each stays in a core's cache through its step.
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

/**
 * Parameters theta, and sums m and v of g and g^2 over the steps, each weighing beta times as much as the next, tensor by
 * tensor; t: steps taken, []. The paper's moving means are (1 - b1) m and (1 - b2) v.
 */
export interface AdamWState {
  readonly theta: readonly tf.Tensor[]
  readonly m: readonly tf.Tensor[]
  readonly v: readonly tf.Tensor[]
  readonly t: tf.Tensor
}

/**
 * One step: m' = b1 m + g, v' = b2 v + g^2,
 * theta' = theta - rate (m' / c1 / (sqrt(v') / c2 + eps) + decay theta),
 * c1 = (1 - b1^t') / (1 - b1), c2 = sqrt((1 - b2^t') / (1 - b2)).
 */
export function adamw(
  state: AdamWState,
  gradients: readonly tf.Tensor[],
  rate: tf.Tensor,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamWOptions = {},
): AdamWState {
  const t = tf.add(state.t, 1)
  // All factors on scalars: m'/c1 / (sqrt(v')/c2 + eps) = (c2/c1) m' / (sqrt(v') + eps c2).
  const c1 = tf.div(tf.sub(1, tf.pow(beta1, t)), 1 - beta1)
  const c2 = tf.sqrt(tf.div(tf.sub(1, tf.pow(beta2, t)), 1 - beta2))
  const size = tf.div(tf.mul(rate, c2), c1)
  const floor = tf.mul(c2, epsilon)
  const kept = tf.sub(1, tf.mul(rate, weightDecay))
  const m = gradients.map((g, i) => tf.add(tf.mul(state.m[i]!, beta1), g))
  const v = gradients.map((g, i) => tf.add(tf.mul(state.v[i]!, beta2), tf.square(g)))
  const theta = state.theta.map((x, i) => {
    const move = tf.div(tf.mul(m[i]!, size), tf.add(tf.sqrt(v[i]!), floor))
    return tf.sub(weightDecay === 0 ? x : tf.mul(x, kept), move)
  })
  return { theta, m, v, t }
}

type Shape = readonly number[]

/** Parameters of given shapes as few vectors: one for each large parameter, and one for all small ones together. */
export interface Packing {
  /** Which parameters each vector holds, in the order in which they lie there. */
  readonly groups: readonly (readonly number[])[]
  /** The vectors' lengths. */
  readonly lengths: readonly number[]
  readonly pack: (parameters: readonly tf.Tensor[]) => tf.Tensor[]
  readonly unpack: (vectors: readonly tf.Tensor[]) => tf.Tensor[]
}

/** Parameters of fewer elements than this are laid together. */
const LARGE = 2 ** 14

export function packing(shapes: readonly Shape[]): Packing {
  const sizes = shapes.map(s => tf.util.sizeFromShape([...s]))
  const all = sizes.map((_, i) => i)
  const small = all.filter(i => sizes[i]! < LARGE)
  const groups = [...all.filter(i => sizes[i]! >= LARGE).map(i => [i]), ...(small.length > 0 ? [small] : [])]
  return {
    groups,
    lengths: groups.map(group => group.reduce((sum, i) => sum + sizes[i]!, 0)),
    pack: parameters => groups.map(group => tf.concat(group.map(i => tf.reshape(parameters[i]!, [-1])))),
    unpack(vectors) {
      const parameters: tf.Tensor[] = []
      groups.forEach((group, k) => {
        let start = 0
        for (const i of group) {
          parameters[i] = tf.reshape(tf.slice(vectors[k]!, [start], [sizes[i]!]), [...shapes[i]!])
          start += sizes[i]!
        }
      })
      return parameters
    },
  }
}
