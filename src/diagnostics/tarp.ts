/**
 * Tests of accuracy with random points: coverage in any number of dimensions. For a reference point r the truth lies in the
 * ball about r of credibility alpha with probability alpha, if the posterior is right.
 * Source: P. Lemos, A. Coogan, Y. Hezaveh, L. Perreault-Levasseur (2023), arXiv:2302.03026.
 */
import { assertShape, elements, type NdArray } from '../io/array.js'
import { flat } from './summary.js'

export interface Tarp {
  /** Credibility levels, and the share of truths within them. */
  readonly level: Float64Array
  readonly covered: Float64Array
  /** max |covered - level|. */
  readonly distance: number
  /** Of the Kolmogorov-Smirnov test that they agree. */
  readonly p: number
}

/**
 * The credibility at which the ball about a reference reaches the truth: the share of samples nearer to it, uniform on
 * [0, 1] up to steps of 1 / n if the posterior is right.
 *
 * The reference must depend on neither truth nor samples. Which wrong posteriors it finds is its choice: one that depends on
 * the observation (y mapped to the unknown) finds a posterior that ignores it; one that lies on one side of all truths finds
 * a bias, which cancels where references surround them.
 *
 * @param samples [n, ...shape]; truth and reference [...shape]
 * @throws RangeError where the shapes differ.
 */
export function credibility(samples: NdArray, truth: NdArray, reference: NdArray): number {
  const { n, size, shape, data } = flat(samples, 'tarp')
  assertShape(truth, shape, 'tarp: truth')
  assertShape(reference, shape, 'tarp: reference')
  const [t, r] = [elements(truth) as Float64Array, elements(reference) as Float64Array]
  const distance = (x: ArrayLike<number>, from: number): number => {
    let sum = 0
    for (let i = 0; i < size; i++) sum += (x[from + i]! - r[i]!) ** 2
    return sum
  }
  const own = distance(t, 0)
  let below = 0.5 // the middle of the rank's share of [0, 1]
  for (let k = 0; k < n; k++) {
    const d = distance(data, k * size)
    below += d < own ? 1 : d === own ? 0.5 : 0
  }
  return below / (n + 1)
}

/** The expected coverage of credibilities over many observations. Throws RangeError where there are none. */
export function tarp(credibilities: ArrayLike<number>): Tarp {
  const f = Float64Array.from(credibilities).sort()
  const m = f.length
  if (m === 0) throw new RangeError('tarp: no observations')
  let distance = 0
  f.forEach((u, k) => (distance = Math.max(distance, (k + 1) / m - u, u - k / m)))
  const level = Float64Array.from({ length: 101 }, (_, k) => k / 100)
  const covered = level.map(a => f.filter(u => u <= a).length / m)
  return { level, covered, distance, p: kolmogorovTail((Math.sqrt(m) + 0.12 + 0.11 / Math.sqrt(m)) * distance) }
}

/** P(K > x) of Kolmogorov's law. Source: M. A. Stephens, J. R. Stat. Soc. B 32 (1970), for the correction of finite m. */
function kolmogorovTail(x: number): number {
  if (x < 0.2) return 1 // the series below converges slowly there, and the tail is 1 to 1e-12
  let sum = 0
  for (let k = 1; k < 100; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x)
  return Math.min(1, Math.max(0, sum))
}
