/**
 * A denoiser is a score in the form that every part of the package shares:
 *
 *   D(x~, sigma, y) = E[x0 | x~, y],   x~ = x0 + sigma w,   w ~ N(0, I)
 *
 * It sees the variance-exploding variable x~ whatever the path of the process: for z = xi x~ of another path
 * D_VP(z, sigma) = D(z/xi, sigma) (theory.md, section 4), and grad_x~ log p_sigma = (D - x~)/sigma^2.
 */
import * as tf from '@tensorflow/tfjs'

/** What is known besides x~: named tensors, each with a leading axis of n (one row for each sample) or of 1 (shared). */
export type Condition = Readonly<Record<string, tf.Tensor>>

/**
 * E[x0 | x~, y], a pure tfjs function that can be compiled.
 *
 * @param x x~ [n, ...shape].
 * @param sigma standard deviation of the noise, > 0: one for each sample [n], or [1] where all share it (most samplers), so
 *   that what depends on sigma alone is computed once. Shape it with `perSample`; it broadcasts.
 * @returns [n, ...shape].
 */
export type Denoiser = (x: tf.Tensor, sigma: tf.Tensor, condition?: Condition) => tf.Tensor

/** One number for each sample [n], or one for all [1], shaped to multiply x [n, ...shape]. */
export const perSample = (values: tf.Tensor, x: tf.Tensor): tf.Tensor =>
  tf.reshape(values, [-1, ...x.shape.slice(1).map(() => 1)])

/** The named tensor of a condition. Throws an Error that says which are there when it is missing. */
export function conditionOf(condition: Condition | undefined, name: string, where: string): tf.Tensor {
  const found = condition?.[name]
  if (found) return found
  const known = Object.keys(condition ?? {}).join(', ') || 'none'
  throw new Error(`${where}: needs the condition '${name}' [1 or n, ...]; given: ${known}`)
}
