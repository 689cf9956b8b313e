/**
 * A model as a standard `.onnx` file, its weights written in: the denoiser, one step of a sampler, or the whole sampler.
 *
 * Inputs `channels` [1, C, ...shape], `embedding` [1, E] and, for a model that corrects a surrogate of r axes,
 * `surrogateRotation` [1, r, r] and `surrogateVariances` [1, r + 1] are what the model is shown of one observation
 * (`posterior.condition`). Denoiser and step work in the model's coordinates u = (x - centre) / scale; the sampler gives
 * x, in the units of the unknown, from standard normal noise.
 */
import * as tf from '@tensorflow/tfjs'
import { exportOnnx, type Arrays, type TensorFunction, type TensorSpec } from '../compile/index.js'
import { array } from '../io/array.js'
import { writeFileAtomic } from '../io/atomic.js'
import { terminalLaw } from '../pde/process.js'
import { steps as stepRules } from '../samplers/index.js'
import { planRun, type Plan } from '../samplers/plan.js'
import { levelNames } from '../samplers/program.js'
import { isAdaptive, type Step } from '../samplers/step.js'
import type { Denoiser } from '../scores/denoiser.js'
import { denoiserOf } from '../scores/preconditioning.js'
import { axesTensor, surrogateBase } from '../scores/surrogate.js'
import type { Model } from './model-folder.js'
import { levelsOf, type GridOptions } from './sampling.js'
import { channelsOf, embeddingOf, leastScale, surrogateSizeOf } from './view.js'

export const exportKinds = ['denoiser', 'step', 'sampler'] as const
export type ExportKind = (typeof exportKinds)[number]

export interface ExportModelOptions extends GridOptions {
  readonly what: ExportKind
  /** Samples in one call. Default 1. */
  readonly batch?: number
  /** Name of a step of fixed levels. Default `dpm-solver++2m`. */
  readonly sampler?: string
  readonly alpha?: number | string
}

export interface ExportedModel {
  readonly what: ExportKind
  /** Shapes by name, in the order of the file. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly outputs: readonly string[]
  /** sigma of each level, for a step and a sampler. */
  readonly levels?: readonly number[]
  /** The factor of standard normal noise that gives the first z, for a step. */
  readonly start?: number
  readonly bytes: number
}

type Tensors = Record<string, tf.Tensor>

interface Graph {
  readonly f: TensorFunction
  readonly inputs: Readonly<Record<string, TensorSpec>>
  readonly constants?: Arrays
  readonly outputs: readonly string[]
  readonly about?: Pick<ExportedModel, 'levels' | 'start'>
}

/**
 * Writes the file, whole or not at all.
 *
 * @throws RangeError for unknown names, a batch that is no number from 1, or a sampler that chooses its own levels; FileError
 *   where it cannot be written.
 */
export async function exportModel(model: Model, file: string, options: ExportModelOptions): Promise<ExportedModel> {
  const { what, batch = 1 } = options
  if (!(Number.isSafeInteger(batch) && batch >= 1))
    throw new RangeError(`export: a batch of ${batch}; wants a whole number from 1`)
  const graph = { denoiser: denoiserGraph, step: stepGraph, sampler: samplerGraph }[what](model, batch, options)
  const constants = { ...model.weights, ...graph.constants }
  const bytes = exportOnnx(graph.f, graph.inputs, { constants })
  await writeFileAtomic(file, bytes)
  const inputs = Object.fromEntries(Object.entries(graph.inputs).map(([name, { shape }]) => [name, shape]))
  return { what, inputs, outputs: graph.outputs, ...graph.about, bytes: bytes.length }
}

const shaped = (shape: readonly number[]): TensorSpec => ({ shape: [...shape], dtype: 'float32' })

function conditions({ spec: { view, shape } }: Model): Readonly<Record<string, TensorSpec>> {
  const r = surrogateSizeOf(view)
  return {
    channels: shaped([1, channelsOf(view), ...shape]),
    embedding: shaped([1, embeddingOf(view)]),
    ...(r > 0 && { surrogateRotation: shaped([1, r, r]), surrogateVariances: shaped([1, r + 1]) }),
  }
}

/** The denoiser whose weights and conditions are among the inputs of a graph. */
function denoiserIn({ network, spec: { parametrisation, sigmaData }, spectrum }: Model, inputs: Tensors): Denoiser {
  const weights = Object.fromEntries(Object.keys(network.parameters).map(name => [name, inputs[name]!]))
  const base = spectrum && { base: surrogateBase(axesTensor(spectrum)) }
  const D = denoiserOf(network, weights, { parametrisation, sigmaData, ...base })
  return (x, sigma) => D(x, sigma, inputs)
}

function denoiserGraph(model: Model, n: number): Graph {
  return {
    f: function denoiser(inputs) {
      return { denoised: denoiserIn(model, inputs)(inputs.x!, inputs.sigma!) }
    },
    inputs: { x: shaped([n, ...model.spec.shape]), sigma: shaped([n]), ...conditions(model) },
    outputs: ['denoised'],
  }
}

interface Planned {
  readonly step: Step
  readonly plan: Plan
  readonly levels: readonly number[]
  /** Deviation of the first z of standardised data. */
  readonly start: number
}

function planned(model: Model, options: ExportModelOptions): Planned {
  const step = stepRules.create(options.sampler ?? 'dpm-solver++2m')
  if (isAdaptive(step))
    throw new RangeError(`export: '${step.name}' chooses levels for each sample apart: take a step of fixed levels`)
  const { process, levels } = levelsOf({ process: model.spec.process, ...options })
  const plan = planRun(step, process, levels, options.alpha)
  return { step, plan, levels, start: Math.sqrt(terminalLaw(plan.first, { mean: 0, variance: 1 }).variance) }
}

const memoryNames = ({ memory = 0 }: Step): string[] => Array.from({ length: memory }, (_, j) => `memory${j}`)
const noiseNames = ({ noises = 0 }: Step): string[] => Array.from({ length: noises }, (_, j) => `noise${j}`)

/** [z', ...memory] of one step; `coefficient(i)` is entry i of a call of the plan. */
function advanced(
  { step, plan }: Planned,
  denoise: Denoiser,
  [z, ...memory]: readonly [tf.Tensor, ...tf.Tensor[]],
  noise: readonly tf.Tensor[],
  coefficient: (i: number) => tf.Tensor,
): readonly tf.Tensor[] {
  const own = plan.names.map((name, i) => [name, coefficient(levelNames.length + i)] as const)
  return step.advance({
    ...{ z, memory, noise, c: Object.fromEntries(own) },
    from: { sigma: coefficient(0), m: coefficient(1) },
    to: { sigma: coefficient(2), m: coefficient(3) },
    denoise: (at, { sigma, m }) => denoise(tf.div(at, m), tf.reshape(sigma, [1])),
  })
}

/** z, memory and the number k of the step to those after it; the coefficients of all steps lie in the file. */
function stepGraph(model: Model, n: number, options: ExportModelOptions): Graph {
  const run = planned(model, options)
  const { step, plan, levels, start } = run
  const [memory, noises] = [memoryNames(step), noiseNames(step)]
  const width = plan.calls[0]!.length
  const like = shaped([n, ...model.spec.shape])
  const state = ['z', ...memory]
  return {
    f: function step({ coefficients, k, ...inputs }) {
      const c = tf.gather(coefficients!, k!)
      const at = (i: number): tf.Tensor => tf.reshape(tf.slice(c, [0, i], [1, 1]), [])
      const now = state.map(name => inputs[name]!) as [tf.Tensor, ...tf.Tensor[]]
      const next = advanced(run, denoiserIn(model, inputs), now, noises.map(name => inputs[name]!), at) // prettier-ignore
      return Object.fromEntries(state.map((name, j) => [`${name}.next`, next[j]!]))
    },
    inputs: {
      k: { shape: [1], dtype: 'int32' },
      ...Object.fromEntries([...state, ...noises].map(name => [name, like])),
      ...conditions(model),
    },
    constants: { coefficients: array(Float32Array.from(plan.calls.flat()), [plan.calls.length, width]) },
    outputs: state.map(name => `${name}.next`),
    about: { levels, start },
  }
}

/** Standard normal `start` [n, ...shape], and `noise` [steps, n, ...shape] where the sampler takes some, to x. */
function samplerGraph(model: Model, n: number, options: ExportModelOptions): Graph {
  const run = planned(model, options)
  const { step, plan, levels } = run
  const { shape } = model.spec
  const noises = step.noises ?? 0
  return {
    f: function sampler(inputs) {
      const denoise = denoiserIn(model, inputs)
      const blank = tf.zeros([n, ...shape])
      let state: readonly tf.Tensor[] = [tf.mul(inputs.start!, run.start), ...memoryNames(step).map(() => blank)]
      plan.calls.forEach((call, k) => {
        const noise = noiseNames(step).map((_, j) =>
          tf.reshape(tf.slice(inputs.noise!, k * noises + j, 1), [n, ...shape]),
        )
        state = advanced(run, denoise, state as [tf.Tensor, ...tf.Tensor[]], noise, i => tf.scalar(call[i]!))
      })
      const { m, sigma } = plan.last
      return { x: physical(model, denoise(tf.div(state[0]!, m), tf.tensor1d([sigma])), inputs.channels!) }
    },
    inputs: {
      start: shaped([n, ...shape]),
      ...(noises > 0 && { noise: shaped([plan.calls.length * noises, n, ...shape]) }),
      ...conditions(model),
    },
    outputs: ['x'],
    about: { levels },
  }
}

/** x = centre + scale u; those of other coordinates stand in the first two channels. */
function physical({ spec }: Model, u: tf.Tensor, channels: tf.Tensor): tf.Tensor {
  const { coordinates, mean, std } = spec.view
  if (coordinates === 'standardised') return tf.add(tf.mul(u, std), mean)
  const channel = (c: number): tf.Tensor => tf.reshape(tf.slice(channels, [0, c], [1, 1]), [1, ...spec.shape])
  const centre = tf.add(tf.mul(channel(0), std), mean)
  const scale = tf.maximum(channel(1), leastScale)
  const one = coordinates === 'centred' ? tf.sqrt(tf.mean(tf.square(scale))) : scale
  return tf.add(centre, tf.mul(u, tf.mul(one, std)))
}
