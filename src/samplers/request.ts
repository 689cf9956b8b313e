/** What a run is asked, what it gives back, and what it leaves behind when it is stopped. */
import type { NdArray } from '../io/array.js'
import type { Process } from '../pde/process.js'
import type { Denoiser } from '../scores/denoiser.js'
import type { EngineOptions, Real } from './program.js'
import type { Moments } from './start.js'
import type { AnyStep } from './step.js'

export interface SamplerOptions extends EngineOptions {
  readonly denoise: Denoiser
  /** Of one sample. */
  readonly shape: readonly number[]
  readonly step: AnyStep
  /** Samples in one call, rounded up to 16; by default as many as fit the cache and a second. */
  readonly chunk?: number
}

export interface SampleRequest {
  /** Number of samples. The first samples of a larger number are the same. */
  readonly n: number
  /** Number of the first sample: n samples from here are those of a longer run. A multiple of 16 keeps their bytes. Default 0. */
  readonly first?: number
  readonly process: Process
  /** sigma from large to small, the last above 0; an adaptive step takes the ends only. */
  readonly levels: readonly number[]
  /** Member of the reverse family: a number, or a formula of t and sigma. Default: the step's. */
  readonly alpha?: number | string
  /** Default 0. */
  readonly seed?: number
  /** Mean and covariance of the data, for the start. Default: standardised data. */
  readonly data?: Moments
  /** x~ at the first level [n, ...shape], in the place of draws from the terminal law. */
  readonly start?: NdArray<Float32Array> | NdArray<Float64Array>
  /** What the denoiser is conditioned on: each array with a leading axis of 1 (all samples) or n. */
  readonly condition?: Readonly<Record<string, NdArray<Float32Array> | NdArray<Float64Array>>>
  /** `tweedie` (default): E[x0 | z] at the last level, one more denoiser call. `rescale`: z/m, noise and all. */
  readonly finish?: 'tweedie' | 'rescale'
  /** Keep x~ = z/m at every level; fixed levels only. Default false. */
  readonly trajectory?: boolean
  /** Stops the run between two calls. */
  readonly signal?: AbortSignal
  /** Stops the run between two calls once this many seconds have passed. */
  readonly timeLimit?: number
  /** Called between calls. */
  readonly progress?: (report: Progress) => void
  /** What a stopped run left behind: it goes on from there, to the same samples. */
  readonly resume?: Checkpoint
}

export interface Progress {
  /** Samples that are finished, of n. */
  readonly done: number
  readonly n: number
  /** Calls made for the chunk at work; `of` is unknown for adaptive steps. */
  readonly step: number
  readonly of: number | null
  readonly seconds: number
}

/** Plain data and arrays: it can be written to a file. */
export interface Checkpoint {
  /** What the run was asked: another one does not resume from here. */
  readonly fingerprint: string
  /** The samples that are finished [done, ...shape]. */
  readonly x: Real
  readonly trajectory: Real | null
  /** The chunk that was at work: kept for a resumed run with the same chunks. */
  readonly inFlight: InFlight | null
}

export interface InFlight {
  readonly first: number
  readonly step: number
  readonly state: Readonly<Record<string, Real>>
  /** x~ of the chunk at each level so far. */
  readonly trajectory: readonly Real[]
}

export interface Samples {
  /** [finished samples, ...shape]. */
  readonly x: Real
  readonly stopped: 'aborted' | 'time limit' | null
  /** To go on with; null when the run is complete. */
  readonly checkpoint: Checkpoint | null
  /** x~ at every level [levels, finished samples, ...shape], where asked for. */
  readonly trajectory: Real | null
  /** Denoiser calls for one sample; the largest of any chunk for adaptive steps. */
  readonly calls: number
  /** Wall time, and the part of it inside the engine. */
  readonly seconds: number
  readonly engineSeconds: number
}
