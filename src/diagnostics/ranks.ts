/**
 * Ranks of the truth among posterior samples: the one statistic behind coverage and simulation-based calibration. If the
 * truth and n samples are exchangeable (the posterior is right), the rank is uniform on 0, ..., n.
 */
import { assertShape, elements, type NdArray } from '../io/array.js'
import { flat } from './summary.js'

/** Ranks of many observations, [observations, quantities] in C order. */
export interface Ranks {
  /** Samples that each truth is ranked among. */
  readonly n: number
  readonly observations: number
  readonly quantities: number
  /** Samples below the truth, and equal to it. */
  readonly less: Uint32Array
  readonly equal: Uint32Array
}

/**
 * The ranks of one truth [...shape] among samples [n, ...shape], entry by entry.
 *
 * @throws RangeError where the shapes differ, or for NaN, which has no rank.
 */
export function ranksOf(samples: NdArray, truth: NdArray): Ranks {
  const { n, size, shape, data } = flat(samples, 'ranks')
  assertShape(truth, shape, 'ranks: truth')
  const exact = elements(truth) as Float64Array
  const [less, equal] = [new Uint32Array(size), new Uint32Array(size)]
  for (let r = 0; r < n; r++)
    for (let i = 0; i < size; i++) {
      const [x, t] = [data[r * size + i]!, exact[i]!]
      if (x < t) less[i]!++
      else if (x === t) equal[i]!++
      else if (!(x > t)) throw new RangeError(`ranks: sample ${r} or the truth is NaN at entry ${i}`)
    }
  return { n, observations: 1, quantities: size, less, equal }
}

/** Ranks of several observations as one. Throws RangeError where they differ in samples or quantities. */
export function poolRanks(all: readonly Ranks[]): Ranks {
  const first = all[0]
  if (!first) throw new RangeError('ranks: no observations')
  const { n, quantities } = first
  if (!all.every(r => r.n === n && r.quantities === quantities))
    throw new RangeError('ranks: observations with different numbers of samples or quantities')
  const joined = (pick: (r: Ranks) => Uint32Array): Uint32Array =>
    Uint32Array.from(all.flatMap(r => Array.from(pick(r))))
  const observations = all.reduce((sum, r) => sum + r.observations, 0)
  return { n, observations, quantities, less: joined(r => r.less), equal: joined(r => r.equal) }
}
