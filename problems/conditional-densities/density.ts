/** What a conditional density offers: pairs to learn from, and the law p(x | y) to compare with. */
import type { Key, NdArray } from 'invdiff'

/** The law of x given one y. */
export interface Law {
  /** p(x | y). */
  readonly pdf: (x: number) => number
  /** P(X <= x | y). */
  readonly cdf: (x: number) => number
  /** The x with P(X <= x | y) = u, u in (0, 1). Throws RangeError for another u. */
  readonly quantile: (u: number) => number
}

/** Pairs (x_i, y_i), each [n, 1]. */
export interface Pairs {
  readonly x: NdArray<Float64Array>
  readonly y: NdArray<Float64Array>
}

export interface ConditionalDensity {
  readonly name: string
  readonly definition: string
  /** Values of y over which metrics are averaged. */
  readonly grid: readonly number[]
  /** n independent pairs, beginning with pair `start` (default 0): pair i depends on (key, i) alone. */
  sample(key: Key, n: number, start?: number): Pairs
  /** Throws RangeError for a y that is not finite. */
  given(y: number): Law
}

export function assertProbability(u: number, where: string): void {
  if (!(u > 0 && u < 1)) throw new RangeError(`${where}: u = ${u} is not between 0 and 1`)
}

export function assertFinite(y: number, where: string): void {
  if (!Number.isFinite(y)) throw new RangeError(`${where}: y = ${y} is not finite`)
}

/** n evenly spaced values from `low` to `high`. */
export const linspace = (low: number, high: number, n: number): number[] =>
  Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1))
