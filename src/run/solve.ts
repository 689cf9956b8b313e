/** Solves a problem for one observation: posterior samples, what can be said of them, and a report, in a run folder. */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { openRun } from '../io/run-folder.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import { openPosterior, type Posterior, type SamplingOptions } from '../posterior.js'
import { predictiveCheck } from '../diagnostics/predictive.js'
import { relativeError } from '../diagnostics/errors.js'
import { centralIntervals, moments } from '../diagnostics/summary.js'
import { key } from '../random.js'
import type { Fact, ReportContent } from '../report/content.js'
import { writeReport } from '../report/report.js'
import { writeContent } from './report.js'
import { writePosterior } from './arviz.js'
import { caseOf, type Case, type CaseOptions } from './case.js'
import { loadModel } from './model-folder.js'
import { placesOf } from './places.js'
import { plausibility } from './plausible.js'
import { loadProblem } from './problems.js'
import { measurementOf, type Measurement } from './setting.js'
import { shippedModel } from './shipped.js'

export interface SolveOptions extends CaseOptions, Omit<SamplingOptions, 'draws'> {
  /** Name of a shipped problem, or path of a user's. */
  readonly problem: string
  /** The run folder. */
  readonly folder: string
  /** Folder of a trained model. Default: the one shipped with the problem. */
  readonly model?: string
  /** Name of the shipped model, `vp` (default) or `ve`. */
  readonly shipped?: string
  /** Posterior samples. Default 64. */
  readonly draws?: number
  readonly mode?: 'new' | 'overwrite'
}

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

/**
 * @throws RangeError for names and values that do not fit the problem; FileError for files that cannot be read or written,
 *   or a run folder that is taken.
 */
export async function solve(options: SolveOptions): Promise<Solution> {
  const began = performance.now()
  const problem = await loadProblem(options.problem)
  const model = await loadModel(options.model ?? shippedModel(problem.name, options.shipped))
  if (model.spec.problem !== problem.name)
    throw new RangeError(`solve: the model in ${model.folder} was trained for '${model.spec.problem}', the problem is '${problem.name}'`) // prettier-ignore
  const posterior = await openPosterior(model, problem)
  try {
    const found = await caseOf(posterior, options)
    const { draws = 64, seed = 0, sampler = 'dpm-solver++2m', steps = 20, alpha } = options
    const { observation } = found
    const { parameters, operator, noise } = observation
    const config = {
      ...{
        problem: problem.name,
        shape: model.spec.shape,
        model: model.folder,
        process: options.process ?? model.spec.process,
      },
      ...{ sampler, steps, draws, source: found.source, parameters, operator, noise },
      ...(alpha !== undefined && { alpha }),
    }
    const run = await openRun(options.folder, { seed, config, mode: options.mode ?? 'new' })
    try {
      const { x, calls, seconds } = await posterior.sample(observation, { ...options, draws, seed, steps, sampler })
      const { content, solution, predicted } = contentOf(posterior, found, x, { calls, seconds, began, config })
      await writePosterior(run.file('posterior.zarr'), {
        ...{ unknown: content.unknown, draws, batches: [{ x, predicted }] },
        observed: { name: 'y', units: posterior.parts.state.units, values: content.observation.values },
      })
      const report = run.file('report.html')
      await writeReport(report, content)
      await writeContent(run.path, content)
      const { denoiserCalls, forwardSolves, wallSeconds, peakMemoryBytes } = content.budget
      await run.writeBudget({ denoiserCalls, forwardSolves, adjointSolves: 0, wallSeconds, peakMemoryBytes })
      await run.finish()
      return { ...solution, folder: run.path, report }
    } catch (error) {
      await run.close()
      throw error
    }
  } finally {
    await posterior.dispose()
  }
}

interface Spent {
  readonly calls: number
  readonly seconds: number
  readonly began: number
  readonly config: object
}

/** What the report shows and the command prints. */
function contentOf(
  posterior: Posterior,
  { observation, truth, source, labels, notes }: Case,
  x: NdArray<Float64Array>,
  { calls, seconds, began, config }: Spent,
): { content: ReportContent; solution: Omit<Solution, 'folder' | 'report'>; predicted: NdArray<Float64Array> } {
  const { parts, problem, prior, model } = posterior
  const measurement = measurementOf(parts, observation)
  const { operator: A, noise, size: m } = measurement
  const n = x.shape[0]!
  const N = sizeOf(parts.unknown.grid.shape)
  const y = array(Float64Array.from(observation.y.data as Float64Array), [m])
  const clean = array(A.apply(x).data, [n, m])
  const { mean, std } = moments(x)
  const deviation = noiseDeviation(measurement, clean)
  const { chiSquare, p } = predictiveCheck(y, clean, deviation)
  const predicted = noise.sample(clean, key(0, 'predictive'))
  const judged = isLinear(A)
    ? plausibility(parts, prior, model.spec.view, observation, { rows: matrixOf(A), noise, y })
    : { p: NaN, warnings: [] }
  const warnings = [
    ...judged.warnings,
    ...(p < 0.01 ? [`The samples do not explain the measurements: chi-square ${chiSquare.toFixed(1)} for ${m} values (p = ${p.toPrecision(2)}).`] : []), // prettier-ignore
    ...notes,
  ]
  const average = (a: NdArray): number => (a.data as Float64Array).reduce((sum, v) => sum + v / a.size, 0)
  const wallSeconds = (performance.now() - began) / 1000
  const solution = {
    ...{ warnings, draws: n, calls, seconds },
    ...{ chiSquarePerValue: chiSquare / m, predictiveP: p, plausibility: judged.p },
    ...{ meanStd: average(std), priorStd: average(prior.std) },
    ...(truth && { relativeError: relativeError(mean, truth) }),
  }
  const { places, name } = placesOf(observation.operator, m)
  const content: ReportContent = {
    title: problem.title,
    summary: [problem.describe, `Observation: ${source}, ${name}.`],
    warnings,
    unknown: { ...parts.unknown, axes: axesOf(parts) },
    ...(truth && { truth }),
    posterior: {
      ...{ n, mean, std, intervals: centralIntervals(x, [0.5, 0.9]) },
      samples: array(x.data.subarray(0, Math.min(6, n) * N), [Math.min(6, n), ...parts.unknown.grid.shape]),
    },
    observation: { name, units: parts.state.units, values: y, std: deviation, ...places, ...(labels && { labels }) },
    predicted: { mean: moments(predicted).mean, intervals: centralIntervals(predicted, [0.5, 0.9]) },
    figures: figuresOf(solution, parts.unknown.units),
    budget: {
      denoiserCalls: calls * n,
      forwardSolves: n,
      wallSeconds,
      peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
    },
    config,
  }
  return { content, solution, predicted }
}

/** Standard deviation of the noise of each value, at the mean of the noise-free measurements. */
function noiseDeviation({ noise }: Measurement, clean: NdArray<Float64Array>): NdArray<Float64Array> {
  const R = noise.covariance(moments(clean).mean)
  const m = R.shape[0]!
  return array(Float64Array.from({ length: m }, (_, i) => Math.sqrt(R.data[R.shape.length === 2 ? i * (m + 1) : i]!)))
}

const axesOf = ({ unknown, state }: Posterior['parts']): { name: string; units?: string }[] =>
  unknown.grid.shape.map((_, axis) => ({ name: 'xy'[axis]!, ...(state.lengthUnits && { units: state.lengthUnits }) }))

function figuresOf(s: Omit<Solution, 'folder' | 'report'>, units: string): Fact[] {
  return [
    { name: 'Posterior deviation', value: s.meanStd, note: `${units}, mean over cells; the prior's is ${s.priorStd.toPrecision(3)}` }, // prettier-ignore
    { name: 'Chi-square per value', value: s.chiSquarePerValue, note: `about 1 where the samples explain the measurements; p = ${s.predictiveP.toPrecision(2)}` }, // prettier-ignore
    { name: 'Plausibility of the measurements', value: s.plausibility, note: 'share of simulated measurements that are as unlikely; small means unlike the training' }, // prettier-ignore
    ...(s.relativeError === undefined ? [] : [{ name: 'Error of the mean', value: s.relativeError, note: 'relative to the truth, L2' }]), // prettier-ignore
    { name: 'Denoiser calls', value: s.calls, note: 'for each sample' },
  ]
}
