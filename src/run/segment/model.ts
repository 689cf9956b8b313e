/**
 * A model of sound pictures as a folder: `weights.safetensors`, `model.json`, which says everything that the weights mean, and
 * `calibration/`, pictures that training has not seen, from which thresholds are found for any settings.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { exists } from '../../io/atomic.js'
import { readPicture, writePng, type Picture } from '../../io/image.js'
import {
  readNetworkFolder,
  writeNetworkFolder,
  type Format,
  type NetworkFolder,
  type NetworkRecord,
} from '../network-folder.js'
import type { ProcessSpec } from '../process.js'
import { listPictures } from './folder.js'

const format: Format = {
  name: 'invdiff-segment',
  version: 1,
  title: "a model of pictures, as 'invdiff segment train' writes it",
  fields: ['patch', 'size', 'pixels', 'process', 'latest', 'noise'],
}

export const noiseKinds = ['gaussian', 'simplex'] as const
/** What is added to pictures: white noise, or fractal simplex noise (random/simplex.ts). */
export type NoiseKind = (typeof noiseKinds)[number]

/** The contents of `model.json`. */
export interface SegmentModelSpec extends NetworkRecord {
  /** [height, width] of the patches that the network takes. */
  readonly patch: readonly [height: number, width: number]
  /** What every picture is resized to; null where pictures are taken as they are. */
  readonly size: readonly [height: number, width: number] | null
  /** The network sees (v - mean)/deviation, v the luminance in [0, 1]. */
  readonly pixels: { readonly mean: number; readonly deviation: number }
  readonly process: ProcessSpec
  readonly time: 't = 0 is data, t = 1 is noise'
  /** Training drew t uniformly up to it. */
  readonly latest: number
  readonly noise: NoiseKind
  readonly training: SegmentTraining
}

/** What it took to train. */
export interface SegmentTraining {
  /** Name and parameters. */
  readonly loss: Readonly<Record<string, unknown>>
  readonly seed: number
  readonly steps: number
  readonly batch: number
  readonly seconds: number
  /** Numbers of pictures trained on, and held out. */
  readonly pictures: number
  readonly heldOut: number
  readonly heldOutLoss: number | null
}

export type SegmentModel = NetworkFolder<SegmentModelSpec>

/** Writes a model, `model.json` last. Throws FileError. */
export async function saveSegmentModel(
  folder: string,
  spec: SegmentModelSpec,
  weights: SegmentModel['weights'],
  calibration: readonly Picture[],
): Promise<void> {
  await mkdir(join(folder, 'calibration'), { recursive: true })
  for (const [i, picture] of calibration.entries())
    await writePng(join(folder, 'calibration', `${String(i).padStart(4, '0')}.png`), picture, { sync: false })
  await writeNetworkFolder(folder, format, spec, weights)
}

/** The pictures of a model that its training has not seen, [height, width, 1]; none where it holds none. */
export async function calibrationPictures({ folder }: Pick<SegmentModel, 'folder'>): Promise<Picture[]> {
  const place = join(folder, 'calibration')
  if (!(await exists(place))) return []
  const { items } = await listPictures(place)
  return Promise.all(items.map(({ path }) => readPicture(path, { channels: 1 })))
}

/** @throws FileError for a folder that holds no such model, or a damaged or foreign one. */
export const loadSegmentModel = (folder: string): Promise<SegmentModel> =>
  readNetworkFolder<SegmentModelSpec>(folder, format)
