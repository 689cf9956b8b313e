/**
 * A Gaussian random walk that adapts: proposals N(theta, s^2 K), K the covariance of the states so far, s^2 from 2.38^2/p to
 * an acceptance of 0.234.
 *
 * Source: H. Haario, E. Saksman, J. Tamminen, Bernoulli 7 (2001); G. Roberts, J. Rosenthal, Stat. Sci. 16 (2001).
 */
import { array, type NdArray } from '../../io/array.js'
import { choleskyInPlace } from '../../linalg/cholesky.js'

export interface RandomWalk {
  /** x [p] moved by s K^(1/2) z, in place. */
  move(x: Float64Array, z: Float64Array): void
  /** After a step of the warm-up: the states [n, p], and the mean probability with which proposals were accepted. */
  adapt(states: Float64Array, probability: number, step: number): void
  /** s^2 K [p, p]. */
  covariance(): NdArray<Float64Array>
}

const target = 0.234

/** Whether what came before this step of the warm-up is forgotten: at powers of two, once there is enough to begin anew with. */
export const forgets = (step: number): boolean => step >= 64 && (step & (step - 1)) === 0

/** The walk whose first scales are those of some states [n, p]. */
export function randomWalk(p: number, first: Float64Array, where: string): RandomWalk {
  const moments = runningMoments(p)
  const add = (states: Float64Array): void => {
    for (let k = 0; k < states.length; k += p) moments.add(states.subarray(k, k + p))
  }
  add(first)
  let scale = 2.38 / Math.sqrt(p)
  let factor = moments.factor(where)
  return {
    move(x, z) {
      for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) x[i]! += scale * factor[i * p + j]! * z[j]!
    },
    adapt(states, probability, step) {
      scale *= Math.exp((probability - target) * (step + 1) ** -0.6)
      if (forgets(step)) moments.clear()
      add(states)
      if (step % 16 === 15 && moments.count() > 10 * p) factor = moments.factor(where)
    },
    covariance() {
      const K = new Float64Array(p * p)
      for (let i = 0; i < p; i++)
        for (let j = 0; j < p; j++)
          for (let k = 0; k <= Math.min(i, j); k++)
            K[i * p + j]! += scale ** 2 * factor[i * p + k]! * factor[j * p + k]!
      return array(K, [p, p])
    },
  }
}

interface RunningMoments {
  add(theta: Float64Array): void
  clear(): void
  count(): number
  /** Lower Cholesky factor of the covariance, with a little of its diagonal where it is singular. */
  factor(where: string): Float64Array
}

function runningMoments(p: number): RunningMoments {
  let n = 0
  const [mean, sum] = [new Float64Array(p), new Float64Array(p * p)]
  const before = new Float64Array(p)
  return {
    add(theta) {
      n++
      for (let i = 0; i < p; i++) {
        before[i] = theta[i]! - mean[i]!
        mean[i]! += before[i]! / n
      }
      for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) sum[i * p + j]! += before[i]! * (theta[j]! - mean[j]!)
    },
    clear() {
      n = 0
      mean.fill(0)
      sum.fill(0)
    },
    count: () => n,
    factor(where) {
      const K = sum.map(v => v / Math.max(1, n - 1))
      for (let i = 0; i < p; i++) {
        const variance = K[i * (p + 1)]!
        K[i * (p + 1)] = variance > 0 ? variance * (1 + 1e-6) : 1e-12
        // Few points span no covariance: their scales alone.
        if (n <= 2 * p) K.fill(0, i * p, i * p + i)
      }
      choleskyInPlace(K, p, where)
      return K
    },
  }
}
