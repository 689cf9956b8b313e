/** Draws of a denoiser in the coordinates of views: what trained, guided and exact posteriors share. */
import { sizeOf, type NdArray } from '../io/array.js'
import { openSampler, steps as stepRules, timeGrids, type Progress, type Sampler } from '../samplers/index.js'
import type { SampleRequest } from '../samplers/request.js'
import type { Denoiser } from '../scores/denoiser.js'
import { processFrom, type ProcessSpec } from './process.js'
import { fromCoordinates, type Frame } from './view.js'

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

export interface DrawOptions extends GridOptions {
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

type WithProcess<T extends GridOptions> = T & Required<Pick<GridOptions, 'process'>>

/** The process and the levels of a run. */
export function levelsOf(options: WithProcess<GridOptions>): Pick<SampleRequest, 'process' | 'levels'> {
  const { steps = 20, grid = 'karras', sigmaMin = 0.02, sigmaMax = 100 } = options
  const process = processFrom(options.process)
  return { process, levels: timeGrids.create(grid, { sigmaMin, sigmaMax })(process.schedule, steps) }
}

export interface Draws {
  /** [draws, ...shape] for one observation, in the units of the unknown. */
  readonly x: NdArray<Float64Array>
  /** Denoiser calls for one draw. */
  readonly calls: number
  readonly seconds: number
}

/** A denoiser with its samplers, compiled when first used. */
export interface Drawing {
  /**
   * Draws first, ..., first + draws - 1 of one frame, or all draws of several: draw r of frame i is sample i draws + r of the
   * seed.
   *
   * @param condition of all draws, or one that all share.
   * @throws RangeError for unknown names and levels that do not fit; Error when stopped.
   */
  draw(
    frames: readonly Frame[],
    condition: NonNullable<SampleRequest['condition']>,
    options: WithProcess<DrawOptions>,
    first?: number,
  ): Promise<Draws[]>
  dispose(): Promise<void>
}

/** @param shape of one sample. */
export function openDrawing(denoise: Denoiser, shape: readonly number[]): Drawing {
  const samplers = new Map<string, Sampler>()
  const samplerOf = (name: string): Sampler => {
    const known = samplers.get(name) ?? openSampler({ denoise, shape, step: stepRules.create(name) })
    samplers.set(name, known)
    return known
  }
  const N = sizeOf(shape)
  return {
    async draw(frames, condition, options, first = 0) {
      const { draws = 64, sampler = 'dpm-solver++2m', seed = 0, alpha, signal, progress } = options
      const n = frames.length * draws
      const { x, calls, seconds, stopped } = await samplerOf(sampler).sample({
        ...{ n, first, seed, condition, ...levelsOf(options) },
        ...(alpha !== undefined && { alpha }),
        ...(signal && { signal }),
        ...(progress && { progress }),
      })
      if (stopped) throw new Error(`sampling was stopped (${stopped}) after ${x.shape[0]!} of ${n} draws`)
      return frames.map((frame, i) => ({
        x: fromCoordinates(x.data.subarray(i * draws * N, (i + 1) * draws * N), frame, shape),
        ...{ calls, seconds: seconds / frames.length },
      }))
    },
    async dispose() {
      for (const sampler of samplers.values()) await sampler.dispose()
      samplers.clear()
    },
  }
}
