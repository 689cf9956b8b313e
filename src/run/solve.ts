/** Solves a problem for one observation: posterior samples, what can be said of them, and a report, in a run folder. */
import { openRun } from '../io/run-folder.js'
import { openPosterior, type SamplingOptions } from '../posterior.js'
import { writeReport } from '../report/report.js'
import { writeContent } from './report.js'
import { writePosterior } from './arviz.js'
import { caseOf, type CaseOptions } from './case.js'
import { loadModel } from './model-folder.js'
import { loadProblem } from './problems.js'
import { shippedModel } from './shipped.js'
import { contentOf, judge, type Solution } from './solution.js'

export type { Solution } from './solution.js'

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
      const judged = judge(posterior, found, { x, calls, seconds })
      const wallSeconds = (performance.now() - began) / 1000
      const content = contentOf(posterior, found, judged, { wallSeconds, config })
      await writePosterior(run.file('posterior.zarr'), {
        ...{ unknown: content.unknown, draws, batches: [{ x, predicted: judged.predicted }] },
        observed: { name: 'y', units: posterior.parts.state.units, values: content.observation.values },
      })
      const report = run.file('report.html')
      await writeReport(report, content)
      await writeContent(run.path, content)
      const { denoiserCalls, forwardSolves, peakMemoryBytes } = content.budget
      await run.writeBudget({ denoiserCalls, forwardSolves, adjointSolves: 0, wallSeconds, peakMemoryBytes })
      await run.finish()
      return { ...judged.solution, folder: run.path, report }
    } catch (error) {
      await run.close()
      throw error
    }
  } finally {
    await posterior.dispose()
  }
}
