/**
 * One step of training as a tfjs function of named tensors, to be compiled: noise, forward, backward, clipping, AdamW and
 * the average of the weights. State goes round inside the engine as a few long vectors (adamw.ts).
 */
import * as tf from '@tensorflow/tfjs'
import type { TensorFunction } from '../compile/index.js'
import { perSample } from '../scores/denoiser.js'
import { adamw, type AdamWOptions, type Packing } from './adamw.js'
import { reduced, type Loss } from './losses/loss.js'
import type { Trainable } from './model.js'

type Tensors = Record<string, tf.Tensor>

/** The vectors of the state, each kind numbered: theta0, theta1, ..., m0, ..., v0, ..., average0, ... */
export const kinds = ['theta', 'm', 'v', 'average'] as const
export type Kind = (typeof kinds)[number]

export const numbered = <T>(kind: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((v, i) => [`${kind}${i}`, v]))

const vectorsOf = (inputs: Tensors, kind: string, { lengths }: Packing): tf.Tensor[] =>
  lengths.map((_, i) => inputs[`${kind}${i}`]!)

/** What a step does besides the model's part. */
export interface StepRule {
  readonly loss: Loss
  /** Largest norm of the gradient of all parameters together; longer ones are shortened to it. */
  readonly clip: number
  readonly adamw: AdamWOptions
}

/** Losses of the batch [] and of its samples [n], at parameters in their order. */
function lossesAt(model: Trainable, loss: Loss, inputs: Tensors, parameters: readonly tf.Tensor[]) {
  const { x, noise, sigma, scale, ...condition } = inputs as Record<'x' | 'noise' | 'sigma' | 'scale', tf.Tensor>
  const weights = Object.fromEntries(Object.keys(model.parameters).map((name, i) => [name, parameters[i]!]))
  const noisy = tf.add(x, tf.mul(noise, perSample(sigma, x)))
  const denoised = model.denoiser(weights)(noisy, sigma, condition)
  const residual = tf.mul(tf.sub(denoised, x), perSample(scale, x))
  const losses = loss.value(residual, sigma)
  return { loss: reduced(loss, losses, sigma), losses }
}

/** Shortens gradients whose norm, over all of them, exceeds `most`: g min(1, most/|g|). Infinity leaves them. Returns |g| too. */
export function clipped(gradients: readonly tf.Tensor[], most: number): { gradients: tf.Tensor[]; norm: tf.Tensor } {
  const norm = tf.sqrt(tf.addN(gradients.map(g => tf.sum(tf.square(g)))))
  if (most === Infinity) return { gradients: [...gradients], norm }
  const factor = tf.div(most, tf.maximum(norm, most))
  return { gradients: gradients.map(g => tf.mul(g, factor)), norm }
}

/** average' = decay average + (1 - decay) theta, as average + (1 - decay) (theta - average). */
export const averaged = (average: readonly tf.Tensor[], theta: readonly tf.Tensor[], decay: tf.Tensor): tf.Tensor[] => {
  const share = tf.sub(1, decay)
  return average.map((a, i) => tf.add(a, tf.mul(share, tf.sub(theta[i]!, a))))
}

/**
 * Inputs x, the condition, noise, sigma and scale (noise.ts), rate [] and decay []; state theta, m, v, average and t [].
 * Results: loss [], losses [n] and gradientNorm [], before clipping.
 */
export function trainingStep(
  model: Trainable,
  packing: Packing,
  { loss, clip, adamw: options }: StepRule,
): TensorFunction {
  return function training(inputs) {
    const [theta, m, v, average] = kinds.map(kind => vectorsOf(inputs, kind, packing))
    const batch = batchOf(inputs)
    let losses: tf.Tensor | undefined
    const f = (...parameters: tf.Tensor[]): tf.Scalar => {
      const found = lossesAt(model, loss, batch, parameters)
      // A second result, beside the one that is differentiated.
      losses = tf.keep(found.losses)
      return found.loss
    }
    const { value, grads } = tf.valueAndGrads(f)(packing.unpack(theta!))
    const { gradients, norm } = clipped(packing.pack(grads), clip)
    const next = adamw({ theta: theta!, m: m!, v: v!, t: inputs.t! }, gradients, inputs.rate!, options)
    return {
      loss: value,
      losses: losses!,
      gradientNorm: norm,
      t: next.t,
      ...numbered('theta', next.theta),
      ...numbered('m', next.m),
      ...numbered('v', next.v),
      ...numbered('average', averaged(average!, next.theta, inputs.decay!)),
    }
  }
}

/** The loss of given weights, `theta0`, ...: loss [] and losses [n] of a batch with its noise. */
export function heldOutLoss(model: Trainable, packing: Packing, loss: Loss): TensorFunction {
  return function heldOut(inputs) {
    return lossesAt(model, loss, batchOf(inputs), packing.unpack(vectorsOf(inputs, 'theta', packing)))
  }
}

const own = /^(?:(?:theta|m|v|average)\d+|t|rate|decay)$/

/** The inputs that belong to the batch and its noise. */
const batchOf = (inputs: Tensors): Tensors =>
  Object.fromEntries(Object.entries(inputs).filter(([name]) => !own.test(name)))
