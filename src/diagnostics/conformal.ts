/**
 * Thresholds of an anomaly score with a guaranteed false-positive rate, from scores of held-out normal data.
 *
 * Assumed: what is scored later and is normal, and the normal part of the calibration set, are exchangeable (drawn alike and
 * not trained on). Nothing is assumed of the scores' law. The rate is an average over calibration sets: given one set of n,
 * it is about Beta-distributed with a standard deviation of sqrt(a (1 - a)/n).
 */
import { elements, type NdArray } from '../io/array.js'
import { alike, scoresOf } from './segmentation/ranked.js'
import { sortScores } from './segmentation/sort.js'

export interface ConformalOptions {
  /** The target a, in (0, 1): share of normal pictures, or of normal pictures' pixels, that may be flagged. */
  readonly falsePositiveRate: number
  /**
   * A known upper bound on the share of this calibration set that is anomalous, in [0, 1). Default 0. Of a set drawn from a
   * source with that share, more may be: then add a few standard deviations, sqrt(eps (1 - eps)/n).
   * It raises the threshold: see `conformalThreshold`.
   */
  readonly contamination?: number
  /**
   * Where anomalous calibration scores may lie. `anywhere` (default) assumes nothing, and loses detections where they lie
   * above. `highest`, for one score each: takes the floor(contamination n) highest scores for the anomalies. The target then
   * holds if that is what they are; if none is, the rate is up to eps/(1 - eps) above it: `rate` says how much.
   */
  readonly anomalies?: 'anywhere' | 'highest'
}

export interface ConformalThreshold {
  /** Flag what scores above it. */
  readonly threshold: number
  /**
   * What the expected false-positive rate lies between, whatever the anomalous calibration scores are: at the upper end
   * (at most the target but for `highest`) where they lie below all others, at the lower end where they lie above, which is usual.
   * The lower end is 0 for maps, whose losses may vary between pictures, and where scores tie it does not hold.
   */
  readonly rate: readonly [least: number, most: number]
  /** Calibration pictures. */
  readonly n: number
}

/**
 * The lowest threshold t for which (sum_i F_i(t) + 1)/(n + 1) <= a, F_i(t) the share of the i-th calibration picture's scores
 * above t. Then a new normal picture's share has an expectation of at most a.
 *
 * For one score each this is split conformal prediction: t is the k-th smallest, k = ceil((n + 1)(1 - a)), and
 * P(score > t) <= a. For maps it is conformal risk control; the pixels of a picture may depend on each other in any way.
 *
 * With at most c = floor(eps n) anomalous scores among the n, known or not, (sum_i F_i(t) + 1)/(n - c + 1) <= a is asked:
 * the sum over all is no less than that over the n - m normal ones, m <= c, and n - c + 1 no more than n - m + 1, so
 * the bound holds for any anomalous scores, in any arrangement. Without `contamination` on contaminated data the rate is at
 * most a (n + 1)/(n - c + 1), about a/(1 - eps); it is below a where anomalies score higher, which costs detections:
 * the contamination errs to a threshold that is too high.
 *
 * Sources: V. Vovk, A. Gammerman, G. Shafer, "Algorithmic Learning in a Random World", 2005; A. Angelopoulos et al.,
 * "Conformal Risk Control", arXiv 2208.02814; contamination: J. Clarkson et al., arXiv 2407.07700, M. Bashari et al.,
 * arXiv 2502.04807 (the finite-sample bound above is derived here).
 *
 * @param scores [n] for pictures, or maps [n, ...]: held out from training.
 * @throws RangeError for a rate outside (0, 1), NaN scores, or too few pictures for the rate: 1/a - 1 are needed.
 */
export function conformalThreshold(
  scores: NdArray,
  { falsePositiveRate: a, contamination = 0, anomalies = 'anywhere' }: ConformalOptions,
): ConformalThreshold {
  const where = 'conformalThreshold'
  if (!(a > 0 && a < 1)) throw new RangeError(`${where}: falsePositiveRate = ${a} is not in (0, 1)`)
  if (!(contamination >= 0 && contamination < 1)) throw new RangeError(`${where}: contamination = ${contamination} is not in [0, 1)`) // prettier-ignore
  const n = scores.shape[0] ?? 0
  const c = Math.floor(contamination * n + ROUNDING)
  const normal = n - c + 1
  if (a * normal < 1 - ROUNDING) throw new RangeError(`${where}: ${n} calibration scores (${c} of them perhaps anomalous) cannot guarantee a rate of ${a}; at least ${needed(a, contamination)} can`) // prettier-ignore
  const values = sortedCopy(scores, where)
  const pixels = values.length / n
  const one = pixels === 1
  if (!['anywhere', 'highest'].includes(anomalies)) throw new RangeError(`${where}: anomalies '${anomalies}' are neither anywhere nor highest`) // prettier-ignore
  if (anomalies === 'highest' && !one) throw new RangeError(`${where}: anomalies 'highest' needs one score for each picture, got maps of ${pixels}`) // prettier-ignore
  /** How many scores may lie above t. */
  const above = Math.floor((a * normal - 1 + ROUNDING) * pixels) + (anomalies === 'highest' ? c : 0)
  return {
    threshold: values[values.length - 1 - above]!,
    rate: [one ? Math.max(0, (above + 1 - c) / normal) : 0, (above / pixels + 1) / normal],
    n,
  }
}

/** 0.1 times 30 may be a little less than 3: what lies this near an integer is one. */
const ROUNDING = 1e-9

/** The fewest calibration scores for a rate and a bound on contamination. */
function needed(a: number, contamination: number): number {
  let n = Math.ceil(1 / a - 1 - ROUNDING)
  while (a * (n - Math.floor(contamination * n + ROUNDING) + 1) < 1 - ROUNDING) n++
  return n
}

function sortedCopy(scores: NdArray, where: string): Float32Array | Float64Array {
  const values = scoresOf(scores, where)
  // Where the array held no floats, `scoresOf` has made a copy already.
  const copy = alike(values, values.length)
  copy.set(values)
  return sortScores(copy)
}

/**
 * Conformal p-values of new scores: (1 + how many of the n calibration scores are at least as high)/(n + 1). Of a normal one,
 * P(p <= a) <= a for every a; p-values of one calibration set depend on each other.
 *
 * @param calibration [n], normal and held out. @param scores [m]. @returns [m].
 */
export function conformalPValues(calibration: NdArray, scores: NdArray): Float64Array {
  const sorted = sortedCopy(calibration, 'conformalPValues: calibration')
  const n = sorted.length
  if (n === 0) throw new RangeError('conformalPValues: no calibration scores; hold some normal ones out')
  const values = scoresOf(scores, 'conformalPValues')
  return Float64Array.from(values, s => (1 + n - countBelow(sorted, s)) / (n + 1))
}

/** How many ascending values are below s. */
export function countBelow(sorted: ArrayLike<number>, s: number, length = sorted.length): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < s) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Otsu's threshold without labels: splits the scores in two so that the variance between both parts is largest,
 * exactly, over all distinct values. Flag what scores above it. It always finds two parts, also where there is one.
 * Source: N. Otsu 1979, IEEE Trans. SMC 9.
 *
 * @throws RangeError for NaN or infinite scores, or where all are equal.
 */
export function otsuThreshold(scores: NdArray): number {
  if (!elements(scores).every((v: number | bigint) => Number.isFinite(Number(v))))
    throw new RangeError('otsuThreshold: a score is NaN or infinite; leave it out')
  const values = sortedCopy(scores, 'otsuThreshold')
  const n = values.length
  if (n === 0 || values[0] === values[n - 1]) throw new RangeError(`otsuThreshold: ${n} scores, all equal; there is nothing to part`) // prettier-ignore
  let total = 0
  for (const v of values) total += v
  const mean = total / n
  // Between-class variance times n^2, from sums of deviations: (sum below - k mean)^2 n/(k (n - k)).
  let [sum, best, threshold] = [0, -1, values[0]!]
  for (let k = 1; k < n; k++) {
    sum += values[k - 1]! - mean
    if (values[k] === values[k - 1]) continue
    const between = sum ** 2 / (k * (n - k))
    if (between > best) [best, threshold] = [between, values[k - 1]!]
  }
  return threshold
}
