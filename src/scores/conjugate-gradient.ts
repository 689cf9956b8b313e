import * as tf from '@tensorflow/tfjs'

/**
 * S^-1 b by a fixed number of conjugate gradient steps from 0, each row of b [n, m] on its own; S symmetric, positive
 * definite, a function of [n, m]. A row that is solved stays as it is. Source: Hestenes, Stiefel 1952.
 *
 * @param R variances [1 or n, m] with S >= R: where S is learned and p^T S p falls below p^T R p, that is an error of S.
 */
export function conjugateGradient(
  S: (v: tf.Tensor) => tf.Tensor,
  b: tf.Tensor,
  iterations: number,
  R: tf.Tensor,
): tf.Tensor {
  const inner = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.sum(tf.mul(a, b), 1, true)
  // Residuals whose squares have fallen by this factor are round-off, and dividing by them is noise.
  const least = tf.mul(inner(b, b), 1e-12)
  const ratio = (a: tf.Tensor, b: tf.Tensor, live: tf.Tensor): tf.Tensor =>
    tf.where(live, tf.div(a, tf.where(live, b, tf.onesLike(b))), tf.zerosLike(a))
  let [z, r, p] = [tf.zerosLike(b), b, b]
  let rr = inner(r, r)
  for (let k = 0; k < iterations; k++) {
    const Sp = S(p)
    const curvature = tf.maximum(inner(p, Sp), inner(p, tf.mul(R, p)))
    const live = tf.logicalAnd(tf.greater(rr, least), tf.greater(curvature, 0))
    const alpha = ratio(rr, curvature, live)
    z = tf.add(z, tf.mul(alpha, p))
    r = tf.sub(r, tf.mul(alpha, Sp))
    const next = inner(r, r)
    p = tf.add(r, tf.mul(ratio(next, rr, live), p))
    rr = next
  }
  return z
}
