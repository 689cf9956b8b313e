/**
 * The compiled functions of a run, each for one chunk of samples: a step, and the denoiser that ends the run. State stays in
 * the engine; a call brings a vector of coefficients and the noise, so the graph is traced once for all levels.
 */
import * as tf from '@tensorflow/tfjs'
import { compile, type Arrays, type CompileOptions, type Executable, type Signature } from '../compile/index.js'
import { array, type NdArray } from '../io/array.js'
import type { Denoiser } from '../scores/denoiser.js'
import { isAdaptive, type AdaptiveStep, type AnyStep, type Step, type TensorLevel } from './step.js'

export type Real = NdArray<Float32Array> | NdArray<Float64Array>

/** How a sampler's functions are compiled; see `compile`. */
export type EngineOptions = Pick<CompileOptions, 'device' | 'threads' | 'precision' | 'worker' | 'engine'>

/** One chunk of samples, and what is known of them. */
export interface ChunkShape {
  readonly size: number
  readonly shape: readonly number[]
  /** Shapes of the condition's tensors in a chunk, leading axis included. */
  readonly condition: Readonly<Record<string, readonly number[]>>
}

type Tensors = Record<string, tf.Tensor>

/** Names of inputs never meet: those of the condition carry a prefix. */
export const conditionInput = (name: string): string => `condition.${name}`
export const memoryName = (j: number): string => `memory${j}`
export const noiseName = (j: number): string => `noise${j}`

/** Coefficients that every step receives, before its own. */
export const levelNames = ['from.sigma', 'from.m', 'to.sigma', 'to.m'] as const

const count = (n = 0): number[] => Array.from({ length: n }, (_, j) => j)

/** Zeros of the engine's precision. */
export function zerosOf(precision: CompileOptions['precision'], shape: readonly number[]): Real {
  const size = shape.reduce((a, b) => a * b, 1)
  return precision === 'float64' ? array(new Float64Array(size), shape) : array(new Float32Array(size), shape)
}

/** The zero state of a chunk: z and the step's memory; also ln sigma and its step where each sample has its own. */
export function blankState(
  step: AnyStep,
  chunk: ChunkShape,
  precision: CompileOptions['precision'],
): Record<string, Real> {
  const like = (shape: readonly number[]): Real => zerosOf(precision, [chunk.size, ...shape])
  const names = ['z', ...count(step.memory).map(memoryName)]
  const state = Object.fromEntries(names.map(name => [name, like(chunk.shape)]))
  const ones = chunk.shape.map(() => 1)
  return isAdaptive(step) ? { ...state, l: like(ones), h: like(ones) } : state
}

/**
 * One call is one step of a chunk.
 *
 * @param names of the step's coefficients, in the order in which each call brings them after `levelNames`; for an adaptive
 *   step each call brings the last ln sigma and alpha, and gives back how many samples are still above it, as `left`.
 */
export function compileStep(
  step: AnyStep,
  names: readonly string[],
  denoise: Denoiser,
  chunk: ChunkShape,
  options: EngineOptions,
): Promise<Executable> {
  const noises = count(step.noises).map(j => [noiseName(j), [chunk.size, ...chunk.shape]] as const)
  const size = isAdaptive(step) ? 2 : levelNames.length + names.length
  const signature: Signature = { c: [size], ...Object.fromEntries(noises), ...conditionSignature(chunk) }
  const state: Arrays = blankState(step, chunk, options.precision)
  const f = isAdaptive(step) ? adaptiveCall(step, denoise) : fixedCall(step, names, denoise)
  return compile(f, signature, { ...options, state })
}

/** One call is E[x0 | z] of a chunk at the level c = [sigma, m]. */
export function compileFinish(denoise: Denoiser, chunk: ChunkShape, options: EngineOptions): Promise<Executable> {
  const finish = (inputs: Tensors): Tensors => {
    const level = { sigma: entry(inputs.c!, 0), m: entry(inputs.c!, 1) }
    return { x: atLevel(denoise, inputs)(inputs.z!, level) }
  }
  return compile(finish, { c: [2], z: [chunk.size, ...chunk.shape], ...conditionSignature(chunk) }, options)
}

const conditionSignature = ({ condition }: ChunkShape): Signature =>
  Object.fromEntries(Object.entries(condition).map(([name, shape]) => [conditionInput(name), shape]))

/** Entry i of a vector: a scalar. */
export const entry = (vector: tf.Tensor, i: number): tf.Tensor => tf.reshape(tf.slice(vector, [i], [1]), [])

/** The condition among the inputs of a compiled function. */
export function conditionIn(inputs: Tensors): Tensors {
  const prefix = conditionInput('')
  const known = Object.entries(inputs).filter(([name]) => name.startsWith(prefix))
  return Object.fromEntries(known.map(([name, tensor]) => [name.slice(prefix.length), tensor]))
}

/** The denoiser of z at a level that all samples share. */
function atLevel(denoise: Denoiser, inputs: Tensors): (z: tf.Tensor, level: TensorLevel) => tf.Tensor {
  const condition = conditionIn(inputs)
  return (z, { sigma, m }) => denoise(tf.div(z, m), tf.reshape(sigma, [1]), condition)
}

const listed = (inputs: Tensors, name: (j: number) => string, n = 0): tf.Tensor[] => count(n).map(j => inputs[name(j)]!)

function fixedCall(step: Step, names: readonly string[], denoise: Denoiser): (inputs: Tensors) => Tensors {
  return inputs => {
    const c = (i: number): tf.Tensor => entry(inputs.c!, i)
    const own = names.map((name, i) => [name, c(levelNames.length + i)] as const)
    const next = step.advance({
      z: inputs.z!,
      from: { sigma: c(0), m: c(1) },
      to: { sigma: c(2), m: c(3) },
      c: Object.fromEntries(own),
      noise: listed(inputs, noiseName, step.noises),
      memory: listed(inputs, memoryName, step.memory),
      denoise: atLevel(denoise, inputs),
    })
    return stateOf(step, next)
  }
}

/** [z, ...memory] by name. */
function stateOf({ name, memory = 0 }: AnyStep, [z, ...kept]: readonly tf.Tensor[]): Tensors {
  if (!z || kept.length !== memory)
    throw new Error(`step '${name}': returned ${kept.length + (z ? 1 : 0)} tensors; wants z and ${memory} of memory`)
  return { z, ...Object.fromEntries(kept.map((tensor, j) => [memoryName(j), tensor])) }
}

/** Samples that have reached the last level stay as they are. */
function adaptiveCall(step: AdaptiveStep, denoise: Denoiser): (inputs: Tensors) => Tensors {
  return inputs => {
    const { z, l, h } = inputs as { z: tf.Tensor; l: tf.Tensor; h: tf.Tensor }
    const condition = conditionIn(inputs)
    const [end, alpha] = [entry(inputs.c!, 0), entry(inputs.c!, 1)]
    const memory = listed(inputs, memoryName, step.memory)
    const remaining = tf.sub(l, end)
    const taken = tf.minimum(h, remaining)
    const tried = step.attempt({
      x: z,
      l,
      h: taken,
      alpha,
      noise: listed(inputs, noiseName, step.noises),
      memory,
      denoise: (x, at) => denoise(x, tf.reshape(tf.exp(tf.mul(at, tf.onesLike(l))), [-1]), condition),
    })
    const active = tf.greater(remaining, 0)
    const moves = tf.logicalAnd(active, tried.accepted)
    const below = tf.where(tf.greaterEqual(taken, remaining), tf.mul(end, tf.onesLike(l)), tf.sub(l, taken))
    const at = tf.where(moves, below, l)
    const everywhere = tf.broadcastTo(moves, z.shape)
    const next = [tried.x, ...tried.memory].map((tensor, j) =>
      tf.where(everywhere, tensor, j === 0 ? z : memory[j - 1]!),
    )
    const left = tf.sum(tf.cast(tf.greater(at, end), 'float32'))
    return { ...stateOf(step, next), l: at, h: tf.where(active, tried.h, h), left }
  }
}
