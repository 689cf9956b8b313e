/** Error control for each sample apart. */
import * as tf from '@tensorflow/tfjs'
import type { Parameter } from '../../pde/registry.js'

/** Relative and absolute size of the error allowed in one step. */
export interface Tolerance {
  readonly rtol: number
  readonly atol: number
}

export const tolerances = (rtol: number, atol: number): Record<keyof Tolerance, Parameter> => ({
  rtol: { default: rtol, description: 'error allowed in a step, relative to |x~|' },
  atol: { default: atol, description: 'error allowed in a step, in the units of the data' },
})

/** Root mean square of error/(atol + rtol max(|a|, |b|)) over the elements of each sample [n, 1, ...]; 1 is just allowed. */
export function scaledError(error: tf.Tensor, a: tf.Tensor, b: tf.Tensor, { rtol, atol }: Tolerance): tf.Tensor {
  const allowed = tf.add(tf.mul(tf.maximum(tf.abs(a), tf.abs(b)), rtol), atol)
  const axes = error.shape.map((_, i) => i).slice(1)
  return tf.sqrt(tf.mean(tf.square(tf.div(error, allowed)), axes, true))
}

/** The next step for an error that grows like h^power: safety 0.9, and a change between a fifth and `most`. */
export function nextStep(h: tf.Tensor, error: tf.Tensor, power: number, most: number): tf.Tensor {
  const factor = tf.mul(tf.pow(tf.maximum(error, 1e-10), -1 / power), 0.9)
  return tf.mul(h, tf.clipByValue(factor, 0.2, most))
}
