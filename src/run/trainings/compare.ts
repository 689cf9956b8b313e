/**
 * A comparison that needs many trainings: a model for each combination of what varies, at equal cost, all judged on the same
 * held-out cases. Each training is kept in a folder of its own; a comparison that was killed goes on where it was, in a training
 * too, and one that is done may be asked for more seeds or variants.
 */
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { exists, writeFileAtomic } from '../../io/atomic.js'
import { openRun, type Run } from '../../io/run-folder.js'
import type { Problem } from '../../problem.js'
import { machineText } from '../model-card.js'
import { loadModel } from '../model-folder.js'
import { loadProblem } from '../problems.js'
import { simulate } from '../simulate.js'
import { trainProblem, type TrainProblemOptions } from '../train.js'
import { estimator, type Estimator } from './estimate.js'
import { judge, type JudgeOptions } from './judge.js'
import { bases, block, dataOf, folderOf, shareOf, trainingsOf, usualVariation, type Training, type Variation } from './plan.js' // prettier-ignore
import type { TrainingComparison, TrainingResult } from './result.js'
import { comparisonCsv, comparisonMarkdown } from './text.js'

export interface CompareTrainingsOptions extends Partial<Variation> {
  /** Name of a shipped problem, or path of a user's. */
  readonly problem: string
  /** The run folder. */
  readonly folder: string
  /** What all trainings share; one of steps and budget (seconds) is their equal cost. Default 600 steps. */
  readonly training?: Pick<TrainProblemOptions, 'shape' | 'network' | 'steps' | 'budget' | 'batch' | 'rate' | 'loss'>
  readonly judge?: Partial<JudgeOptions>
  /** Threads of the engine in training; default one for each core. */
  readonly threads?: number
  /** The command line, to be named beside the results. */
  readonly command?: string
  readonly mode?: 'new' | 'resume' | 'overwrite'
  readonly signal?: AbortSignal
  /** What is done now, and the seconds left for all, where they are known. */
  readonly progress?: (text: string, secondsLeft: number | null) => void
}

export const judgeDefaults = {
  observations: 4,
  draws: 128,
  sampler: 'dpm-solver++2m',
  steps: 20,
} satisfies JudgeOptions

/**
 * @throws RangeError for options that cannot be, before anything is trained; FileError for a folder that is taken, or was begun
 *   with other shared options; what `trainProblem` throws; the signal's reason.
 */
export async function compareTrainings(options: CompareTrainingsOptions): Promise<TrainingComparison> {
  const { folder, threads, mode = 'new' } = options
  const problem = await loadProblem(options.problem)
  const shape = options.training?.shape ?? problem.shape
  const { steps, budget, ...shared } = options.training ?? {}
  const length = budget !== undefined && steps === undefined ? { budget } : { steps: steps ?? 600 }
  const how = { ...judgeDefaults, ...options.judge }
  const families = problem.build(shape).operators.map(({ name }) => name)
  const trainings = trainingsOf({ ...usualVariation, ...given(options) }, families)
  const config = { problem: problem.name, training: { ...shared, shape, ...length }, judge: how, block }
  const run = await openRun(folder, { seed: 0, config, mode })
  try {
    for (const name of ['models', 'results', 'data']) await mkdir(run.file(name), { recursive: true })
    const all: Study = { run, options, problem, shape, length, how, families, trainings, left: estimator() }
    const results: TrainingResult[] = []
    for (const training of trainings) {
      options.signal?.throwIfAborted()
      results.push(await resultOf(all, training))
    }
    const command = options.command ?? null
    const found = { problem: problem.name, shape, folder, length, judge: how, machine: machineText(threads), command, results } // prettier-ignore
    await writeFileAtomic(run.file('results.csv'), comparisonCsv(found))
    await writeFileAtomic(run.file('results.md'), comparisonMarkdown(found))
    await run.finish()
    return found
  } catch (error) {
    await run.close()
    throw error
  }
}

interface Study {
  readonly run: Run
  readonly options: CompareTrainingsOptions
  readonly problem: Problem
  readonly shape: readonly number[]
  readonly length: TrainingComparison['length']
  readonly how: JudgeOptions
  readonly families: readonly string[]
  readonly trainings: readonly Training[]
  readonly left: Estimator
}

/** What varies, of what was given. */
const given = (options: Partial<Variation>): Partial<Variation> =>
  Object.fromEntries(Object.keys(usualVariation).flatMap(name => {
    const values = options[name as keyof Variation]
    return values === undefined ? [] : [[name, values]]
  })) // prettier-ignore

/** Kept from before, or trained and judged now. */
async function resultOf(all: Study, training: Training): Promise<TrainingResult> {
  const { run, trainings, families, left } = all
  const name = folderOf(training)
  const file = run.file(join('results', `${name}.json`))
  const share = shareOf(training, families.length)
  if (!(await exists(file))) {
    const at = trainings.indexOf(training)
    const later = trainings.slice(at + 1).reduce((sum, other) => sum + shareOf(other, families.length), 0)
    left.begin({ share, later })
    const tell = (text: string, seconds?: number): void =>
      all.options.progress?.(`${at + 1}/${trainings.length} ${name}: ${text}`, left.seconds(seconds))
    const found = await trainedAndJudged(all, training, run.file(join('models', name)), tell)
    await writeFileAtomic(file, `${JSON.stringify(found, null, 1)}\n`)
    await run.log({ event: 'training', name })
    left.end()
  }
  return JSON.parse(await readFile(file, 'utf8')) as TrainingResult
}

type Tell = (text: string, secondsLeft?: number) => void

async function trainedAndJudged(all: Study, training: Training, folder: string, tell: Tell): Promise<TrainingResult> {
  const { options, how } = all
  const { signal, problem } = options
  if (!(await exists(join(folder, 'model.json')))) await trainOne(all, training, folder, tell)
  await rm(join(folder, 'checkpoint.safetensors'), { force: true })
  const { spec } = await loadModel(folder)
  const { steps, seconds, heldOut } = spec.training
  const judgement = await judge(folder, problem, training.family, {
    ...{ ...how, ...(signal && { signal }) },
    done: (finished, cases) => {
      tell(`judged on ${finished} of ${cases} cases`)
    },
  })
  return { training, steps, seconds, heldOut, judgement }
}

async function trainOne(all: Study, training: Training, folder: string, tell: Tell): Promise<void> {
  const { options, length, shape, families } = all
  const { signal, threads } = options
  const { process, levels, encode, base, simulations, family, seed } = training
  const share = shareOf(training, families.length)
  const data = simulations === null ? undefined : await simulated(all, training, tell)
  const trained = await trainProblem({
    ...options.training,
    ...{ problem: options.problem, folder, shape, process, levels, encode, seed, mode: 'resume', ...bases[base] },
    ...('steps' in length
      ? { steps: Math.max(1, Math.round(share * length.steps)) }
      : { budget: share * length.budget }),
    ...(family !== null && { families: [family] }),
    ...(data !== undefined && { data, simulations: simulations! }),
    ...(threads !== undefined && { threads }),
    ...(signal && { signal }),
    progress: ({ step, steps, loss, secondsLeft }) => {
      tell(`step ${step}/${steps ?? '?'}, loss ${loss.toFixed(4)}`, secondsLeft)
    },
  })
  if (trained.stopped === 'aborted') throw signal?.reason ?? new Error('compare-trainings: stopped')
}

/** The folder of simulations that a training reads: as many as any training of its kind takes, made once. */
async function simulated({ run, options, shape, trainings }: Study, training: Training, tell: Tell): Promise<string> {
  const folder = run.file(join('data', dataOf(training)))
  const same = trainings.filter(other => dataOf(other) === dataOf(training))
  const { stopped } = await simulate({
    ...{ problem: options.problem, folder, shape, block, encode: training.encode, ...bases[training.base] },
    ...(training.family !== null && { families: [training.family] }),
    count: Math.max(...same.map(({ simulations }) => simulations ?? 0)),
    ...(options.threads !== undefined && { threads: options.threads }),
    ...(options.signal && { signal: options.signal }),
    progress: ({ done, of }) => {
      tell(`${done} of ${of} files of simulations`)
    },
  })
  if (stopped) throw options.signal?.reason ?? new Error('compare-trainings: stopped')
  return folder
}
