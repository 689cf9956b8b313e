/** What every trained network lies in: a folder with `weights.safetensors`, and `model.json`, which says what they mean. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assertShape, type NdArray } from '../io/array.js'
import { writeFileAtomic } from '../io/atomic.js'
import { FileError, fileError, messageOf } from '../io/error.js'
import { readSafetensors, writeSafetensors } from '../io/safetensors.js'
import type { Network } from '../scores/network.js'
import { openNetwork } from '../scores/networks.js'
import { assertParametrisation, type Parametrisation } from '../scores/preconditioning.js'

/** Kinds of models that are told apart. */
export interface Format {
  /** As both files state it. */
  readonly name: string
  readonly version: number
  /** For errors, such as `a model of invdiff`. */
  readonly title: string
  /** What `model.json` must have, besides network and parametrisation. */
  readonly fields: readonly string[]
}

/** What `model.json` says of every network. */
export interface NetworkRecord {
  readonly network: Readonly<Record<string, unknown>>
  readonly parametrisation: Parametrisation
}

export interface NetworkFolder<S> {
  readonly folder: string
  readonly spec: S
  readonly network: Network
  readonly weights: Readonly<Record<string, NdArray<Float32Array>>>
}

/** Writes both files, `model.json` last. Throws FileError. */
export async function writeNetworkFolder(
  folder: string,
  { name: format, version }: Format,
  spec: NetworkRecord,
  weights: NetworkFolder<unknown>['weights'],
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeSafetensors(join(folder, 'weights.safetensors'), { ...weights }, { format, version: String(version) })
  await writeFileAtomic(join(folder, 'model.json'), `${JSON.stringify({ format, version, ...spec }, null, 2)}\n`)
}

/** @throws FileError for a folder that holds no such model, or a damaged or foreign one; RangeError for a bad network. */
export async function readNetworkFolder<S extends NetworkRecord>(
  folder: string,
  format: Format,
): Promise<NetworkFolder<S>> {
  const spec = await readRecord<S>(join(folder, 'model.json'), format)
  const file = join(folder, 'weights.safetensors')
  const { tensors, metadata } = await readSafetensors(file)
  if (metadata.format !== format.name)
    throw new FileError(file, { expected: `the weights of ${format.title}`, found: `metadata ${JSON.stringify(metadata)}` }) // prettier-ignore
  const network = openNetwork(spec.network)
  const weights = Object.entries(network.parameters).map(([name, shape]) => {
    const tensor = tensors[name]
    if (!tensor) throw new FileError(file, { expected: `the tensor '${name}' of the network in model.json`, found: 'none of that name' }) // prettier-ignore
    assertShape(tensor, shape, `${file}: ${name}`)
    return [name, tensor as NdArray<Float32Array>] as const
  })
  return { folder, spec, network, weights: Object.fromEntries(weights) }
}

async function readRecord<S extends NetworkRecord>(file: string, format: Format): Promise<S> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(file, error)
  })
  const expected = `${format.title} (JSON, version ${format.version})`
  let value: Readonly<Record<string, unknown>> | null
  try {
    value = JSON.parse(text) as typeof value
  } catch (cause) {
    throw new FileError(file, { expected, found: messageOf(cause), cause })
  }
  if (value?.format !== format.name) throw new FileError(file, { expected, found: 'JSON of another kind' })
  if (value.version !== format.version)
    throw new FileError(file, { expected, found: `version ${String(value.version)}`, remedy: 'Use the invdiff that wrote it, or train again.' }) // prettier-ignore
  for (const field of [...format.fields, 'network', 'parametrisation'])
    if (value[field] === undefined) throw new FileError(file, { expected, found: `no '${field}'` })
  assertParametrisation(value.parametrisation)
  return value as unknown as S
}
