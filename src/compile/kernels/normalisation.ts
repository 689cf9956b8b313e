/** Normalisations that tfjs has kernels for; all others are written in elementary operations. */
import * as tf from '@tensorflow/tfjs'
import { add, div, elementwise, like, literal, matMul, mul, sub } from '../ops.js'
import { constant, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

/** Which channels are within `radius` of each other: [channels, channels], symmetric. */
function band(channels: number, radius: number): Value {
  const ones = Float64Array.from({ length: channels * channels }, (_, k) =>
    Math.abs(Math.floor(k / channels) - (k % channels)) <= radius ? 1 : 0,
  )
  return literal(ones, [channels, channels], 'float32')
}

/** For LRN: bias + alpha times the sum of x^2 over neighbouring channels. */
function power(x: Value, { depthRadius, bias, alpha }: tf.LRNAttrs): Value {
  const sum = matMul(mul(x, x), band(x.shape.at(-1)!, depthRadius))
  return add(mul(sum, like(x, alpha)), like(x, bias))
}

const pow = (x: Value, exponent: number): Value => elementwise('Pow', [x, like(x, exponent)])

type BatchNormInputs = { readonly [K in keyof tf.FusedBatchNormInputs]: Value | undefined }

export const normalisationKernels: Readonly<Record<string, Kernel>> = {
  /** (x - mean) scale / sqrt(variance + epsilon) + offset. */
  FusedBatchNorm: kernel<tf.FusedBatchNormInputs, tf.FusedBatchNormAttrs>((inputs, { varianceEpsilon }) => {
    const { x, mean, variance } = inputs
    const { scale, offset } = inputs as BatchNormInputs
    const deviation = elementwise('Sqrt', [add(variance, constant(varianceEpsilon, 'float32'))])
    const factor = scale ? div(scale, deviation) : elementwise('Reciprocal', [deviation])
    const y = mul(sub(x, mean), factor)
    return offset ? add(y, offset) : y
  }),

  /** x / (bias + alpha sum of neighbours' x^2)^beta. */
  LRN: kernel<tf.LRNInputs, tf.LRNAttrs>(({ x }, a) => mul(x, pow(power(x, a), -a.beta))),
  LRNGrad: kernel<tf.LRNGradInputs, tf.LRNGradAttrs>(({ x, y, dy }, a) => {
    const p = power(x, a)
    const neighbours = matMul(div(mul(dy, y), p), band(x.shape.at(-1)!, a.depthRadius))
    return sub(mul(dy, pow(p, -a.beta)), mul(mul(x, neighbours), like(x, 2 * a.alpha * a.beta)))
  }),
}
