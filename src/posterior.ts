/** The posterior of a trained model: samples of the unknown, given measurements. */
import * as tf from '@tensorflow/tfjs'
import { momentAccumulator, quantiles, type Moments } from './diagnostics/summary.js'
import { array, assertShape, sizeOf, type NdArray } from './io/array.js'
import type { PriorMoments } from './operators/encode.js'
import type { Problem, ProblemParts } from './problem.js'
import { writePosterior } from './run/arviz.js'
import { conditionOf, stacked, type Conditioned, type ModelCondition, type Observation } from './run/condition.js'
import { guidedDenoiser, guidingConditions, parted, type GuidanceName, type GuidanceOptions } from './run/guided.js'
import { loadModel, type Model } from './run/model-folder.js'
import { priorMoments } from './run/moments.js'
import { problemOfModel } from './run/problems.js'
import { levelsOf, openDrawing, type Drawing, type DrawOptions, type Draws, type GridOptions } from './run/sampling.js'
import { toCoordinates } from './run/view.js'
import { logProb, type Progress } from './samplers/index.js'
import type { Denoiser } from './scores/denoiser.js'
import { denoiserOf } from './scores/preconditioning.js'
import { axesTensor, surrogateBase } from './scores/surrogate.js'

export type { Observation } from './run/condition.js'
export type { Draws, GridOptions } from './run/sampling.js'

/** How draws are made. */
export interface SamplingOptions extends DrawOptions, GuidanceOptions {}

/** What the network is shown, and the conditions of guidance. */
interface Seen extends Conditioned {
  readonly guide?: ReturnType<typeof guidingConditions>
}

export interface BatchOptions extends SamplingOptions {
  /** Draws in a batch, rounded up to 16. Default: about 2^18 numbers. */
  readonly batch?: number
}

export interface LogProbOptions extends GridOptions, Pick<SamplingOptions, 'seed' | 'signal'> {
  /** Random directions of Hutchinson's estimate, for more than 16 cells. Default 8. */
  readonly probes?: number
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
  /** What the denoiser is conditioned on: the inputs of an exported model. */
  condition(observation: Observation): ModelCondition
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
  save(
    folder: string,
    observation: Observation,
    options?: BatchOptions & { readonly overwrite?: boolean },
  ): Promise<Omit<Draws, 'x'>>
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
  const { shape, view: spec, process } = model.spec
  const parts = problem.build(shape)
  const { spectrum } = model
  const prior = { ...(await priorMoments(parts)), ...(spectrum && { spectrum }) }
  const denoise = denoiserOfModel(model)
  const drawing = openDrawing(denoise, shape)
  const shown = (observation: Observation): Conditioned => conditionOf(parts, prior, spec, observation)

  const guided = new Map<string, Drawing>()
  const guidedDrawing = (name: Exclude<GuidanceName, 'none'>, iterations?: number): Drawing => {
    const id = `${name} ${iterations}`
    const known = guided.get(id) ?? openDrawing(guidedDenoiser(denoise, name, iterations), shape)
    guided.set(id, known)
    return known
  }
  /** What the network is shown, and what guidance takes where there is any. */
  function see(observation: Observation, { guidance = 'none', ...options }: SamplingOptions): Seen {
    if (guidance === 'none') return shown(observation)
    const { seen, guiding } = parted(parts, prior, spec, observation, options)
    return { ...seen, guide: guidingConditions(parts, prior, guiding, seen.view) }
  }

  /** Draws first, ..., first + draws - 1 of one observation, or all draws of several. */
  async function draw(seen: readonly Seen[], options: SamplingOptions, first = 0): Promise<Draws[]> {
    const { draws = 64, seed = 0, guidance = 'none', iterations } = options
    const settings = { process, ...options, draws }
    // Matrices of their own: one observation at a time, each with those that its draws share.
    const apart = guidance !== 'none' || (seen.length > 1 && spectrum !== undefined)
    if (!apart) {
      const views = seen.map(({ view }) => view)
      return drawing.draw(views, stacked(seen, draws, shape), settings, first)
    }
    const all: Draws[] = []
    for (const [i, one] of seen.entries()) {
      const condition = { ...stacked([one], 1, shape), ...one.guide }
      const own = guidance === 'none' ? drawing : guidedDrawing(guidance, iterations)
      all.push((await own.draw([one.view], condition, { ...settings, seed }, first + i * draws))[0]!)
    }
    return all
  }

  const sampleMany: Posterior['sampleMany'] = async (observations, options = {}) => draw(observations.map(observation => see(observation, options)), options) // prettier-ignore
  const sample: Posterior['sample'] = async (observation, options) => (await sampleMany([observation], options))[0]!

  async function* sampleBatches(
    observation: Observation,
    { batch = 2 ** 18 / sizeOf(shape), draws = 64, progress, ...options }: BatchOptions = {},
  ): AsyncGenerator<Draws, void, undefined> {
    if (!(batch > 0)) throw new RangeError(`sampleBatches: a batch of ${batch} draws; wants a positive number`)
    const view = [see(observation, options)]
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
    condition: observation => stacked([shown(observation)], 1, shape),
    async moments(observation, options) {
      const accumulator = momentAccumulator(shape)
      for await (const { x } of sampleBatches(observation, options)) accumulator.add(x)
      return accumulator.moments()
    },
    quantiles: async (observation, levels, options) => quantiles((await sample(observation, options)).x, levels),
    async logProb(observation, x, { seed = 0, probes = 8, signal, ...options } = {}) {
      assertShape(x, [null, ...shape], 'logProb: x')
      const seen = shown(observation)
      const u = array(toCoordinates(Float64Array.from(x.data as Float64Array), seen.view), x.shape)
      const { levels } = levelsOf({ process, steps: 40, ...options })
      const condition = stacked([seen], 1, shape)
      const log = await logProb({ ...{ denoise, x: u, levels, condition, seed, probes }, ...(signal && { signal }) })
      const stretch = seen.view.scale.reduce((sum, s) => sum + Math.log(s), 0)
      return array(Float64Array.from(log.data, value => value - stretch), [x.shape[0]!]) // prettier-ignore
    },
    async save(folder, observation, options = {}) {
      const { draws = 64, overwrite = false } = options
      const spent = { calls: 0, seconds: 0 }
      async function* batches(): AsyncGenerator<{ x: NdArray }> {
        for await (const { x, calls, seconds } of sampleBatches(observation, options)) {
          Object.assign(spent, { calls, seconds: spent.seconds + seconds })
          yield { x }
        }
      }
      const values = array(Float64Array.from(observation.y.data as Float64Array), [observation.y.size])
      const observed = { name: 'y', units: parts.state.units, values }
      const content = { unknown: parts.unknown, draws, batches: batches(), observed }
      await writePosterior(folder, content, { overwrite })
      return spent
    },
    async dispose() {
      for (const made of [drawing, ...guided.values()]) await made.dispose()
      guided.clear()
    },
  }
}

/** The denoiser of a model's weights, in its coordinates. */
export function denoiserOfModel({ network, weights, spec, spectrum }: Model): Denoiser {
  const { parametrisation, sigmaData } = spec
  const tensors = Object.entries(weights).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)] as const)
  const base = spectrum && { base: surrogateBase(axesTensor(spectrum)) }
  return denoiserOf(network, Object.fromEntries(tensors), { parametrisation, sigmaData, ...base })
}
