/** A trained model as a folder: `weights.safetensors` and `model.json`, which says everything that the weights mean. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../io/atomic.js'
import { assertShape, type NdArray } from '../io/array.js'
import { FileError, fileError, messageOf } from '../io/error.js'
import { readSafetensors, writeSafetensors } from '../io/safetensors.js'
import type { OperatorFamily } from '../problem.js'
import { openNetwork } from '../scores/networks.js'
import type { Network } from '../scores/network.js'
import { assertParametrisation, type Parametrisation } from '../scores/preconditioning.js'
import type { ProcessSpec } from './process.js'
import type { ViewSpec } from './view.js'

const format = 'invdiff-model'
const version = 1

/** The contents of `model.json`. */
export interface ModelSpec {
  /** The problem that it was trained on, and the shape of its unknown. */
  readonly problem: string
  /** Where a user's own problem lay, from the folder of the model. */
  readonly source?: string
  readonly shape: readonly number[]
  readonly process: ProcessSpec
  readonly time: 't = 0 is data, t = 1 is noise'
  readonly network: Readonly<Record<string, unknown>>
  readonly parametrisation: Parametrisation
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
}

export interface Model {
  readonly folder: string
  readonly spec: ModelSpec
  readonly network: Network
  readonly weights: Readonly<Record<string, NdArray<Float32Array>>>
}

export async function saveModel(
  folder: string,
  spec: ModelSpec,
  weights: Readonly<Record<string, NdArray<Float32Array>>>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeSafetensors(join(folder, 'weights.safetensors'), { ...weights }, { format, version: String(version) })
  await writeFileAtomic(join(folder, 'model.json'), `${JSON.stringify({ format, version, ...spec }, null, 2)}\n`)
}

/** @throws FileError for a folder that holds no model, or a damaged or foreign one. */
export async function loadModel(folder: string): Promise<Model> {
  const spec = await readSpec(join(folder, 'model.json'))
  const file = join(folder, 'weights.safetensors')
  const { tensors, metadata } = await readSafetensors(file)
  if (metadata.format !== format)
    throw new FileError(file, { expected: 'the weights of a model of invdiff', found: `metadata ${JSON.stringify(metadata)}` }) // prettier-ignore
  const network = openNetwork(spec.network)
  const known = Object.entries(network.parameters)
  const weights = known.map(([name, shape]) => {
    const tensor = tensors[name]
    if (!tensor) throw new FileError(file, { expected: `the tensor '${name}' of the network in model.json`, found: 'none of that name' }) // prettier-ignore
    assertShape(tensor, shape, `${file}: ${name}`)
    return [name, tensor as NdArray<Float32Array>] as const
  })
  return { folder, spec, network, weights: Object.fromEntries(weights) }
}

async function readSpec(file: string): Promise<ModelSpec> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(file, error)
  })
  const expected = `a model of invdiff (JSON, version ${version})`
  let value: (Partial<ModelSpec> & { format?: unknown; version?: unknown }) | null
  try {
    value = JSON.parse(text) as typeof value
  } catch (cause) {
    throw new FileError(file, { expected, found: messageOf(cause), cause })
  }
  if (value?.format !== format) throw new FileError(file, { expected, found: 'JSON of another kind' })
  if (value.version !== version)
    throw new FileError(file, { expected, found: `version ${String(value.version)}`, remedy: 'Use the invdiff that wrote it, or train again.' }) // prettier-ignore
  for (const field of ['problem', 'shape', 'process', 'network', 'parametrisation', 'view', 'operators'] as const)
    if (value[field] === undefined) throw new FileError(file, { expected, found: `no '${field}'` })
  assertParametrisation(value.parametrisation)
  return value as ModelSpec
}
