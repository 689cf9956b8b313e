/** What training changes the weights of. */
import type { NdArray } from '../io/array.js'
import type { Key } from '../random.js'
import type { Denoiser } from '../scores/denoiser.js'
import type { Network, Weights } from '../scores/network.js'
import { denoiserOf, type Preconditioning } from '../scores/preconditioning.js'

export interface Trainable {
  /** Plain JSON that tells it from others: a checkpoint of another is refused. */
  readonly spec: Readonly<Record<string, unknown>>
  /** Of one unknown, and of its condition, as training data must have them. */
  readonly shape: readonly number[]
  readonly channels: number
  readonly embedding: number
  /** Shapes of the parameters by name. */
  readonly parameters: Readonly<Record<string, readonly number[]>>
  init(key: Key): Record<string, NdArray<Float32Array>>
  /** The denoiser with given weights, reading `channels`, `embedding` and what else the data hold from its condition. */
  denoiser(weights: Weights): Denoiser
}

/** A network with its preconditioning, to be trained. A base takes one of the network's channels. */
export function trainable(network: Network, preconditioning: Preconditioning = {}): Trainable {
  const { parametrisation = 'edm', sigmaData = 1, base } = preconditioning
  const { kind, spec, shape, channels, embedding, parameters } = network
  return {
    spec: { kind, network: spec, parametrisation, sigmaData, base: base !== undefined },
    shape,
    channels: channels - (base ? 1 : 0),
    embedding,
    parameters,
    init: key => network.init(key),
    denoiser: weights => denoiserOf(network, weights, preconditioning),
  }
}
