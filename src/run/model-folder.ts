/** A trained model of a problem as a folder (network-folder.ts): `model.json` says everything that the weights mean. */
import type { OperatorFamily } from '../problem.js'
import {
  readNetworkFolder,
  writeNetworkFolder,
  type Format,
  type NetworkFolder,
  type NetworkRecord,
} from './network-folder.js'
import type { ProcessSpec } from './process.js'
import type { ViewSpec } from './view.js'

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

export type Model = NetworkFolder<ModelSpec>

/** Writes a model, `model.json` last. Throws FileError. */
export const saveModel = (folder: string, spec: ModelSpec, weights: Model['weights']): Promise<void> =>
  writeNetworkFolder(folder, format, spec, weights)

/** @throws FileError for a folder that holds no model, or a damaged or foreign one. */
export const loadModel = (folder: string): Promise<Model> => readNetworkFolder<ModelSpec>(folder, format)
