/** A covariance in the form that denoisers use: variances along axes, and the axes where they are not the coordinates. */
import { symmetricEigen } from './eigen.js'

/** One variance for all directions, one for each coordinate [d], or a symmetric matrix [d][d]. Singular is allowed. */
export type Covariance = number | readonly number[] | readonly (readonly number[])[]

export interface Spread {
  /** Variances along the axes [d], >= 0. */
  readonly variances: readonly number[]
  /** The axes as rows [d][d]; null where they are the coordinates. */
  readonly axes: readonly (readonly number[])[] | null
}

/**
 * The variances and axes of a covariance in d dimensions.
 *
 * @throws RangeError for another size and for a negative variance; round-off below zero counts as zero.
 */
export function spreadOf(covariance: Covariance, d: number, where: string): Spread {
  if (typeof covariance === 'number') return diagonal(new Array<number>(d).fill(covariance), where)
  if (covariance.length !== d) throw new RangeError(`${where}: a covariance of ${covariance.length} for a mean of ${d}`)
  if (covariance.every(row => typeof row === 'number')) return diagonal(covariance, where)
  const { values, vectors } = symmetricEigen(covariance, where)
  const slack = 1e-10 * Math.max(...values.map(Math.abs))
  return { ...diagonal(values.map(v => (v < 0 && v >= -slack ? 0 : v)), where), axes: vectors } // prettier-ignore
}

function diagonal(variances: readonly number[], where: string): Spread {
  for (const [k, v] of variances.entries())
    if (!(v >= 0 && v < Infinity))
      throw new RangeError(`${where}: variance ${k} is ${v}; a covariance has finite ones >= 0`)
  return { variances, axes: null }
}

/** Throws RangeError unless every number is finite. */
export function assertFinite(values: readonly number[], what: string): void {
  const bad = values.findIndex(v => !Number.isFinite(v))
  if (bad >= 0) throw new RangeError(`${what}: entry ${bad} is ${values[bad]!}`)
}
