/**
 * Trains a model of sound pictures on patches of them: unconditional denoising score matching with any loss, so that what is
 * rare in the training set, defects that nobody labelled, can be kept from being learned (M. Moradi, K. Paynabar, arXiv
 * 2508.02903). Colour is taken as its luminance: the networks have one unknown channel.
 */
import { openRun } from '../../io/run-folder.js'
import type { Picture } from '../../io/image.js'
import { key, permutation } from '../../random.js'
import { conditionOf, perSample } from '../../scores/denoiser.js'
import { openNetwork } from '../../scores/networks.js'
import { losses, type Loss } from '../../training/losses/index.js'
import { trainable, type Trainable } from '../../training/model.js'
import { bySchedule, type NoiseLevels } from '../../training/noise-levels.js'
import type { Progress } from '../../training/progress.js'
import { train, type Trained } from '../../training/train.js'
import { weighting } from '../../training/weighting.js'
import * as tf from '@tensorflow/tfjs'
import { readItem } from './batches.js'
import type { Item } from './folder.js'
import { saveSegmentModel, type NoiseKind, type SegmentModelSpec } from './model.js'
import { ownNoise, patchSource, pixelMoments } from './patches.js'
import { processes, processFrom, type ProcessName, type ProcessSpec } from '../process.js'

export interface TrainSegmentOptions {
  /** Pictures to train on, as `openDataset` or `listPictures` finds them. */
  readonly items: readonly Item[]
  /** The run folder, which becomes the model's. */
  readonly folder: string
  /** What every picture is resized to; as stored unless given. */
  readonly size?: readonly [height: number, width: number]
  /** Side of the patches; the largest of 64, 32, 16 and 8 that fits every picture unless given. */
  readonly patch?: number
  /** Default `vp`. */
  readonly process?: ProcessName | ProcessSpec
  /** The largest t that training draws, and so the largest to start from; default 0.5. */
  readonly latest?: number
  /** Name of a loss with its parameters, as in `huber:delta=0.2`; default `mse`, plain DDPM. Residuals are those of the noise. */
  readonly loss?: string
  /** Default `gaussian`. */
  readonly noise?: NoiseKind
  /** A network's specification without its shape; default a U-Net of two levels. */
  readonly network?: Readonly<Record<string, unknown>>
  /** One of steps and budget (seconds); default a budget of 600. */
  readonly steps?: number
  readonly budget?: number
  /** Patches in a step; default 32. */
  readonly batch?: number
  /** Peak learning rate; default 1e-3. */
  readonly rate?: number
  readonly seed?: number
  /** Share of the pictures that are held out: to stop early, and to find thresholds from. Default 0.1, and at least one. */
  readonly heldOut?: number
  readonly mode?: 'new' | 'resume' | 'overwrite'
  readonly signal?: AbortSignal
  readonly progress?: (report: Progress) => void
  /** Threads of the engine; default one for each processor. */
  readonly threads?: number
}

export interface TrainedSegment extends Trained {
  readonly folder: string
  readonly spec: SegmentModelSpec
}

const defaultNetwork = { kind: 'unet', widths: [32, 64], blocks: 1, embeddingWidth: 64 }

/** The loss of a text such as `mse`, `huber:delta=0.2` or `lts-level:keep=0.7,bandwidth=0.5`. @throws RangeError */
export function lossOf(text: string): Loss {
  const [name = '', values] = text.split(':')
  const pairs = (values?.split(',') ?? []).map(pair => {
    const [parameter = '', value] = pair.split('=')
    if (value === undefined || value.trim() === '' || !Number.isFinite(Number(value))) throw new RangeError(`loss '${text}': '${pair}' is no parameter; write huber:delta=0.2`) // prettier-ignore
    return [parameter.trim(), Number(value)] as const
  })
  return losses.create(name.trim(), Object.fromEntries(pairs))
}

/**
 * @throws RangeError for pictures smaller than a patch, too few of them, and unknown names; FileError for a picture that cannot
 *   be read, and a run folder that is taken or was started otherwise; what `train` throws.
 */
export async function trainSegment(options: TrainSegmentOptions): Promise<TrainedSegment> {
  const { items, folder, seed = 0, batch = 32, rate = 1e-3, mode = 'new', noise = 'gaussian', latest = 0.5 } = options
  const { size, steps, budget = 600, signal, progress, threads } = options
  if (!(latest > 0 && latest <= 1)) throw new RangeError(`segment train: latest is ${latest}; it must be in (0, 1]`)
  const loss = lossOf(options.loss ?? 'mse')
  const process = typeof options.process === 'object' ? options.process : processes[options.process ?? 'vp']
  const pictures = await readAll(items, size, signal)
  const patch = patchFor(pictures, items, options.patch)
  const { seen, heldOut } = split(pictures, options.heldOut ?? 0.1, seed)
  const pixels = pixelMoments(seen)
  const network = openNetwork({ ...(options.network ?? defaultNetwork), shape: patch })
  const parametrisation = 'edm'
  const model = trainable(network, { parametrisation })
  const levels = until(bySchedule(processFrom(process).schedule), latest)
  const config = {
    ...{
      pictures: items.map(({ id }) => id),
      size: size ?? null,
      patch,
      process,
      latest,
      noise,
      network: network.spec,
    },
    ...{ loss: { name: loss.name, ...loss.options }, batch, rate, heldOut: heldOut.length },
    length: steps === undefined ? { budget } : { steps },
  }
  const run = await openRun(folder, { seed, config, mode })
  try {
    const source = (some: readonly Picture[], name: string) =>
      patchSource(some, { patch, pixels, noise, key: key(seed, 'segment', name) })
    const trained = await train(noise === 'simplex' ? withOwnNoise(model) : model, {
      data: source(seen, 'training'),
      heldOut: source(heldOut, 'held-out'),
      ...{ seed, batch, levels, loss, weighting: weighting('epsilon'), heldOutBatches: 4 },
      ...(steps === undefined ? { budget } : { steps }),
      rate: { peak: rate },
      checkpoint: { file: run.file('checkpoint.safetensors'), resume: mode === 'resume' },
      ...(signal && { signal }),
      ...(progress && { onProgress: progress }),
      ...(threads !== undefined && { engine: { threads } }),
    })
    const spec: SegmentModelSpec = {
      ...{ patch, size: size ?? null, pixels, process, time: 't = 0 is data, t = 1 is noise', latest, noise },
      ...{ network: network.spec, parametrisation },
      training: {
        ...{ loss: config.loss, seed, steps: trained.steps, batch, seconds: Math.round(trained.seconds) },
        ...{ pictures: seen.length, heldOut: heldOut.length, heldOutLoss: trained.best?.loss ?? null },
      },
    }
    if (trained.stopped === 'aborted') await run.close()
    else {
      for (const row of trained.history) await run.log({ event: 'held-out', ...row })
      await saveSegmentModel(folder, spec, trained.weights, heldOut)
      await run.finish()
    }
    return { ...trained, folder, spec }
  } catch (error) {
    await run.close()
    throw error
  }
}

async function readAll(
  items: readonly Item[],
  size: TrainSegmentOptions['size'],
  signal?: AbortSignal,
): Promise<Picture[]> {
  const pictures: Picture[] = []
  for (const item of items) {
    signal?.throwIfAborted()
    pictures.push(await readItem(item, size ? { channels: 1, size } : { channels: 1 }))
  }
  return pictures
}

function patchFor(pictures: readonly Picture[], items: readonly Item[], asked?: number): [number, number] {
  const sides = pictures.map(({ shape }) => Math.min(shape[0]!, shape[1]!))
  const least = Math.min(...sides)
  const patch = asked ?? [64, 32, 16, 8].find(side => side <= least)
  if (patch === undefined || patch > least)
    throw new RangeError(`segment train: ${items[sides.indexOf(least)]?.path ?? 'the folder'} has a side of ${least} pixels, less than a patch of ${patch ?? 8}; take smaller patches, or resize the pictures`) // prettier-ignore
  return [patch, patch]
}

/** A part of the pictures, at random, is held out: whole pictures, so that no patch of one is seen in training. */
function split(pictures: readonly Picture[], share: number, seed: number): Record<'seen' | 'heldOut', Picture[]> {
  if (!(share > 0 && share < 1)) throw new RangeError(`segment train: the held-out share is ${share}; it must be in (0, 1)`) // prettier-ignore
  if (pictures.length < 2) throw new RangeError(`segment train: ${pictures.length} pictures; at least two are needed, one of them held out`) // prettier-ignore
  const order = Array.from(permutation(key(seed, 'segment', 'split'), pictures.length), i => pictures[i]!)
  const count = Math.min(pictures.length - 1, Math.max(1, Math.round(share * pictures.length)))
  return { heldOut: order.slice(0, count), seen: order.slice(count) }
}

/** The levels of t up to `latest` of those that are uniform in t. */
const until = (levels: NoiseLevels, latest: number): NoiseLevels => ({
  name: levels.name,
  options: { ...levels.options, latest },
  quantile: u => levels.quantile(latest * u),
  density: sigma => (sigma <= levels.quantile(latest) ? levels.density(sigma) / latest : 0),
})

/** The model that sees clean + sigma field, of its batch, in the place of x0 + sigma w: noise that is not white. */
const withOwnNoise = (model: Trainable): Trainable => ({
  ...model,
  spec: { ...model.spec, noise: 'own' },
  denoiser: weights => {
    const denoise = model.denoiser(weights)
    return (x, sigma, condition) => {
      const [clean, field] = [ownNoise.clean, ownNoise.noise].map(name => conditionOf(condition, name, 'segment train'))
      return denoise(tf.add(clean!, tf.mul(perSample(sigma, x), field!)), sigma)
    }
  },
})
