/**
 * A model of sound pictures as a folder: `weights.safetensors`, `model.json`, which says everything that the weights mean, and
 * `calibration/`, pictures that training has not seen, from which thresholds are found for any settings.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assertShape, type NdArray } from '../../io/array.js'
import { exists, writeFileAtomic } from '../../io/atomic.js'
import { FileError, fileError, messageOf } from '../../io/error.js'
import { readPicture, writePng, type Picture } from '../../io/image.js'
import { readSafetensors, writeSafetensors } from '../../io/safetensors.js'
import { openNetwork } from '../../scores/networks.js'
import type { Network } from '../../scores/network.js'
import { assertParametrisation, type Parametrisation } from '../../scores/preconditioning.js'
import { listPictures } from './folder.js'
import type { ProcessSpec } from '../process.js'

const format = 'invdiff-segment'
const version = 1

export const noiseKinds = ['gaussian', 'simplex'] as const
/** What is added to pictures: white noise, or fractal simplex noise (random/simplex.ts). */
export type NoiseKind = (typeof noiseKinds)[number]

/** The contents of `model.json`. */
export interface SegmentModelSpec {
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
  readonly network: Readonly<Record<string, unknown>>
  readonly parametrisation: Parametrisation
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

export interface SegmentModel {
  readonly folder: string
  readonly spec: SegmentModelSpec
  readonly network: Network
  readonly weights: Readonly<Record<string, NdArray<Float32Array>>>
}

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
  await writeSafetensors(join(folder, 'weights.safetensors'), { ...weights }, { format, version: String(version) })
  await writeFileAtomic(join(folder, 'model.json'), `${JSON.stringify({ format, version, ...spec }, null, 2)}\n`)
}

/** The pictures of a model that its training has not seen, [height, width, 1]; none where it holds none. */
export async function calibrationPictures({ folder }: Pick<SegmentModel, 'folder'>): Promise<Picture[]> {
  const place = join(folder, 'calibration')
  if (!(await exists(place))) return []
  const { items } = await listPictures(place)
  return Promise.all(items.map(({ path }) => readPicture(path, { channels: 1 })))
}

/** @throws FileError for a folder that holds no such model, or a damaged or foreign one. */
export async function loadSegmentModel(folder: string): Promise<SegmentModel> {
  const spec = await readSpec(join(folder, 'model.json'))
  const file = join(folder, 'weights.safetensors')
  const { tensors, metadata } = await readSafetensors(file)
  if (metadata.format !== format)
    throw new FileError(file, { expected: 'the weights of a model of pictures', found: `metadata ${JSON.stringify(metadata)}` }) // prettier-ignore
  const network = openNetwork(spec.network)
  const weights = Object.entries(network.parameters).map(([name, shape]) => {
    const tensor = tensors[name]
    if (!tensor) throw new FileError(file, { expected: `the tensor '${name}' of the network in model.json`, found: 'none of that name' }) // prettier-ignore
    assertShape(tensor, shape, `${file}: ${name}`)
    return [name, tensor as NdArray<Float32Array>] as const
  })
  return { folder, spec, network, weights: Object.fromEntries(weights) }
}

async function readSpec(file: string): Promise<SegmentModelSpec> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(file, error)
  })
  const expected = `a model of pictures (JSON, version ${version}), as 'invdiff segment train' writes it`
  let value: (Partial<SegmentModelSpec> & { format?: unknown; version?: unknown }) | null
  try {
    value = JSON.parse(text) as typeof value
  } catch (cause) {
    throw new FileError(file, { expected, found: messageOf(cause), cause })
  }
  if (value?.format !== format) throw new FileError(file, { expected, found: 'JSON of another kind' })
  if (value.version !== version)
    throw new FileError(file, { expected, found: `version ${String(value.version)}`, remedy: 'Use the invdiff that wrote it, or train again.' }) // prettier-ignore
  for (const field of ['patch', 'size', 'pixels', 'process', 'latest', 'noise', 'network', 'parametrisation'] as const)
    if (value[field] === undefined) throw new FileError(file, { expected, found: `no '${field}'` })
  assertParametrisation(value.parametrisation)
  return value as SegmentModelSpec
}
