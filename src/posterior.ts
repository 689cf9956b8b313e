/** The posterior of a trained model: samples of the unknown, given measurements. */
import * as tf from '@tensorflow/tfjs'
import { array, sizeOf, type NdArray } from './io/array.js'
import { encodeAdjoint, encodeLmmse, encodeRaw, type PriorMoments } from './operators/encode.js'
import { matrixOf } from './operators/linear.js'
import { isLinear } from './operators/operator.js'
import type { Problem, ProblemParts } from './problem.js'
import { loadModel, type Model } from './run/model-folder.js'
import { priorMoments } from './run/moments.js'
import { loadProblem } from './run/problems.js'
import { processFrom, type ProcessSpec } from './run/process.js'
import { measurementOf, type Setting } from './run/setting.js'
import { embed, fromCoordinates, viewOf, type View } from './run/view.js'
import { openSampler, steps as stepRules, timeGrids, type Progress, type Sampler } from './samplers/index.js'
import type { Denoiser } from './scores/denoiser.js'
import { denoiserOf } from './scores/preconditioning.js'

/** A measurement with all that is known of how it was made. */
export interface Observation extends Setting {
  /** [m], or the shape of the operator's output. */
  readonly y: NdArray
}

export interface SamplingOptions {
  /** Draws for each observation. Default 64. */
  readonly draws?: number
  /** Default: the process that the model was trained with. */
  readonly process?: ProcessSpec
  /** Name of a step. Default `dpm-solver++2m`. */
  readonly sampler?: string
  /** Default 20. */
  readonly steps?: number
  readonly alpha?: number | string
  /** Name of a time grid. Default `karras`. */
  readonly grid?: string
  /** Range of the noise levels; default 0.02 to 100, as far as the process goes. */
  readonly sigmaMin?: number
  readonly sigmaMax?: number
  /** Default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly progress?: (report: Progress) => void
}

export interface Draws {
  /** [draws, ...shape] for one observation, in the units of the unknown. */
  readonly x: NdArray<Float64Array>
  /** Denoiser calls for one draw. */
  readonly calls: number
  readonly seconds: number
}

export interface Posterior {
  readonly model: Model
  readonly problem: Problem
  readonly parts: ProblemParts
  readonly prior: PriorMoments
  /** Draws for one observation. @throws RangeError for an observation that does not fit the problem. */
  sample(observation: Observation, options?: SamplingOptions): Promise<Draws>
  /** Draws for many observations at once: draw r of observation i is sample i draws + r of the seed. */
  sampleMany(observations: readonly Observation[], options?: SamplingOptions): Promise<Draws[]>
  dispose(): Promise<void>
}

/** Opens the model of a folder. @throws FileError, RangeError: see `loadModel` and `loadProblem`. */
export async function loadPosterior(folder: string): Promise<Posterior> {
  const model = await loadModel(folder)
  return openPosterior(model, await loadProblem(model.spec.problem))
}

export async function openPosterior(model: Model, problem: Problem): Promise<Posterior> {
  const { spec } = model
  const parts = problem.build(spec.shape)
  const prior = await priorMoments(parts)
  const denoise = denoiserOfModel(model)
  const samplers = new Map<string, Sampler>()
  const samplerOf = (name: string): Sampler => {
    const known = samplers.get(name) ?? openSampler({ denoise, shape: spec.shape, step: stepRules.create(name) })
    samplers.set(name, known)
    return known
  }

  async function sampleMany(observations: readonly Observation[], options: SamplingOptions = {}): Promise<Draws[]> {
    const { draws = 64, sampler = 'dpm-solver++2m', steps = 20, seed = 0, alpha, signal, progress } = options
    const views = observations.map(observation => conditionOf(parts, prior, model, observation))
    const process = processFrom(options.process ?? spec.process)
    const grid = timeGrids.create(options.grid ?? 'karras', { sigmaMin: options.sigmaMin ?? 0.02, sigmaMax: options.sigmaMax ?? 100 }) // prettier-ignore
    const n = observations.length * draws
    const { x, calls, seconds, stopped } = await samplerOf(sampler).sample({
      ...{ n, process, seed, condition: stacked(views, draws, spec.shape) },
      levels: grid(process.schedule, steps),
      ...(alpha !== undefined && { alpha }),
      ...(signal && { signal }),
      ...(progress && { progress }),
    })
    if (stopped) throw new Error(`sampling was stopped (${stopped}) after ${x.shape[0]!} of ${n} draws`)
    const N = sizeOf(spec.shape)
    return views.map(({ view }, i) => ({
      x: fromCoordinates(x.data.subarray(i * draws * N, (i + 1) * draws * N), view, spec.shape),
      ...{ calls, seconds: seconds / observations.length },
    }))
  }

  return {
    ...{ model, problem, parts, prior, sampleMany },
    sample: async (observation, options) => (await sampleMany([observation], options))[0]!,
    async dispose() {
      for (const sampler of samplers.values()) await sampler.dispose()
      samplers.clear()
    },
  }
}

/** The denoiser of a model's weights, in its coordinates. */
export function denoiserOfModel({ network, weights, spec }: Model): Denoiser {
  const { parametrisation, sigmaData } = spec
  const tensors = Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)] as const)
  return denoiserOf(network, Object.fromEntries(tensors), { parametrisation, sigmaData })
}

interface Conditioned {
  readonly view: View
  readonly embedding: Float32Array
}

/** What the model is shown of an observation. */
function conditionOf(parts: ProblemParts, prior: PriorMoments, { spec }: Model, observation: Observation): Conditioned {
  const { operator: A, noise, size } = measurementOf(parts, observation)
  if (observation.y.size !== size)
    throw new RangeError(`observation: y has ${observation.y.size} values, its operator '${A.name}' makes ${size}`)
  if (!isLinear(A)) throw new RangeError(`operator '${A.name}' is not linear: its encoding needs an ensemble`)
  const y = array(Float64Array.from(observation.y.data as Float64Array), [size])
  const rows = matrixOf(A)
  const R = noise.covariance(array(product(rows, prior.mean), [size]))
  const { shape } = prior.mean
  const encoded = {
    lmmse: () => encodeLmmse(prior, { rows, noise: R, y }),
    adjoint: () => encodeAdjoint(prior, { rows, noise: R, y }),
    raw: () => encodeRaw({ rows, y }, shape),
  }[spec.view.encode]()
  const deviation = Math.sqrt(R.data.reduce((sum, v) => sum + v, 0) / R.data.length)
  return { view: viewOf(spec.view, encoded), embedding: embed(spec.view, observation, deviation, size) }
}

/** A x. */
function product(A: NdArray<Float64Array>, x: NdArray): Float64Array {
  const [m, N] = A.shape as [number, number]
  return Float64Array.from({ length: m }, (_, i) => {
    let sum = 0
    for (let k = 0; k < N; k++) sum += A.data[i * N + k]! * (x.data as Float64Array)[k]!
    return sum
  })
}

/** Conditions of `draws` samples for each observation; one for all where there is one. */
function stacked(
  views: readonly Conditioned[],
  draws: number,
  shape: readonly number[],
): Record<'channels' | 'embedding', NdArray<Float32Array>> {
  const times = views.length === 1 ? 1 : draws
  const lay = (parts: readonly Float32Array[], tail: readonly number[]): NdArray<Float32Array> => {
    const size = parts[0]!.length
    const out = new Float32Array(parts.length * times * size)
    parts.forEach((part, i) => {
      for (let r = 0; r < times; r++) out.set(part, (i * times + r) * size)
    })
    return array(out, [parts.length * times, ...tail])
  }
  const channels = views[0]!.view.channels.length / sizeOf(shape)
  return {
    channels: lay(
      views.map(({ view }) => view.channels),
      [channels, ...shape],
    ),
    embedding: lay(
      views.map(({ embedding }) => embedding),
      [views[0]!.embedding.length],
    ),
  }
}
