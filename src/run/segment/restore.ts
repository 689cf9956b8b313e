/**
 * Restoration: a picture y is noised to the level of t_forward and denoised from that of t_reverse,
 *
 *   x~ = y + sigma(t_forward) n,   then the reverse process from sigma(t_reverse) down, and E[x0 | x~] at its end,
 *
 * so that what a model of sound pictures does not know is replaced by what it does; draws are averaged. t is counted in steps
 * out of 1000, as DDPM does, and becomes a level by the schedule: t = 250 is sigma = 0.95 for the linear-beta schedule of `vp`.
 *
 * With t_reverse above t_forward the picture is taken as noisier than it is, and more of it is replaced than Bayes' rule says.
 * It keeps its contrast all the same: levels are changed in x~, not in z = m x~, whose m differs between the two. The number of
 * steps is a third parameter.
 *
 * Sources: J. Wyatt et al., "AnoDDPM", CVPR Workshops 2022; M. Moradi, K. Paynabar, arXiv 2508.02903.
 */
import * as tf from '@tensorflow/tfjs'
import { array, assertShape, elements, type NdArray } from '../../io/array.js'
import type { Process } from '../../pde/process.js'
import { derive, key, normal } from '../../random.js'
import { simplexNoise } from '../../random/simplex.js'
import { openSampler, steps as registry, timeGrids } from '../../samplers/index.js'
import { conditionOf, type Denoiser } from '../../scores/denoiser.js'
import type { CompileOptions } from '../../compile/index.js'
import type { NoiseKind } from './model.js'

type Floats = NdArray<Float32Array>

export interface RestoreOptions {
  /** Level to noise to, in steps out of 1000; default 100, as the authors of arXiv 2508.02903 have it. */
  readonly tForward?: number
  /** Level to denoise from, in steps out of 1000; default 250. */
  readonly tReverse?: number
  /** Steps of the sampler; default 10. */
  readonly steps?: number
  /** Name of a sampler; default `exponential`: DDIM at alpha = 0, ancestral DDPM at alpha = 1. */
  readonly sampler?: string
  /** Member of the reverse family; default 0, deterministic, where the sampler has one. */
  readonly alpha?: number
  /** Restorations that are averaged; default 1. */
  readonly draws?: number
  /** Kind of the noise that is added; that of the steps is white always. Default `gaussian`. */
  readonly noise?: NoiseKind
  /** Keeps what agrees with the picture to less than this, in standard deviations of its pixels (`keepAgreeing`); default null: off. */
  readonly keep?: number | null
  readonly seed?: number
}

/** What is to be restored, and how its noise is defined. */
export interface RestoreModel {
  readonly denoise: Denoiser
  /** [height, width] of a picture or tile. */
  readonly shape: readonly [height: number, width: number]
  readonly process: Process
}

export interface Restorer {
  readonly options: Required<RestoreOptions>
  /**
   * Restores standardised pictures [n, height, width]. The noise of picture i belongs to (seed, place, first + i), so that the
   * same pictures give the same restorations, however many there are beside them.
   */
  restore(x: Floats, place?: number, first?: number, signal?: AbortSignal): Promise<Floats>
  dispose(): Promise<void>
}

export const restoreDefaults = { tForward: 100, tReverse: 250, steps: 10, sampler: 'exponential', alpha: 0, draws: 1, noise: 'gaussian', keep: null, seed: 0 } as const // prettier-ignore

/** Options with their defaults, checked. @throws RangeError */
export function restoreOptions(given: RestoreOptions): Required<RestoreOptions> {
  const options = { ...restoreDefaults, ...given }
  for (const name of ['tForward', 'tReverse'] as const)
    if (!(options[name] >= 1 && options[name] <= 1000)) throw new RangeError(`restore: ${name} is ${options[name]}; it must be a step from 1 to 1000`) // prettier-ignore
  for (const name of ['steps', 'draws'] as const)
    if (!Number.isSafeInteger(options[name]) || options[name] < 1) throw new RangeError(`restore: ${name} is ${options[name]}; it must be an integer from 1`) // prettier-ignore
  if (options.keep !== null && !(options.keep > 0)) throw new RangeError(`restore: keep is ${options.keep}; it must be positive`) // prettier-ignore
  return options
}

/**
 * A denoiser that keeps what agrees with the picture y, the condition of that name:
 *
 *   D + w (y - D),   w = (1 - (|y - D|/c)^2)_+^2,
 *
 * Tukey's weight of each pixel's residual: near 1 where the model would have said nearly the same, so that sound texture is not
 * redrawn at random, and 0 beyond c, where an anomaly is. A construction of ours, no posterior. A denoiser again, for any sampler.
 *
 * @param c in the units of x.
 */
export const keepAgreeing =
  (denoise: Denoiser, c: number): Denoiser =>
  (x, sigma, condition) => {
    const D = denoise(x, sigma, condition)
    const residual = tf.sub(conditionOf(condition, 'y', 'keepAgreeing'), D)
    const rest = tf.relu(tf.sub(1, tf.square(tf.div(residual, c))))
    return tf.add(D, tf.mul(tf.square(rest), residual))
  }

/** A restorer, compiled when first used. @throws RangeError for options that cannot be, and levels outside the schedule's. */
export function openRestorer(
  { denoise, shape, process }: RestoreModel,
  given: RestoreOptions = {},
  engine: Pick<CompileOptions, 'worker' | 'threads' | 'device'> = {},
): Restorer {
  const options = restoreOptions(given)
  const { tForward, tReverse, steps, draws, noise, keep, seed, alpha } = options
  const { schedule } = process
  const [forward, reverse] = [tForward, tReverse].map(t => schedule.sigma(t / 1000)) as [number, number]
  const least = Math.min(schedule.sigma(1e-3), reverse / 2)
  const levels = timeGrids.create('uniform-t', { sigmaMin: least, sigmaMax: reverse })(schedule, steps)
  const step = registry.create(options.sampler)
  const guided = keep === null ? denoise : keepAgreeing(denoise, keep)
  const sampler = openSampler({ denoise: guided, shape, step, ...engine })
  const size = shape[0] * shape[1]
  return {
    options,
    dispose: () => sampler.dispose(),
    async restore(x, place = 0, first = 0, signal) {
      assertShape(x, [null, ...shape], 'restore')
      const n = x.shape[0]!
      const own = key(seed, 'restore', place)
      const w = noise === 'simplex' ? simplexNoise(own, [n * draws, ...shape, 1], {}, first * draws).data : normal(own, new Float32Array(n * draws * size), first * draws * size) // prettier-ignore
      // Draws of one picture lie beside each other.
      const [y, source] = [new Float32Array(w.length), elements(x)]
      for (let r = 0; r < n * draws; r++) {
        const from = Math.floor(r / draws) * size
        y.set(source.subarray(from, from + size), r * size)
      }
      const start = w.map((v, i) => y[i]! + forward * v)
      const rows = [n * draws, ...shape]
      const { x: drawn, stopped } = await sampler.sample({
        ...{ n: n * draws, process, levels, start: array(start, rows), seed: derive(own, 'steps', first).stream[0] },
        alpha,
        ...(keep !== null && { condition: { y: array(y, rows) } }),
        ...(signal && { signal }),
      })
      if (stopped) throw signal?.reason ?? new Error('restore: stopped')
      return meanOf(drawn.data, draws, [n, ...shape])
    },
  }
}

/** Means of groups of `draws` rows. */
function meanOf(data: ArrayLike<number>, draws: number, shape: readonly number[]): Floats {
  const [n = 0, ...rest] = shape
  const size = rest.reduce((a, b) => a * b, 1)
  const out = new Float32Array(n * size)
  for (let i = 0; i < n; i++)
    for (let k = 0; k < draws; k++)
      for (let p = 0; p < size; p++) out[i * size + p]! += data[(i * draws + k) * size + p]! / draws
  return array(out, shape)
}
