/** What can be said of the samples of one observation: figures, warnings, and the contents of the report. */
import { relativeError } from '../diagnostics/errors.js'
import { predictiveCheck } from '../diagnostics/predictive.js'
import { centralIntervals, moments } from '../diagnostics/summary.js'
import { array, type NdArray } from '../io/array.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import type { Draws, Posterior } from '../posterior.js'
import { key } from '../random.js'
import type { Fact, ReportContent } from '../report/content.js'
import type { Case } from './case.js'
import { placesOf } from './places.js'
import { plausibility, type Plausibility } from './plausible.js'
import { measurementOf, type Measurement } from './setting.js'

export interface Solution {
  readonly folder: string
  readonly report: string
  readonly warnings: readonly string[]
  readonly draws: number
  readonly calls: number
  readonly seconds: number
  /** Chi-square of the measurements for each value, averaged over samples: about 1 where the samples explain them. */
  readonly chiSquarePerValue: number
  readonly predictiveP: number
  /** Share of simulated measurements that are as unlikely as this one. */
  readonly plausibility: number
  /** Mean over cells of the posterior deviation, beside that of the prior. */
  readonly meanStd: number
  readonly priorStd: number
  /** |mean - truth| / |truth|, where the truth is known. */
  readonly relativeError?: number
}

export type Figures = Omit<Solution, 'folder' | 'report'>

/** Samples beside the measurements. */
export interface Judged {
  readonly solution: Figures
  /** Samples [n, ...shape], their moments [...shape]. */
  readonly x: NdArray<Float64Array>
  readonly mean: NdArray<Float64Array>
  readonly std: NdArray<Float64Array>
  /** Measurements [m] and the deviation of their noise; measurements simulated from each sample [n, m]. */
  readonly y: NdArray<Float64Array>
  readonly deviation: NdArray<Float64Array>
  readonly predicted: NdArray<Float64Array>
}

export function judge(
  posterior: Posterior,
  { observation, truth, notes }: Pick<Case, 'observation' | 'truth' | 'notes'>,
  { x, calls, seconds }: Draws,
): Judged {
  const measurement = measurementOf(posterior.parts, observation)
  const { operator: A, noise, size: m } = measurement
  const n = x.shape[0]!
  const y = array(Float64Array.from(observation.y.data as Float64Array), [m])
  const clean = array(A.apply(x).data, [n, m])
  const { mean, std } = moments(x)
  const deviation = noiseDeviation(measurement, clean)
  const { chiSquare, p } = predictiveCheck(y, clean, deviation)
  const judged = plausibilityOf(posterior, observation, measurement, y)
  const unexplained = `The samples do not explain the measurements: chi-square ${chiSquare.toFixed(1)} for ${m} values (p = ${p.toPrecision(2)}).`
  const solution = {
    ...{ warnings: [...judged.warnings, ...(p < 0.01 ? [unexplained] : []), ...notes], draws: n, calls, seconds },
    ...{ chiSquarePerValue: chiSquare / m, predictiveP: p, plausibility: judged.p },
    ...{ meanStd: average(std), priorStd: average(posterior.prior.std) },
    ...(truth && { relativeError: relativeError(mean, truth) }),
  }
  return { solution, x, mean, std, y, deviation, predicted: noise.sample(clean, key(0, 'predictive')) }
}

const average = (a: NdArray): number => (a.data as Float64Array).reduce((sum, v) => sum + v / a.size, 0)

/** NaN for an operator that is not linear: it has no closed-form evidence. */
function plausibilityOf(
  { parts, prior, model }: Posterior,
  observation: Case['observation'],
  { operator: A, noise }: Measurement,
  y: NdArray,
): Plausibility {
  if (!isLinear(A)) return { p: NaN, warnings: [] }
  return plausibility(parts, prior, model.spec.view, observation, { rows: matrixOf(A), noise, y })
}

/** Standard deviation of the noise of each value, at the mean of the noise-free measurements. */
function noiseDeviation({ noise }: Measurement, clean: NdArray<Float64Array>): NdArray<Float64Array> {
  const R = noise.covariance(moments(clean).mean)
  const m = R.shape[0]!
  return array(Float64Array.from({ length: m }, (_, i) => Math.sqrt(R.data[R.shape.length === 2 ? i * (m + 1) : i]!)))
}

/** What the report shows. */
export function contentOf(
  { parts, problem }: Posterior,
  { observation, truth, source, labels }: Case,
  { solution, x, mean, std, y, deviation, predicted }: Judged,
  { wallSeconds, config }: { readonly wallSeconds: number; readonly config: object },
): ReportContent {
  const { draws: n, calls, warnings } = solution
  const { shape, size: N } = parts.unknown.grid
  const { places, name } = placesOf(observation.operator, y.size)
  const shown = Math.min(6, n)
  return {
    ...{ title: problem.title, summary: [problem.describe, `Observation: ${source}, ${name}.`], warnings, config },
    unknown: { ...parts.unknown, axes: axesOf(parts) },
    ...(truth && { truth }),
    posterior: {
      ...{ n, mean, std, intervals: centralIntervals(x, [0.5, 0.9]) },
      samples: array(x.data.subarray(0, shown * N), [shown, ...shape]),
    },
    observation: { name, units: parts.state.units, values: y, std: deviation, ...places, ...(labels && { labels }) },
    predicted: { mean: moments(predicted).mean, intervals: centralIntervals(predicted, [0.5, 0.9]) },
    figures: figuresOf(solution, parts.unknown.units),
    budget: {
      ...{ denoiserCalls: calls * n, forwardSolves: n, wallSeconds },
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
  }
}

const axesOf = ({ unknown, state }: Posterior['parts']): { name: string; units?: string }[] =>
  unknown.grid.shape.map((_, axis) => ({ name: 'xy'[axis]!, ...(state.lengthUnits && { units: state.lengthUnits }) }))

function figuresOf(s: Figures, units: string): Fact[] {
  return [
    { name: 'Posterior deviation', value: s.meanStd, note: `${units}, mean over cells; the prior's is ${s.priorStd.toPrecision(3)}` }, // prettier-ignore
    { name: 'Chi-square per value', value: s.chiSquarePerValue, note: `about 1 where the samples explain the measurements; p = ${s.predictiveP.toPrecision(2)}` }, // prettier-ignore
    { name: 'Plausibility of the measurements', value: s.plausibility, note: 'share of simulated measurements that are as unlikely; small means unlike the training' }, // prettier-ignore
    ...(s.relativeError === undefined ? [] : [{ name: 'Error of the mean', value: s.relativeError, note: 'relative to the truth, L2' }]), // prettier-ignore
    { name: 'Denoiser calls', value: s.calls, note: 'for each sample' },
  ]
}
