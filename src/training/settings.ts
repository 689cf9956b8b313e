/** The options of training, checked and filled in. */
import type { CompileOptions } from '../compile/index.js'
import type { AdamWOptions } from './adamw.js'
import { decayOf, type Average } from './average.js'
import { shapesOf, type BatchSource } from './data.js'
import type { Loss } from './losses/loss.js'
import { mse } from './losses/mse.js'
import type { Trainable } from './model.js'
import { logNormal, type NoiseLevels } from './noise-levels.js'
import type { Progress } from './progress.js'
import { warmupCosine, type RateOptions } from './rate.js'
import { weighting, type Weighting } from './weighting.js'

export interface CheckpointOptions {
  /** A safetensors file; it is replaced at once each time. */
  readonly file: string
  /** Seconds between checkpoints. Default 30. */
  readonly everySeconds?: number
  /** Steps between checkpoints, besides. Default Infinity. */
  readonly everySteps?: number
  /** Goes on from the file where it is there. Default false: a file that is there is an error. */
  readonly resume?: boolean
}

export interface TrainOptions {
  readonly data: BatchSource
  /** Examples that training does not see, for the held-out loss; without it, nothing stops training early. */
  readonly heldOut?: BatchSource | undefined
  /** Of the first weights and of all noise. */
  readonly seed: number
  /** Number of steps; or `budget`, one of the two. */
  readonly steps?: number
  /** Wall time in seconds: the number of steps is fixed by the speed of the first ones, and kept from then on. */
  readonly budget?: number
  /** Examples in a batch. Default 64. */
  readonly batch?: number
  /** Default log-normal as in EDM. */
  readonly levels?: NoiseLevels
  /** Default `edm` for data of deviation 1. */
  readonly weighting?: Weighting
  /** Default mean square. */
  readonly loss?: Loss
  readonly rate?: RateOptions
  /** Largest norm of the gradient. Default 5. */
  readonly clip?: number
  readonly adamw?: AdamWOptions
  /** Default a power average of spread 0.1. */
  readonly average?: Average
  /** Steps between held-out losses. Default: a fiftieth of all, fewer where they would take over a tenth of a budget. */
  readonly evaluateEvery?: number
  /** Batches of the held-out loss, at most. Default 16. */
  readonly heldOutBatches?: number
  /** Held-out losses without a new least one after which training stops. Default 20. */
  readonly patience?: number
  readonly checkpoint?: CheckpointOptions
  /** Stops after the step at hand, with a checkpoint. */
  readonly signal?: AbortSignal
  /** Called about once a second, after each held-out loss and at the end. */
  readonly onProgress?: (progress: Progress) => void
  /** Default: ONNX Runtime on the CPU, in a thread of its own. Results repeat byte for byte on one machine and setting. */
  readonly engine?: Pick<CompileOptions, 'worker' | 'threads' | 'device' | 'engine'>
}

type Filled = Required<Pick<TrainOptions, 'batch' | 'levels' | 'weighting' | 'loss' | 'clip' | 'adamw' | 'patience'>>

export interface Settings extends Filled {
  readonly rate: (steps: number) => (step: number) => number
  readonly decay: (t: number) => number
  readonly heldOutBatches: number
  /**
   * All that decides what the weights become, as plain JSON: a checkpoint goes on only where it is the same. Patience and
   * the times of checkpoints are free to change.
   */
  readonly identity: Readonly<Record<string, unknown>>
}

/** Throws RangeError naming the option that cannot be, and where data and model do not fit both. */
export function settingsOf(model: Trainable, options: TrainOptions): Settings {
  const { data, heldOut, seed, steps, budget, batch = 64, clip = 5, adamw = {}, patience = 20 } = options
  const { levels = logNormal(), loss = mse, average = { kind: 'power' }, rate = {}, heldOutBatches = 16 } = options
  const { evaluateEvery } = options
  const weights = options.weighting ?? weighting('edm')
  if ((steps === undefined) === (budget === undefined))
    throw new RangeError('train: needs either steps or budget, and not both')
  if (budget !== undefined && !(budget > 0 && budget < Infinity))
    throw new RangeError(`train: budget is ${budget}; it must be a number of seconds above 0`)
  const counts = { steps, batch, evaluateEvery, heldOutBatches }
  for (const [name, value] of Object.entries(counts))
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw new RangeError(`train: ${name} is ${value}; it must be a whole number above 0`)
  for (const [name, value] of Object.entries({ clip, patience }))
    if (!(value > 0)) throw new RangeError(`train: ${name} is ${value}; it must be above 0`)
  warmupCosine(1, rate) // refuses what cannot be, before anything is opened
  assertFits(model, data, 'training data')
  if (heldOut) assertFits(model, heldOut, 'held-out data')
  const named = ({ name, options }: { name: string; options: object }): object => ({ name, ...options })
  return {
    batch,
    levels,
    weighting: weights,
    loss,
    clip,
    adamw,
    patience,
    heldOutBatches: heldOut ? Math.min(heldOutBatches, Math.ceil(heldOut.size / batch)) : 0,
    rate: all => warmupCosine(all, rate),
    decay: decayOf(average),
    identity: {
      model: model.spec,
      data: { shapes: shapesOf(data), size: String(data.size), heldOut: String(heldOut?.size ?? 0) },
      length: steps === undefined ? { budget } : { steps },
      seed,
      batch,
      levels: named(levels),
      weighting: named(weights),
      loss: named(loss),
      rate,
      clip,
      adamw,
      average,
      evaluateEvery: evaluateEvery ?? 'by length',
      heldOutBatches,
    },
  }
}

function assertFits(model: Trainable, data: BatchSource, what: string): void {
  const text = ({ shape, channels, embedding }: Pick<BatchSource, 'shape' | 'channels' | 'embedding'>): string =>
    `samples [${shape.join(', ')}] with ${channels} channels and ${embedding} embedding entries`
  if (text(model) !== text(data))
    throw new RangeError(`train: the model takes ${text(model)}, the ${what} has ${text(data)}`)
  if (!(data.size > 0)) throw new RangeError(`train: the ${what} holds no examples`)
}
