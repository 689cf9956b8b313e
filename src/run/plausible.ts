/** Whether an observation looks like those that the model was trained on. */
import { array, type NdArray } from '../io/array.js'
import { linearEstimator, linearStatistics, type PriorMoments } from '../operators/encode.js'
import type { Noise } from '../operators/noise.js'
import type { ProblemParts, Varying } from '../problem.js'
import { key } from '../random.js'
import type { Setting } from './setting.js'
import type { ViewSpec } from './view.js'

const simulated = 999
/** Below this an observation is called unlikely. */
const level = 0.01

export interface Plausibility {
  /** Share of simulated measurements of the same operator whose evidence is no larger than this one's. */
  readonly p: number
  readonly warnings: readonly string[]
}

/**
 * The rank of log N(y; A xbar, A C A^T + R), the evidence of the Gaussian with the prior's moments, among those of 999
 * measurements simulated from the prior with the same operator and noise: uniform under the training distribution whatever
 * the prior is. Beside it, what lies outside the stated ranges of training.
 *
 * @param rows A [m, N].
 */
export function plausibility(
  parts: ProblemParts,
  moments: PriorMoments,
  view: ViewSpec,
  setting: Setting,
  { rows, noise, y }: { readonly rows: NdArray<Float64Array>; readonly noise: Noise; readonly y: NdArray },
): Plausibility {
  const [m, N] = rows.shape as [number, number]
  const draws = parts.prior.sample(key(0, 'plausibility'), simulated).data
  const clean = new Float64Array(simulated * m)
  for (let r = 0; r < simulated; r++)
    for (let i = 0; i < m; i++) {
      let sum = 0
      for (let k = 0; k < N; k++) sum += rows.data[i * N + k]! * draws[r * N + k]!
      clean[r * m + i] = sum
    }
  const others = noise.sample(array(clean, [simulated, m]), key(0, 'plausibility', 'noise'))
  const estimator = linearEstimator(linearStatistics(moments, rows), noise.covariance(array(clean.slice(0, m), [m])))
  const own = estimator.logEvidence(array(Float64Array.from(y.data as Float64Array), [m]))[0]!
  const p = (1 + estimator.logEvidence(others).filter(value => value <= own).length) / (simulated + 1)
  return { p, warnings: [...(p < level ? [unlikely(p)] : []), ...outside(view, setting)] }
}

const unlikely = (p: number): string =>
  `The measurements look like none that the model was trained on: of ${simulated} simulated with the same operator, ` +
  `${Math.round(p * (simulated + 1)) - 1} are as unlikely (p = ${p.toPrecision(2)}). Check units, noise and places, and do not trust the posterior.`

/** What the training never drew. */
export function outside(view: ViewSpec, { parameters, noise, family }: Setting): string[] {
  const beyond = (name: string, value: number, { low, high, units }: Varying): string[] =>
    value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9)
      ? []
      : [`${name} is ${value} ${units}, outside the range of training, ${low} to ${high} ${units}.`]
  const levels = typeof noise.std === 'number' ? [noise.std] : ((noise.std ?? []) as readonly number[])
  return [
    ...Object.entries(view.parameters).flatMap(([name, v]) => beyond(name, parameters[name] ?? v.default, v)),
    // The least and the largest speak for all.
    ...[...new Set([Math.min(...levels), Math.max(...levels)])].filter(Number.isFinite).flatMap(std => beyond('The noise', std, view.noise)), // prettier-ignore
    ...(family === null || view.families.includes(family)
      ? []
      : [`The model was not trained on the operator family '${family}'.`]),
  ]
}
