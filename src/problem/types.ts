/**
 * A problem is prior + physics + operators + noise + network in one object, y = H(S(x; physics)) + noise: x is unknown,
 * the solution operator S takes it to a state, the measurement operator H observes the state.
 */
import type { NdArray } from '../io/array.js'
import type { MeasurementOperator, OperatorSpec, Space } from '../operators/operator.js'
import type { Grid } from '../physics/grid.js'
import type { GaussianField } from '../physics/gaussian-field.js'
import type { ParametricPrior } from '../physics/parametric.js'
import type { Key } from '../random.js'

/** What draws unknowns. A Gaussian field has exact posteriors; a parametric prior has reference chains in its parameters. */
export type Prior = GaussianField | ParametricPrior | SamplePrior

/** A prior that is known by its samples alone. */
export interface SamplePrior {
  /** Samples start, ..., start + n - 1 of a key, [n, ...shape]: sample i is the same whatever start and n. */
  readonly sample: (key: Key, n: number, start?: number) => NdArray<Float64Array>
}

export const isGaussian = (prior: Prior): prior is GaussianField => 'covarianceProduct' in prior
export const isParametric = (prior: Prior): prior is ParametricPrior => 'sampleParameters' in prior

/** A number that varies from case to case: drawn within its range in training, `default` where nobody says. */
export interface Varying {
  readonly describe: string
  readonly units: string
  /** Training draws uniformly between `low` and `high` (in the logarithm for `log`); use outside them warns. */
  readonly low: number
  readonly high: number
  readonly default: number
  readonly log?: boolean
}

/** A field with its name and units (as mathjs writes them; '1' where it has none). */
export interface Quantity {
  readonly name: string
  readonly units: string
}

/** S: linear in x where it has an adjoint. */
export type SolutionOperator = Omit<MeasurementOperator, 'name'>

export interface Physics {
  /** What varies from case to case, by name: a speed, a diffusivity. */
  readonly parameters: Readonly<Record<string, Varying>>
  /** S at these parameters, from the unknown to the state. Throws RangeError where they cannot be resolved. */
  readonly solve: (parameters: Readonly<Record<string, number>>) => SolutionOperator
}

/** One family of the operators that a model is trained for. */
export interface OperatorFamily {
  /** Its name in tables, such as `sensors`. */
  readonly name: string
  /** A concrete operator, or ranges from which one is drawn for each example. */
  readonly spec: OperatorSpec
  /** Share in the training mixture; 1 unless given. */
  readonly weight?: number
}

/** Units of lengths and times, into which those of observation files are converted. */
export interface StateUnits {
  readonly lengthUnits?: string
  readonly timeUnits?: string
}

/** What `build` gives for one grid. */
export interface ProblemParts {
  readonly unknown: Quantity & { readonly grid: Grid }
  readonly prior: Prior
  readonly physics: Physics
  /** The state that operators observe. */
  readonly state: Quantity & Space & StateUnits
  readonly operators: readonly OperatorFamily[]
  /** Standard deviation of independent Gaussian noise, in the units of the state. */
  readonly noise: Varying
}

export interface ProblemDefinition {
  /** The folder below `problems`, such as `advection-diffusion/source`. */
  readonly name: string
  readonly title: string
  /** A paragraph: what is unknown, what is measured, why it is hard. */
  readonly describe: string
  /** Cells of the unknown's grid, unless another size is asked for. */
  readonly shape: readonly number[]
  /** The problem on a grid of this shape. */
  readonly build: (shape: readonly number[]) => ProblemParts
  /** What training takes unless told otherwise. */
  readonly training?: TrainingDefaults
  /** The held-out cases: never seen in training. */
  readonly test?: { readonly seed: number; readonly count: number }
}

export interface TrainingDefaults {
  /** A network's specification without what the problem fixes (shape, channels, embedding). */
  readonly network?: Readonly<Record<string, unknown>>
  readonly batch?: number
  /** Peak learning rate. */
  readonly rate?: number
}

export interface Problem extends ProblemDefinition {
  readonly test: { readonly seed: number; readonly count: number }
}
