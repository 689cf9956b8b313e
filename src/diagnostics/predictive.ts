/** Do the samples explain the measurements? */
import { assertShape, elements, type NdArray } from '../io/array.js'
import { chiSquareTail } from './chi-square.js'
import { flat } from './summary.js'

export interface PredictiveCheck {
  /** sum (y - A x)^2 / std^2, averaged over samples; about m where x explains y. */
  readonly chiSquare: number
  /** m. */
  readonly values: number
  /** P(chi-square of fresh measurements of the samples > that of y), averaged over samples: below 0.01 they do not explain y. */
  readonly p: number
}

/**
 * The posterior predictive check with the chi-square discrepancy, for independent Gaussian noise.
 *
 * Source: A. Gelman, X.-L. Meng, H. Stern, Stat. Sinica 6 (1996).
 * @param y [m]
 * @param predicted A x of each sample, [n, m], without noise
 * @param std of the noise, [m]
 * @throws RangeError where the shapes differ, or there are no samples.
 */
export function predictiveCheck(y: NdArray, predicted: NdArray, std: NdArray): PredictiveCheck {
  const { n, size: m, data } = flat(predicted, 'predictiveCheck')
  assertShape(y, predicted.shape.slice(1), 'predictiveCheck: y')
  assertShape(std, y.shape, 'predictiveCheck: std')
  if (n === 0) throw new RangeError('predictiveCheck: no samples')
  const [values, noise] = [elements(y) as Float64Array, elements(std) as Float64Array]
  let [total, p] = [0, 0]
  for (let r = 0; r < n; r++) {
    let sum = 0
    for (let i = 0; i < m; i++) sum += ((values[i]! - data[r * m + i]!) / noise[i]!) ** 2
    total += sum / n
    p += chiSquareTail(sum, m) / n
  }
  return { chiSquare: total, values: m, p }
}
