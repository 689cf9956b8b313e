/** The posterior of a trained model: samples of the unknown, given measurements. */
import * as tf from '@tensorflow/tfjs'
import { momentAccumulator, quantiles, type Moments } from './diagnostics/summary.js'
import { array, assertShape, sizeOf, type NdArray } from './io/array.js'
import type { PriorMoments } from './operators/encode.js'
import type { Problem, ProblemParts } from './problem.js'
import { writePosterior } from './run/arviz.js'
import { conditionOf, stacked, type Conditioned, type Observation } from './run/condition.js'
import { loadModel, type Model } from './run/model-folder.js'
import { priorMoments } from './run/moments.js'
import { problemOfModel } from './run/problems.js'
import { processFrom, type ProcessSpec } from './run/process.js'
import { fromCoordinates, toCoordinates } from './run/view.js'
import { logProb, openSampler, steps as stepRules, timeGrids, type Progress, type Sampler } from './samplers/index.js'
import type { Denoiser } from './scores/denoiser.js'
import { denoiserOf } from './scores/preconditioning.js'

export type { Observation } from './run/condition.js'

/** The levels that a sampler takes. */
export interface GridOptions {
  /** Default: the process that the model was trained with. */
  readonly process?: ProcessSpec
  /** Default 20. */
  readonly steps?: number
  /** Name of a time grid. Default `karras`. */
  readonly grid?: string
  /** Range of the noise levels; default 0.02 to 100, as far as the process goes. */
  readonly sigmaMin?: number
  readonly sigmaMax?: number
}

export interface SamplingOptions extends GridOptions {
  /** Draws for each observation. Default 64. */
  readonly draws?: number
  /** Name of a step. Default `dpm-solver++2m`. */
  readonly sampler?: string
  readonly alpha?: number | string
  /** Default 0. */
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly progress?: (report: Progress) => void
}

export interface BatchOptions extends SamplingOptions {
  /** Draws in a batch, rounded up to 16. Default: about 2^18 numbers. */
  readonly batch?: number
}

export interface LogProbOptions extends GridOptions, Pick<SamplingOptions, 'seed' | 'signal'> {
  /** Random directions of Hutchinson's estimate, for more than 16 cells. Default 8. */
  readonly probes?: number
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
  /** The draws of `sample`, one batch after the other: memory does not grow with their number. */
  sampleBatches(observation: Observation, options?: BatchOptions): AsyncGenerator<Draws, void, undefined>
  /** Mean and deviation over the draws [...shape], held two fields at a time. */
  moments(observation: Observation, options?: BatchOptions): Promise<Moments>
  /** Quantiles of each cell [levels, ...shape]. @throws RangeError for levels outside of [0, 1]. */
  quantiles(observation: Observation, levels: readonly number[], options?: SamplingOptions): Promise<NdArray<Float64Array>> // prettier-ignore
  /**
   * log p(x | y) [n] of fields x [n, ...shape] in the units of the unknown, by the probability flow (samplers/log-prob.ts): the
   * density smoothed by `sigmaMin` in the coordinates of the model, exact up to 16 cells, else estimated without bias.
   */
  logProb(observation: Observation, x: NdArray, options?: LogProbOptions): Promise<NdArray<Float64Array>>
  /** Writes draws as `sampleBatches` makes them, in ArviZ's layout (Zarr). @throws FileError where the folder is taken. */
  save(folder: string, observation: Observation, options?: BatchOptions): Promise<Omit<Draws, 'x'>>
  dispose(): Promise<void>
}

/**
 * Opens the model of a folder.
 *
 * @param problem path of a user's own, where it no longer lies where the model was trained.
 * @throws FileError, RangeError: see `loadModel` and `loadProblem`.
 */
export async function loadPosterior(folder: string, problem?: string): Promise<Posterior> {
  const model = await loadModel(folder)
  return openPosterior(model, await problemOfModel(model, problem))
}

export async function openPosterior(model: Model, problem: Problem): Promise<Posterior> {
  const { spec } = model
  const { shape } = spec
  const parts = problem.build(shape)
  const prior = await priorMoments(parts)
  const denoise = denoiserOfModel(model)
  const samplers = new Map<string, Sampler>()
  const samplerOf = (name: string): Sampler => {
    const known = samplers.get(name) ?? openSampler({ denoise, shape, step: stepRules.create(name) })
    samplers.set(name, known)
    return known
  }
  const shown = (observation: Observation): Conditioned => conditionOf(parts, prior, spec.view, observation)

  /** Draws first, ..., first + draws - 1 of one observation, or all draws of several. */
  async function draw(views: readonly Conditioned[], options: SamplingOptions, first = 0): Promise<Draws[]> {
    const { draws = 64, sampler = 'dpm-solver++2m', seed = 0, alpha, signal, progress } = options
    const n = views.length * draws
    const { x, calls, seconds, stopped } = await samplerOf(sampler).sample({
      ...{ n, first, seed, condition: stacked(views, draws, shape), ...levelsOf(model, options) },
      ...(alpha !== undefined && { alpha }),
      ...(signal && { signal }),
      ...(progress && { progress }),
    })
    if (stopped) throw new Error(`sampling was stopped (${stopped}) after ${x.shape[0]!} of ${n} draws`)
    const N = sizeOf(shape)
    return views.map(({ view }, i) => ({
      x: fromCoordinates(x.data.subarray(i * draws * N, (i + 1) * draws * N), view, shape),
      ...{ calls, seconds: seconds / views.length },
    }))
  }

  const sampleMany: Posterior['sampleMany'] = (observations, options = {}) => draw(observations.map(shown), options)
  const sample: Posterior['sample'] = async (observation, options) => (await sampleMany([observation], options))[0]!

  async function* sampleBatches(
    observation: Observation,
    { batch = 2 ** 18 / sizeOf(shape), draws = 64, progress, ...options }: BatchOptions = {},
  ): AsyncGenerator<Draws, void, undefined> {
    if (!(batch > 0)) throw new RangeError(`sampleBatches: a batch of ${batch} draws; wants a positive number`)
    const view = [shown(observation)]
    const size = 16 * Math.ceil(batch / 16)
    let before = 0
    for (let first = 0; first < draws; first += size) {
      const told = progress && {
        progress: (report: Progress) => {
          progress({ ...report, done: first + report.done, n: draws, seconds: before + report.seconds })
        },
      }
      const made = (await draw(view, { ...options, ...told, draws: Math.min(size, draws - first) }, first))[0]!
      before += made.seconds
      yield made
    }
  }

  return {
    ...{ model, problem, parts, prior, sample, sampleMany, sampleBatches },
    async moments(observation, options) {
      const accumulator = momentAccumulator(shape)
      for await (const { x } of sampleBatches(observation, options)) accumulator.add(x)
      return accumulator.moments()
    },
    quantiles: async (observation, levels, options) => quantiles((await sample(observation, options)).x, levels),
    async logProb(observation, x, { seed = 0, probes = 8, signal, ...options } = {}) {
      assertShape(x, [null, ...shape], 'logProb: x')
      const { view, embedding } = shown(observation)
      const u = array(toCoordinates(Float64Array.from(x.data as Float64Array), view), x.shape)
      const { levels } = levelsOf(model, { steps: 40, ...options })
      const condition = stacked([{ view, embedding }], 1, shape)
      const log = await logProb({ ...{ denoise, x: u, levels, condition, seed, probes }, ...(signal && { signal }) })
      const stretch = view.scale.reduce((sum, s) => sum + Math.log(s), 0)
      return array(Float64Array.from(log.data, value => value - stretch), [x.shape[0]!]) // prettier-ignore
    },
    async save(folder, observation, options = {}) {
      const { draws = 64 } = options
      const spent = { calls: 0, seconds: 0 }
      async function* batches(): AsyncGenerator<{ x: NdArray }> {
        for await (const { x, calls, seconds } of sampleBatches(observation, options)) {
          Object.assign(spent, { calls, seconds: spent.seconds + seconds })
          yield { x }
        }
      }
      const values = array(Float64Array.from(observation.y.data as Float64Array), [observation.y.size])
      await writePosterior(folder, {
        ...{ unknown: parts.unknown, draws, batches: batches() },
        observed: { name: 'y', units: parts.state.units, values },
      })
      return spent
    },
    async dispose() {
      for (const sampler of samplers.values()) await sampler.dispose()
      samplers.clear()
    },
  }
}

/** The process and the levels of a run. */
export function levelsOf(
  { spec }: Model,
  options: GridOptions,
): { process: ReturnType<typeof processFrom>; levels: number[] } {
  // prettier-ignore
  const { steps = 20, grid = 'karras', sigmaMin = 0.02, sigmaMax = 100 } = options
  const process = processFrom(options.process ?? spec.process)
  return { process, levels: timeGrids.create(grid, { sigmaMin, sigmaMax })(process.schedule, steps) }
}

/** The denoiser of a model's weights, in its coordinates. */
export function denoiserOfModel({ network, weights, spec }: Model): Denoiser {
  const { parametrisation, sigmaData } = spec
  const tensors = Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)] as const)
  return denoiserOf(network, Object.fromEntries(tensors), { parametrisation, sigmaData })
}
