/** Trains the model of a problem, in a run folder that holds checkpoints while it runs and the model when it is done. */
import { availableParallelism } from 'node:os'
import { openRun } from '../io/run-folder.js'
import type { EncodeKind } from '../operators/encode.js'
import { key } from '../random.js'
import { openNetwork } from '../scores/networks.js'
import type { Parametrisation } from '../scores/preconditioning.js'
import { bySchedule, logNormal } from '../training/noise-levels.js'
import { losses } from '../training/losses/index.js'
import { trainable } from '../training/model.js'
import type { Progress } from '../training/progress.js'
import { train, type Trained } from '../training/train.js'
import { weighting } from '../training/weighting.js'
import { openBlockPool, type BlockTask } from './block-pool.js'
import { blockSource } from './block-source.js'
import { saveModel, type ModelSpec } from './model-folder.js'
import { priorMoments } from './moments.js'
import { loadProblem } from './problems.js'
import { processes, processFrom, type ProcessName, type ProcessSpec } from './process.js'
import { channelsOf, embeddingOf, viewSpec, type Coordinates } from './view.js'

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
  readonly mode?: 'new' | 'resume' | 'overwrite'
  readonly signal?: AbortSignal
  readonly progress?: (report: Progress) => void
}

/** Blocks hold 16 operators with 16 pairs each; a batch comes from 8 blocks, and each example is used about four times. */
const blockOptions = { operators: 16, pairs: 16 }
const window = 8
const uses = 4

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
  const whole = problem.build(shape)
  const { families } = options
  for (const name of families ?? [])
    if (!whole.operators.some(family => family.name === name))
      throw new RangeError(`train: problem '${problem.name}' has no family '${name}'; it has ${whole.operators.map(f => f.name).join(', ')}`) // prettier-ignore
  const parts = families
    ? { ...whole, operators: whole.operators.filter(({ name }) => families.includes(name)) }
    : whole
  const view = viewSpec(parts, await priorMoments(parts), options.encode ?? 'lmmse', options.coordinates)
  const spec = typeof options.process === 'object' ? options.process : processes[options.process ?? 'vp']
  const network = openNetwork({
    ...(options.network ?? problem.training?.network ?? { kind: 'unet' }),
    ...{ shape, channels: channelsOf(view), embedding: embeddingOf(view) },
  })
  const parametrisation = options.parametrisation ?? 'edm'
  const model = trainable(network, { parametrisation })
  const loss = losses.create(options.loss ?? 'mse')
  const levels =
    options.levels === 'schedule' ? bySchedule(processFrom(spec).schedule) : logNormal({ mean: 0, sd: 1.8 })
  const { folder, signal, progress, steps, budget, rate = problem.training?.rate ?? 1e-3 } = options
  const config = {
    ...{ problem: problem.name, shape, process: spec, parametrisation, view, network: network.spec, batch, rate },
    ...{ levels: { name: levels.name, ...levels.options }, loss: { name: loss.name, ...loss.options } },
    length: steps === undefined ? { budget } : { steps },
    families: parts.operators.map(({ name }) => name),
  }
  const run = await openRun(folder, { seed, config, mode })
  const task = (name: string): BlockTask => ({
    ...{ problem: options.problem, shape, families: config.families, view, options: blockOptions },
    key: key(seed, name),
  })
  const [training, heldOut] = [task('training'), task('held-out')]
  const pool = openBlockPool(training, Math.max(1, Math.min(4, availableParallelism() - 1)))
  const heldOutPool = openBlockPool(heldOut)
  const inBlock = blockOptions.operators * blockOptions.pairs
  try {
    const trained = await train(model, {
      data: blockSource(pool, training, { window, stepsPerBlock: Math.max(1, Math.round((uses * inBlock) / batch)) }),
      heldOut: blockSource(heldOutPool, heldOut, { window: 4, stepsPerBlock: Infinity }),
      ...{ seed, batch, levels, loss, weighting: weighting('edm', { levels }) },
      ...(steps === undefined ? { budget: budget ?? 600 } : { steps }),
      rate: { peak: rate },
      checkpoint: { file: run.file('checkpoint.safetensors'), resume: mode === 'resume' },
      ...(signal && { signal }),
      ...(progress && { onProgress: progress }),
    })
    for (const row of trained.history) await run.log({ event: 'held-out', ...row })
    const record: ModelSpec = {
      ...{ problem: problem.name, shape, process: spec, time: 't = 0 is data, t = 1 is noise', network: network.spec },
      ...{ parametrisation, sigmaData: 1, view, operators: parts.operators },
      training: {
        ...{ seed, steps: trained.steps, batch, seconds: trained.seconds, loss: loss.name },
        heldOut: trained.best?.loss ?? null,
      },
    }
    if (trained.stopped === 'aborted') {
      await run.close()
      return { ...trained, folder }
    }
    await saveModel(folder, record, trained.weights)
    await run.finish()
    return { ...trained, folder }
  } catch (error) {
    await run.close()
    throw error
  } finally {
    await Promise.all([pool.dispose(), heldOutPool.dispose()])
  }
}
