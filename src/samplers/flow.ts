/** The probability flow of x~ and of its log-density, as one compiled Runge-Kutta step (see log-prob.ts). */
import * as tf from '@tensorflow/tfjs'
import type { Denoiser } from '../scores/denoiser.js'
import { conditionIn, entry } from './program.js'

type Tensors = Record<string, tf.Tensor>

/**
 * The classical step of order 4 for x and the change of log p along the flow, over [c_0, c_1] in ln sigma.
 *
 * @param size elements of a point.
 * @param probes random directions v [probes, n, ...shape] of the divergence; 0 for the exact one.
 */
export function flowCall(denoise: Denoiser, size: number, probes: number): (inputs: Tensors) => Tensors {
  return inputs => {
    const { x, change, c, v } = inputs as Record<'x' | 'change' | 'c' | 'v', tf.Tensor>
    const condition = conditionIn(inputs)
    const [from, h] = [entry(c, 0), tf.sub(entry(c, 1), entry(c, 0))]
    const rate = (at: tf.Tensor, u: number): { x: tf.Tensor; change: tf.Tensor } => {
      const sigma = tf.broadcastTo(tf.reshape(tf.exp(tf.add(from, tf.mul(h, u))), [1]), [x.shape[0]])
      const D = (z: tf.Tensor): tf.Tensor => denoise(z, sigma, condition)
      const { value, divergence } = withDivergence(D, at, size, probes > 0 ? v : null)
      return { x: tf.sub(at, value), change: tf.sub(size, divergence) }
    }
    const moved = (k: { x: tf.Tensor }, u: number): tf.Tensor => tf.add(x, tf.mul(k.x, tf.mul(h, u)))
    const k1 = rate(x, 0)
    const k2 = rate(moved(k1, 0.5), 0.5)
    const k3 = rate(moved(k2, 0.5), 0.5)
    const k4 = rate(moved(k3, 1), 1)
    const mean = (name: 'x' | 'change'): tf.Tensor =>
      tf.div(tf.addN([k1[name], tf.mul(k2[name], 2), tf.mul(k3[name], 2), k4[name]]), 6)
    return { x: tf.add(x, tf.mul(mean('x'), h)), change: tf.add(change, tf.mul(mean('change'), h)) }
  }
}

/** D(x) [n, ...shape] and div D [n]: v [probes, n, ...shape] for Hutchinson's estimate, null for the exact one. */
function withDivergence(
  D: (x: tf.Tensor) => tf.Tensor,
  x: tf.Tensor,
  size: number,
  v: tf.Tensor | null,
): { value: tf.Tensor; divergence: tf.Tensor } {
  const n = x.shape[0]
  const slope = (direction: tf.Tensor): tf.Tensor =>
    tf.sum(
      tf.mul(
        tf.reshape(tf.grad(at => tf.sum(tf.mul(D(at), direction)))(x), [n, size]),
        tf.reshape(direction, [-1, size]),
      ),
      1,
    )
  const directions = v
    ? tf.unstack(v)
    : Array.from({ length: size }, (_, i) => tf.tensor(unit(i, size), [1, ...x.shape.slice(1)]))
  const sum = tf.addN(directions.map(slope))
  return { value: D(x), divergence: v ? tf.div(sum, directions.length) : sum }
}

const unit = (i: number, size: number): number[] => Array.from({ length: size }, (_, j) => (i === j ? 1 : 0))
