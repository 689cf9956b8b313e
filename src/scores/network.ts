/**
 * A network F_theta as data: the shapes of its parameters, how they begin, and a pure function of them. What it means as a
 * denoiser is the preconditioning's business (preconditioning.ts).
 */
import type * as tf from '@tensorflow/tfjs'
import type { NdArray } from '../io/array.js'
import type { Key } from '../random.js'

/** What a network is conditioned on; each with a leading axis of n, or of 1 where all samples share it. */
export interface NetworkCondition {
  /** Fields on the unknown's grid [n, channels, ...shape]. */
  readonly channels?: tf.Tensor
  /** Numbers that describe the operator [n, embedding]. */
  readonly embedding?: tf.Tensor
}

/** Parameters, or anything that goes with each of them, by name. */
export type Weights = Readonly<Record<string, tf.Tensor>>

export interface Network {
  /** `mlp` or `unet`. */
  readonly kind: string
  /** Everything that makes the network again, plain JSON: `openNetwork(spec)`. */
  readonly spec: Readonly<Record<string, unknown>>
  /** Of one sample of the unknown, as samplers see it: [d], [nx] or [nx, ny]. */
  readonly shape: readonly number[]
  /** Numbers of channels and of embedding entries that the condition has; 0 where it has none. */
  readonly channels: number
  readonly embedding: number
  /** Shapes of the parameters by name, in the order in which they are kept. */
  readonly parameters: Readonly<Record<string, readonly number[]>>
  /** Seeded first values. */
  init(key: Key): Record<string, NdArray<Float32Array>>
  /** F(x, noise level): x [n, ...shape], noise [n] or [1] (c_noise of the preconditioning), to [n, ...shape]. */
  apply(weights: Weights, x: tf.Tensor, noise: tf.Tensor, condition: NetworkCondition): tf.Tensor
  /** Multiplications and additions of one forward pass of one sample. */
  readonly flops: number
}
