/** Samples of a model beside reference chains: marginal distances and moments, and what two halves of the chains leave. */
import { relativeError } from '../diagnostics/errors.js'
import { moments } from '../diagnostics/summary.js'
import { marginalDistances } from '../diagnostics/wasserstein.js'
import { array, sizeOf, type NdArray } from '../io/array.js'
import type { ProblemParts } from '../problem.js'
import { evenly, type Reference } from './reference.js'
import { parametricPriorOf } from './reference-law.js'

/** How far samples of the unknown are from a reference. */
export interface ReferenceDistance {
  /** W1 of each cell's marginal, in units of the unknown [...shape]. */
  readonly w1: NdArray<Float64Array>
  /** The same of as many draws from the first half of the chains: what chains that agree leave. */
  readonly floor: NdArray<Float64Array>
  /** Their means over the cells, and that of the deviation of the reference. */
  readonly mean: { readonly w1: number; readonly floor: number; readonly std: number }
  /** Relative L2 errors of mean and deviation over the cells, and those of the draws of the first half. */
  readonly errors: Readonly<Record<'samples' | 'floor', { readonly mean: number; readonly std: number }>>
}

/**
 * Distances of samples x [n, ...shape] to the second half of the chains, beside those of n draws of the first half (all of
 * them where there are fewer than n).
 *
 * @throws RangeError for samples of another shape.
 */
export function referenceDistance(
  parts: ProblemParts,
  { theta }: Pick<Reference, 'theta'>,
  x: NdArray,
): ReferenceDistance {
  const prior = parametricPriorOf(parts)
  const [chains, draws, p] = theta.shape as [number, number, number]
  const half = Math.floor(chains / 2) * draws
  const fields = (rows: readonly number[]): NdArray<Float64Array> => {
    const chosen = new Float64Array(rows.length * p)
    rows.forEach((row, r) => {
      chosen.set(theta.data.subarray(row * p, (row + 1) * p), r * p)
    })
    return prior.field(array(chosen, [rows.length, p]))
  }
  const reference = fields(Array.from({ length: chains * draws - half }, (_, r) => half + r))
  const own = fields(evenly(half, x.shape[0]!))
  const [w1, floor] = [marginalDistances(x, reference), marginalDistances(own, reference)]
  const exact = moments(reference)
  const errorsOf = (samples: NdArray): { mean: number; std: number } => {
    const found = moments(samples)
    return { mean: relativeError(found.mean, exact.mean), std: relativeError(found.std, exact.std) }
  }
  const average = (a: NdArray<Float64Array>): number => a.data.reduce((sum, v) => sum + v, 0) / sizeOf(a.shape)
  return {
    ...{ w1, floor },
    mean: { w1: average(w1), floor: average(floor), std: average(exact.std) },
    errors: { samples: errorsOf(x), floor: errorsOf(own) },
  }
}
