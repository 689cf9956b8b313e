/**
 * A step takes the reverse process from one level to the next. Its coefficients are numbers, worked out on the host from
 * the reverse family; what it does to tensors is a pure tfjs function, compiled once and called for every level:
 *
 *   z' = advance(z, D, coefficients, noise)
 *
 * The state z = xi x~ belongs to the process' path. Every built-in step is written with exactly integrated coefficients,
 * so that z'/xi' does not depend on xi: all paths give the iterates of `ve` in exact arithmetic (theory.md, section 3).
 */
import type * as tf from '@tensorflow/tfjs'
import type { Kernel } from '../pde/process.js'
import { registry } from '../pde/registry.js'
import type { ReverseFamily } from '../pde/reverse.js'

/** A level of noise: sigma, and Green's function N(m x', s^2 I) there. */
export interface Level extends Kernel {
  readonly sigma: number
}

/** One step of a run: from a level to the next. */
export interface Interval {
  readonly reverse: ReverseFamily
  readonly from: Level
  readonly to: Level
  /** The level before `from`; null at the first step. */
  readonly previous: Level | null
  /** Number of steps of the run. */
  readonly count: number
}

/** A level inside a compiled step: scalars. */
export interface TensorLevel {
  readonly sigma: tf.Tensor
  readonly m: tf.Tensor
}

/** What `advance` works with. */
export interface Advance<C extends string> {
  /** The state [n, ...shape]. */
  readonly z: tf.Tensor
  readonly from: TensorLevel
  readonly to: TensorLevel
  /** The coefficients of this step, by name: scalars. */
  readonly c: Readonly<Record<C, tf.Tensor>>
  /** Independent standard normal tensors like z. */
  readonly noise: readonly tf.Tensor[]
  /** What the step before returned after z; zeros at the first step. */
  readonly memory: readonly tf.Tensor[]
  /** E[x0 | z, y] at a level. */
  readonly denoise: (z: tf.Tensor, level: TensorLevel) => tf.Tensor
}

export interface Step<C extends string = string> {
  readonly name: string
  /** Global order: of the iterates without noise, weak (mean and covariance) with noise. */
  readonly order: number
  /** Denoiser calls in one step. */
  readonly calls: number
  /** Member of the reverse family unless the run says otherwise; left out where the step solves the ODE only. */
  readonly alpha?: number
  /** Normal tensors in one step; default 0. A step whose coefficient `w` is 0 receives zeros. */
  readonly noises?: number
  /** Tensors like z kept for the next step; default 0. */
  readonly memory?: number
  /** The same names for every interval. */
  coefficients(interval: Interval): Readonly<Record<C, number>>
  /** [z', ...memory]. */
  advance(at: Advance<C>): readonly tf.Tensor[]
}

/** What an adaptive step works with: the variance-exploding variable, at a level of its own for each sample. */
export interface Attempt {
  /** x~ [n, ...shape]. */
  readonly x: tf.Tensor
  /** ln sigma [n, 1, ...]. */
  readonly l: tf.Tensor
  /** The step, down in ln sigma [n, 1, ...], >= 0; 0 at the first attempt. */
  readonly h: tf.Tensor
  /** alpha: a scalar. */
  readonly alpha: tf.Tensor
  readonly noise: readonly tf.Tensor[]
  readonly memory: readonly tf.Tensor[]
  /** E[x0 | x~, y] at ln sigma = l. */
  readonly denoise: (x: tf.Tensor, l: tf.Tensor) => tf.Tensor
}

export interface Attempted {
  /** x~ at l - h. */
  readonly x: tf.Tensor
  /** Whether the step holds [n, 1, ...] (bool); where it does not, only h changes. */
  readonly accepted: tf.Tensor
  /** The next step [n, 1, ...]. */
  readonly h: tf.Tensor
  readonly memory: readonly tf.Tensor[]
}

/** A step that chooses its own levels between the first and the last, for each sample apart. */
export interface AdaptiveStep {
  readonly name: string
  readonly adaptive: true
  readonly order: number
  readonly calls: number
  readonly alpha?: number
  readonly noises?: number
  readonly memory?: number
  attempt(at: Attempt): Attempted
}

export type AnyStep = Step | AdaptiveStep

export const isAdaptive = (step: AnyStep): step is AdaptiveStep => 'adaptive' in step

/** States a step; the names of its coefficients are checked between its two functions. */
export const defineStep = <const C extends string>(step: Step<C>): Step => step

/** The steps, by name; `steps.register` adds one. */
export const steps = registry<AnyStep>('step')
