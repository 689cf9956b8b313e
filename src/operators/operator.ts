/**
 * A measurement operator: what is observed, y = A(x) + noise, of a field x. Operators work on float64 arrays, one item or a
 * batch, as simulators do; those that are linear have an exact transpose, and compose with the solution operators of the
 * physics (physics/solution.ts), which are linear maps of the same kind.
 */
import type { NdArray } from '../io/array.js'
import type { Grid } from '../physics/grid.js'
import type { SparseRows } from './sparse-rows.js'

export interface MeasurementOperator {
  /** The kind of operator, such as `sensors`. */
  readonly name: string
  readonly inputShape: readonly number[]
  readonly outputShape: readonly number[]
  /** A(x): [...inputShape] to [...outputShape], or a batch [n, ...inputShape] to [n, ...outputShape]. */
  apply(x: NdArray): NdArray<Float64Array>
  /** A' y, one or a batch: <A x, y> = <x, A' y> as plain sums. An operator that has it is linear: A(0) = 0. */
  readonly adjoint?: (y: NdArray) => NdArray<Float64Array>
  /** The derivative of an operator that is not linear. */
  readonly derivative?: Derivative
  /** The matrix of a linear operator, where it is sparse and at hand: inputs and outputs in C order. */
  readonly rows?: SparseRows
  /** Where the output lives, if it is again a field: what the next operator of a composition sees. */
  readonly outputSpace?: Space
  /** Values of x that the operator is meant for: where its laws are checked. All of them unless given. */
  readonly inputRange?: readonly [low: number, high: number]
}

/** J = dA/dx at x. All arrays are one item, or batches of the same number. */
export interface Derivative {
  /** J(x) v: [...inputShape] to [...outputShape]. */
  apply(x: NdArray, v: NdArray): NdArray<Float64Array>
  /** J(x)' w: [...outputShape] to [...inputShape]. */
  adjoint(x: NdArray, w: NdArray): NdArray<Float64Array>
}

/** A linear operator: what closed forms need. */
export type LinearOperator = MeasurementOperator & Required<Pick<MeasurementOperator, 'adjoint'>>

export const isLinear = (A: MeasurementOperator): A is LinearOperator => A.adjoint !== undefined

/** Where an observed field lives: a grid, and the times at which the field is given, where there are several. */
export interface Space {
  readonly grid: Grid
  /** Increasing; a field is then [times, ...grid.shape], and [...grid.shape] without. */
  readonly times?: readonly number[]
}

export const shapeOfSpace = ({ grid, times }: Space): number[] => [...(times ? [times.length] : []), ...grid.shape]

/** An operator as a configuration file states it: its kind and its parameters, plain JSON. */
export interface OperatorSpec {
  readonly kind: string
  readonly [parameter: string]: unknown
}
