/**
 * Area under the per-region overlap (AUPRO): mean over defects of the share that is found, against the false-positive rate.
 * Source: P. Bergmann, K. Batzner, M. Fauser, D. Sattlegger, C. Steger, "The MVTec Anomaly Detection Dataset", IJCV 2021.
 */
import { assertShape, type NdArray } from '../../io/array.js'
import { connectedComponents } from './components.js'
import { alike, assertBoth, labelsOf, positivesOf, scoresOf, type Labels, type Scores } from './ranked.js'
import { sortScores } from './sort.js'

export interface AuproOptions {
  /** Where the false-positive rate is cut, in (0, 1]. Default 0.3. */
  readonly limit?: number
}

/**
 * (1/L) int_0^L PRO(f) df, with f the false-positive rate over all background pixels of the set, PRO the mean over all
 * components of all masks (8-connected, a component counts once whatever its size) of the share at or above the threshold,
 * linear between thresholds, cut at L by interpolation.
 *
 * anomalib computes the same area, but resamples each component's curve at as many places as the whole curve has, which
 * adds an error that falls with the number of pixels; here it is exact. The area is linear in the pixels: one of score s,
 * with a background pixels above it and e equal, adds the area of a ramp from 0 at a/N to 1 at (a + e)/N. So only the
 * background is sorted: O(n log n), one copy of the scores.
 *
 * @param maps anomaly maps [n, height, width], higher = more anomalous.
 * @param masks of the same shape, 0 where normal.
 * @throws RangeError where shapes differ, a score is NaN, a class is missing, or `limit` is not in (0, 1].
 */
export function aupro(maps: NdArray, masks: NdArray, { limit = 0.3 }: AuproOptions = {}): number {
  if (!(limit > 0 && limit <= 1)) throw new RangeError(`aupro: limit = ${limit} is not in (0, 1]`)
  assertShape(maps, [null, null, null], 'aupro: maps')
  assertShape(masks, maps.shape, 'aupro: masks')
  const scores = scoresOf(maps, 'aupro')
  const marks = labelsOf(masks, 'aupro')
  const positives = positivesOf(marks)
  assertBoth(positives, marks.length, 'aupro')
  return overlapArea(scores, marks, backgroundOf(scores, marks, positives), maps.shape as [number, number, number], limit) // prettier-ignore
}

/** The area of `aupro` with its background already sorted, ascending. */
export function overlapArea(
  scores: Scores,
  marks: Labels,
  background: Scores,
  [n, height, width]: readonly [number, number, number],
  limit: number,
): number {
  const pixels = height * width
  let [area, regions] = [0, 0]
  for (let start = 0; start < n * pixels; start += pixels) {
    const picture = marks.subarray(start, start + pixels)
    if (picture.every((m: number) => m === 0)) continue
    const { labels, sizes } = connectedComponents(i => picture[i] !== 0, height, width)
    regions += sizes.length - 1
    for (let i = 0; i < pixels; i++)
      if (labels[i] !== 0) area += ramp(scores[start + i]!, background, limit) / sizes[labels[i]!]!
  }
  return area / regions / limit
}

/** int_0^L of the ramp of a pixel of score s. */
function ramp(s: number, background: Scores, limit: number): number {
  const N = background.length
  const notBelow = lowerBound(background, s)
  const above = N - upperBound(background, s, notBelow)
  const [from, to] = [above / N, (N - notBelow) / N]
  if (limit <= from) return 0
  if (limit >= to) return limit - (from + to) / 2
  return (limit - from) ** 2 / (2 * (to - from))
}

/** How many of the ascending values are below s. */
function lowerBound(values: Scores, s: number): number {
  let [low, high] = [0, values.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! < s) low = middle + 1
    else high = middle
  }
  return low
}

/** How many are not above s, from a place where none below it is left: by doubling, for equal scores are mostly few. */
function upperBound(values: Scores, s: number, from: number): number {
  let [low, step] = [from, 1]
  while (low + step <= values.length && values[low + step - 1]! <= s) {
    low += step
    step *= 2
  }
  let high = Math.min(values.length, low + step)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! <= s) low = middle + 1
    else high = middle
  }
  return low
}

function backgroundOf(scores: Scores, marks: Labels, positives: number): Scores {
  const background = alike(scores, scores.length - positives)
  let n = 0
  for (let i = 0; i < scores.length; i++) if (marks[i] === 0) background[n++] = scores[i]!
  return sortScores(background)
}
