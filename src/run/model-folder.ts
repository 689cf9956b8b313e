/** A trained model of a problem as a folder (network-folder.ts): `model.json` says everything that the weights mean. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { array, assertShape, sizeOf } from '../io/array.js'
import { FileError } from '../io/error.js'
import { readSafetensors, writeSafetensors } from '../io/safetensors.js'
import type { Spectrum } from '../linalg/spectrum.js'
import type { OperatorFamily } from '../problem.js'
import {
  readNetworkFolder,
  writeNetworkFolder,
  type Format,
  type NetworkFolder,
  type NetworkRecord,
} from './network-folder.js'
import type { ProcessSpec } from './process.js'
import { surrogateSizeOf, type ViewSpec } from './view.js'

const format: Format = {
  name: 'invdiff-model',
  version: 1,
  title: 'a model of invdiff',
  fields: ['problem', 'shape', 'process', 'view', 'operators'],
}

/** The contents of `model.json`. */
export interface ModelSpec extends NetworkRecord {
  /** The problem that it was trained on, and the shape of its unknown. */
  readonly problem: string
  /** Where a user's own problem lay, from the folder of the model. */
  readonly source?: string
  readonly shape: readonly number[]
  readonly process: ProcessSpec
  readonly time: 't = 0 is data, t = 1 is noise'
  readonly sigmaData: number
  readonly view: ViewSpec
  /** The training mixture. */
  readonly operators: readonly OperatorFamily[]
  readonly training: TrainingRecord
}

/** What it took to train. */
export interface TrainingRecord {
  readonly seed: number
  readonly steps: number
  readonly batch: number
  readonly seconds: number
  readonly loss: string
  /** The distribution of noise levels: its name and options. */
  readonly levels?: Readonly<Record<string, unknown>>
  readonly heldOut: number | null
  /** What `trainProblem` was asked for (train-command.ts); models of before have none. */
  readonly options?: Readonly<Record<string, unknown>>
  /** Cores, processor, and threads where fewer were used. */
  readonly machine?: string
}

export interface Model extends NetworkFolder<ModelSpec> {
  /** The axes of the surrogate that the network corrects. */
  readonly spectrum?: Spectrum
}

const surrogateFile = 'surrogate.safetensors'

/** Writes a model, `model.json` last. Throws FileError. */
export async function saveModel(
  folder: string,
  spec: ModelSpec,
  weights: Model['weights'],
  spectrum?: Spectrum,
): Promise<void> {
  if (spectrum) {
    const { variances, axes, rest } = spectrum
    const tensors = {
      variances: array(Float32Array.from(variances)),
      rest: array(Float32Array.of(rest)),
      axes: array(Float32Array.from(axes), [variances.length, axes.length / variances.length]),
    }
    await mkdir(folder, { recursive: true })
    await writeSafetensors(join(folder, surrogateFile), tensors, { format: format.name })
  }
  await writeNetworkFolder(folder, format, spec, weights)
}

/** @throws FileError for a folder that holds no model, or a damaged or foreign one. */
export async function loadModel(folder: string): Promise<Model> {
  const model = await readNetworkFolder<ModelSpec>(folder, format)
  const { view, shape } = model.spec
  const r = surrogateSizeOf(view)
  if (r === 0) return model
  const file = join(folder, surrogateFile)
  const { tensors } = await readSafetensors(file)
  const of = (name: string, wanted: readonly number[]): Float64Array => {
    const tensor = tensors[name]
    if (!tensor) throw new FileError(file, { expected: `the tensor '${name}'`, found: 'none of that name' })
    assertShape(tensor, wanted, `${file}: ${name}`)
    return Float64Array.from(tensor.data as Float32Array)
  }
  return {
    ...model,
    spectrum: { variances: of('variances', [r]), axes: of('axes', [r, sizeOf(shape)]), rest: of('rest', [1])[0]! },
  }
}
