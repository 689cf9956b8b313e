/**
 * The probability-flow ODE by Dormand and Prince's pair of orders 5 and 4 (J. Comput. Appl. Math. 6:19, 1980), with a step of
 * its own for each sample. For x~, whatever the path (z = xi x~), in the clock l = ln sigma:
 *
 *   dx~/dl = x~ - D(x~, e^l)
 *
 * The last stage is the first of the next step. It is not known at the start, so the first attempt has h = 0, which gives it.
 */
import * as tf from '@tensorflow/tfjs'
import { steps, type AdaptiveStep, type Attempt, type Attempted } from '../step.js'
import { nextStep, scaledError, tolerances, type Tolerance } from './control.js'

/** Butcher's tableau: nodes and rows of the stages 2 to 7; row 7 is the solution of order 5. */
const nodes = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1]
const rows = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
]
/** Order 5 less order 4. */
const difference = [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40]

/** The first step that is more than nothing, in ln sigma. */
const FIRST = 0.05

const combination = (stages: readonly tf.Tensor[], weights: readonly number[]): tf.Tensor =>
  tf.addN(weights.flatMap((w, i) => (w === 0 ? [] : [tf.mul(stages[i]!, w)])))

function attempt({ x, l, h, memory, denoise }: Attempt, tolerance: Tolerance): Attempted {
  const slope = (at: tf.Tensor, where: tf.Tensor): tf.Tensor => tf.sub(at, denoise(at, where))
  const stages = [memory[0]!]
  let next = x
  rows.forEach((row, i) => {
    next = tf.sub(x, tf.mul(h, combination(stages, row)))
    stages.push(slope(next, tf.sub(l, tf.mul(h, nodes[i]!))))
  })
  const error = scaledError(tf.mul(h, combination(stages, difference)), x, next, tolerance)
  const begins = tf.equal(h, 0)
  return {
    x: next,
    accepted: tf.lessEqual(error, 1),
    h: tf.where(begins, tf.fill(h.shape, FIRST), nextStep(h, error, 5, 5)),
    memory: [stages[6]!],
  }
}

steps.register({
  name: 'dormand-prince',
  description: 'adaptive, for the probability-flow ODE: orders 5 and 4, each sample with steps of its own',
  parameters: tolerances(1e-4, 1e-4),
  create: (tolerance): AdaptiveStep => ({
    name: 'dormand-prince',
    adaptive: true,
    order: 5,
    calls: 6,
    memory: 1,
    attempt: at => attempt(at, tolerance),
  }),
})
