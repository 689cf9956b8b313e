/** All metrics of anomaly maps against masks, by pixels and by pictures. */
import { array, assertShape, type NdArray } from '../../io/array.js'
import { BoolArray } from '../../io/dtype.js'
import { overlapArea } from './aupro.js'
import { aupr, auroc, averagePrecision, f1Max, type F1Max } from './metrics.js'
import { alike, labelsOf, rank, scoresOf, type Ranked } from './ranked.js'

/** See metrics.ts for each. */
export interface DetectionMetrics {
  readonly auroc: number
  /** Trapezoid. */
  readonly aupr: number
  /** Step-wise. */
  readonly averagePrecision: number
  readonly f1Max: F1Max
}

export interface SegmentationMetrics {
  readonly pixel: DetectionMetrics & {
    /** Area under the per-region overlap, cut at a false-positive rate of 0.3 (or `limit`). */
    readonly aupro: number
  }
  /** null where every picture is anomalous: pictures are then not told apart. */
  readonly image: DetectionMetrics | null
}

export interface EvaluateOptions {
  /** One score for each picture [n]; default: the largest of its map. */
  readonly imageScores?: NdArray
  /** Where AUPRO is cut. Default 0.3. */
  readonly limit?: number
}

/** The metrics of ranked scores. */
export const detectionMetrics = (ranked: Ranked): DetectionMetrics => ({
  auroc: auroc(ranked),
  aupr: aupr(ranked),
  averagePrecision: averagePrecision(ranked),
  f1Max: f1Max(ranked),
})

/**
 * Pixel and image metrics of anomaly maps; a picture is anomalous where its mask is not empty. One sort and one copy.
 *
 * @param maps [n, height, width], higher = more anomalous.
 * @param masks of the same shape, 0 where normal.
 * @throws RangeError where shapes differ, a score is NaN, or the pixels are all of one class.
 */
export function segmentationMetrics(
  maps: NdArray,
  masks: NdArray,
  { imageScores, limit = 0.3 }: EvaluateOptions = {},
): SegmentationMetrics {
  const where = 'segmentationMetrics'
  if (!(limit > 0 && limit <= 1)) throw new RangeError(`${where}: limit = ${limit} is not in (0, 1]`)
  assertShape(maps, [null, null, null], `${where}: maps`)
  const shape = maps.shape as [number, number, number]
  const ranked = rank(maps, masks, where)
  const [scores, marks] = [scoresOf(maps, where), labelsOf(masks, where)]
  const aupro = overlapArea(scores, marks, ranked.negatives, shape, limit)
  const labels = anyOfEach(masks)
  const anomalous = labels.data.reduce((a, b) => a + b, 0)
  const image = anomalous === shape[0] ? null : detectionMetrics(rank(imageScores ?? largestOfEach(maps), labels, where)) // prettier-ignore
  return { pixel: { ...detectionMetrics(ranked), aupro }, image }
}

/** The largest score of each map: [n, ...] -> [n]. Throws RangeError for NaN. */
export function largestOfEach(maps: NdArray): NdArray<Float32Array | Float64Array> {
  const scores = scoresOf(maps, 'largestOfEach')
  const n = maps.shape[0] ?? 1
  const size = scores.length / n
  const largest = alike(scores, n).fill(-Infinity)
  for (let i = 0; i < scores.length; i++) {
    const k = Math.floor(i / size)
    if (scores[i]! > largest[k]!) largest[k] = scores[i]!
  }
  return array(largest)
}

/** Whether each mask marks anything: [n, ...] -> [n]. */
export function anyOfEach(masks: NdArray): NdArray<BoolArray> {
  const marks = labelsOf(masks, 'anyOfEach')
  const n = masks.shape[0] ?? 1
  const any = new BoolArray(n)
  for (let i = 0; i < marks.length; i++) if (marks[i] !== 0) any[Math.floor((i * n) / marks.length)] = 1
  return array(any)
}
