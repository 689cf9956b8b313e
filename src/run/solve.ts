/** Solves a problem for one observation: posterior samples, what can be said of them, and a report, in a run folder. */
import { assertFreeRun, freeName, openRun, type RunSpec } from '../io/run-folder.js'
import { openPosterior, type SamplingOptions } from '../posterior.js'
import type { ReportContent } from '../report/content.js'
import { writeReport } from '../report/report.js'
import { writeContent } from './report.js'
import { writePosterior, type DrawBatch } from './arviz.js'
import { caseOf, type CaseOptions } from './case.js'
import { guidanceWarning } from './guided.js'
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
  /** Name of a shipped model: `surrogate` (default where there is one), `vp` or `ve`. */
  readonly shipped?: string
  /** Posterior samples. Default 64. */
  readonly draws?: number
  /** What to do where a run of that name exists: refuse (default), delete it, or take the first free of name, name-2, ... */
  readonly mode?: 'new' | 'overwrite' | 'numbered'
}

/**
 * The folder is made when the samples are there: what stops the work before leaves nothing, and no old run is lost to it.
 *
 * @throws RangeError for names and values that do not fit the problem; FileError for files that cannot be read or written,
 *   or a run folder that is taken.
 */
export async function solve(options: SolveOptions): Promise<Solution> {
  const began = performance.now()
  if (options.mode !== 'numbered') await assertFreeRun(options.folder, options.mode)
  const problem = await loadProblem(options.problem)
  const model = await loadModel(options.model ?? shippedModel(problem.name, options.shipped))
  if (model.spec.problem !== problem.name)
    throw new RangeError(`solve: the model in ${model.folder} was trained for '${model.spec.problem}', the problem is '${problem.name}'`) // prettier-ignore
  const posterior = await openPosterior(model, problem)
  try {
    const found = await caseOf(posterior, options)
    const { draws = 64, seed = 0, sampler = 'dpm-solver++2m', steps = 20, alpha, guidance = 'none' } = options
    const { observation } = found
    const notes = guidance === 'none' ? found.notes : [...found.notes, guidanceWarning(guidance)]
    const drawn = await posterior.sample(observation, { ...options, draws, seed, steps, sampler })
    const judged = judge(posterior, { ...found, notes }, drawn)
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
      ...(guidance !== 'none' && { guidance }),
    }
    const wallSeconds = (performance.now() - began) / 1000
    const content = contentOf(posterior, found, judged, { wallSeconds, config })
    const draw = { x: judged.x, predicted: judged.predicted }
    return { ...judged.solution, ...(await leave(options, { seed, config }, content, draw)) }
  } finally {
    await posterior.dispose()
  }
}

/** Writes the run folder; a failure takes it back. */
async function leave(
  { folder, mode }: Pick<SolveOptions, 'folder' | 'mode'>,
  made: Pick<RunSpec, 'seed' | 'config'>,
  content: ReportContent,
  { x, predicted }: Required<Pick<DrawBatch, 'x' | 'predicted'>>,
): Promise<Pick<Solution, 'folder' | 'report'>> {
  const path = mode === 'numbered' ? await freeName(folder) : folder
  const run = await openRun(path, { ...made, mode: mode === 'overwrite' ? mode : 'new' })
  try {
    const { unknown, observation, budget } = content
    await writePosterior(run.file('posterior.zarr'), {
      ...{ unknown, draws: x.shape[0]!, batches: [{ x, predicted }] },
      observed: {
        name: 'y',
        ...(observation.units !== undefined && { units: observation.units }),
        values: observation.values,
      },
    })
    const report = run.file('report.html')
    await writeReport(report, content)
    await writeContent(run.path, content)
    const { denoiserCalls, forwardSolves, wallSeconds } = budget
    const peakMemoryBytes = process.resourceUsage().maxRSS * 1024
    await run.writeBudget({ denoiserCalls, forwardSolves, adjointSolves: 0, wallSeconds, peakMemoryBytes })
    await run.finish()
    return { folder: run.path, report }
  } catch (error) {
    await run.discard()
    throw error
  }
}
