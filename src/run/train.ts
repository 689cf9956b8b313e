/** Trains the model of a problem, in a run folder that holds checkpoints while it runs and the model when it is done. */
import { writeFileAtomic } from '../io/atomic.js'
import { assertFreeRun, openRun, type Run } from '../io/run-folder.js'
import type { EncodeKind } from '../operators/encode.js'
import { openNetwork } from '../scores/networks.js'
import type { Parametrisation } from '../scores/preconditioning.js'
import { axesTensor, surrogateBase } from '../scores/surrogate.js'
import { bySchedule, logNormal } from '../training/noise-levels.js'
import { losses } from '../training/losses/index.js'
import { trainable } from '../training/model.js'
import type { Progress } from '../training/progress.js'
import { train, type Trained } from '../training/train.js'
import { weighting } from '../training/weighting.js'
import { ofFamilies } from './families.js'
import { machineText, modelCard } from './model-card.js'
import { saveModel, type ModelSpec } from './model-folder.js'
import { loadProblem, sourceOf } from './problems.js'
import { processes, processFrom, type ProcessName, type ProcessSpec } from './process.js'
import { seeing } from './seeing.js'
import { simulatedExamples, storedExamples } from './training-data.js'
import { channelsOf, embeddingOf, type Coordinates } from './view.js'

export interface TrainProblemOptions {
  /** Name of a shipped problem, or path of a user's. */
  readonly problem: string
  /** The run folder. */
  readonly folder: string
  /** Default: the problem's. */
  readonly shape?: readonly number[]
  /** Default `vp`. */
  readonly process?: ProcessName | ProcessSpec
  /** Default `edm`. */
  readonly parametrisation?: Parametrisation
  /** Noise levels in training: log-normal (default), or uniform in the schedule's t. */
  readonly levels?: 'log-normal' | 'schedule'
  readonly encode?: EncodeKind
  readonly coordinates?: Coordinates
  /** Whether the network corrects the Gaussian surrogate of the prior (scores/surrogate.ts). Default false. */
  readonly surrogate?: boolean
  /** Name of a loss. Default `mse`. */
  readonly loss?: string
  /** A network's specification without shape, channels and embedding; default: the problem's, else a U-Net. */
  readonly network?: Readonly<Record<string, unknown>>
  /** One of steps and budget (seconds of training). */
  readonly steps?: number
  readonly budget?: number
  readonly batch?: number
  readonly rate?: number
  readonly seed?: number
  /** Families of the problem's mixture to train on; default all. */
  readonly families?: readonly string[]
  /** Folder of `simulate`, to train on its examples; without it, examples are simulated while training runs. */
  readonly data?: string
  /** Of `data`, the first so many examples, those held out included; default all. */
  readonly simulations?: number
  /** Threads of the engine; default one for each core. Beside other work one is faster: idle threads spin. */
  readonly threads?: number
  readonly mode?: 'new' | 'resume' | 'overwrite'
  readonly signal?: AbortSignal
  readonly progress?: (report: Progress) => void
}

export interface TrainedProblem extends Trained {
  readonly folder: string
}

/**
 * @throws RangeError for an unknown problem, family or name; FileError for a run folder that is taken, or whose configuration
 *   differs on resume; what `train` throws.
 */
export async function trainProblem(options: TrainProblemOptions): Promise<TrainedProblem> {
  const { seed = 0, batch = 64, mode = 'new' } = options
  const problem = await loadProblem(options.problem)
  const shape = options.shape ?? problem.shape
  const parts = ofFamilies(problem, problem.build(shape), options.families)
  const { view, spectrum } = await seeing(parts, options)
  const spec = typeof options.process === 'object' ? options.process : processes[options.process ?? 'vp']
  const network = openNetwork({
    ...(options.network ?? problem.training?.network ?? { kind: 'unet' }),
    ...{ shape, channels: channelsOf(view) + (spectrum ? 1 : 0), embedding: embeddingOf(view) },
  })
  const parametrisation = options.parametrisation ?? 'edm'
  const model = trainable(network, { parametrisation, ...(spectrum && { base: surrogateBase(axesTensor(spectrum)) }) })
  const loss = losses.create(options.loss ?? 'mse')
  const levels =
    options.levels === 'schedule' ? bySchedule(processFrom(spec).schedule) : logNormal({ mean: 0, sd: 1.8 })
  const { folder, signal, progress, steps, simulations, threads, rate = problem.training?.rate ?? 1e-3 } = options
  const length = steps === undefined ? { budget: options.budget ?? 600 } : { steps }
  const config = {
    ...{ problem: problem.name, shape, process: spec, parametrisation, view, network: network.spec, batch, rate },
    ...{ levels: { name: levels.name, ...levels.options }, loss: { name: loss.name, ...loss.options } },
    ...{ length, families: parts.operators.map(({ name }) => name) },
    ...(options.data !== undefined && { data: options.data }),
    ...(simulations !== undefined && { simulations }),
  }
  if (mode === 'new') await assertFreeRun(folder, 'new', true)
  // First, since a folder of examples may be none: a run that cannot begin leaves nothing behind.
  const examples =
    options.data === undefined
      ? simulatedExamples({ problem: options.problem, shape, families: config.families, view, ...(spectrum && { spectrum }) }, seed, batch) // prettier-ignore
      : await storedExamples(options.data, { problem: problem.name, shape, view }, seed, simulations)
  let run: Run | undefined
  try {
    run = await openRun(folder, { seed, config, mode })
    const trained = await train(model, {
      ...{ data: examples.data, heldOut: examples.heldOut },
      ...{ seed, batch, levels, loss, weighting: weighting('edm', { levels }) },
      ...length,
      // A held-out loss costs as much as five steps.
      ...(steps !== undefined && { evaluateEvery: Math.max(50, Math.ceil(steps / 50)) }),
      rate: { peak: rate },
      checkpoint: { file: run.file('checkpoint.safetensors'), resume: mode === 'resume' },
      ...(threads !== undefined && { engine: { threads } }),
      ...(signal && { signal }),
      ...(progress && { onProgress: progress }),
    })
    for (const row of trained.history) await run.log({ event: 'held-out', ...row })
    const source = await sourceOf(options.problem, folder)
    const record: ModelSpec = {
      problem: problem.name,
      ...(source !== null && { source }),
      ...{ shape, process: spec, time: 't = 0 is data, t = 1 is noise', network: network.spec },
      ...{ parametrisation, sigmaData: 1, view, operators: parts.operators },
      training: {
        ...{ seed, steps: trained.steps, batch, seconds: trained.seconds, loss: loss.name },
        levels: { name: levels.name, ...levels.options },
        ...{ heldOut: trained.best?.loss ?? null, options: askedOf(options, length), machine: machineText(threads) },
      },
    }
    if (trained.stopped === 'aborted') {
      await run.close()
      return { ...trained, folder }
    }
    await saveModel(folder, record, trained.weights, spectrum)
    await writeFileAtomic(run.file('README.md'), modelCard({ spec: record, network }))
    await run.finish()
    return { ...trained, folder }
  } catch (error) {
    await run?.close()
    throw error
  } finally {
    await examples.close()
  }
}

/** Of the options, those that decide nothing about the weights. */
const idle: readonly string[] = [
  'folder',
  'mode',
  'signal',
  'progress',
  'threads',
] satisfies (keyof TrainProblemOptions)[]

/** What makes the model again, wherever it lies: as asked, without what decides nothing. */
const askedOf = (options: TrainProblemOptions, length: object): Readonly<Record<string, unknown>> => ({
  ...Object.fromEntries(Object.entries(options).filter(([name]) => !idle.includes(name))),
  ...length,
})
