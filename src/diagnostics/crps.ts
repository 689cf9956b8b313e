/** The continuous ranked probability score: how far samples lie from the truth, less half of how far from each other. */
import { array, assertShape, elements, type NdArray } from '../io/array.js'
import { flat } from './summary.js'

/**
 * CRPS of each entry, [...shape], without bias in n: mean |x_i - t| - sum_(i<j) |x_i - x_j| / (n (n - 1)). The smallest in
 * expectation for the right posterior; in the units of the unknown.
 *
 * Source: T. Gneiting, A. E. Raftery, J. Am. Stat. Assoc. 102 (2007); C. A. T. Ferro, Q. J. R. Meteorol. Soc. 140 (2014).
 * @param samples [n, ...shape], n >= 2
 * @throws RangeError where the shapes differ or for fewer than two samples.
 */
export function crps(samples: NdArray, truth: NdArray): NdArray<Float64Array> {
  const { n, size, shape, data } = flat(samples, 'crps')
  assertShape(truth, shape, 'crps: truth')
  if (n < 2) throw new RangeError(`crps: ${n} samples; wants two at least`)
  const t = elements(truth) as Float64Array
  const column = new Float64Array(n)
  const out = new Float64Array(size).map((_, i) => {
    for (let r = 0; r < n; r++) column[r] = data[r * size + i]!
    column.sort()
    let [far, apart] = [0, 0]
    for (let k = 0; k < n; k++) {
      far += Math.abs(column[k]! - t[i]!)
      apart += (2 * k - n + 1) * column[k]! // sum over pairs of x_(j) - x_(i), i < j
    }
    return far / n - apart / (n * (n - 1))
  })
  return array(out, shape)
}
