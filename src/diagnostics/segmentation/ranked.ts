/** Scores in order, anomalies and normal ones apart: what every metric of detection is computed from, at one sort. */
import { assertShape, elements, type NdArray } from '../../io/array.js'
import { dtypeOfData, type TypedArray } from '../../io/dtype.js'
import { sortScores, type Scores } from './sort.js'

export type { Scores } from './sort.js'

/** Scores of anomalies (positives) and of what is normal (negatives), each ascending. */
export interface Ranked {
  readonly positives: Scores
  readonly negatives: Scores
}

/** Elements that a label array may hold: 0 is normal, anything else an anomaly. */
export type Labels = Exclude<TypedArray, BigInt64Array | BigUint64Array>

/**
 * Sorts scores by what they are of; O(n log n) time, and one copy of the scores.
 *
 * @param scores anomaly scores, any shape, higher = more anomalous; float32 stays float32.
 * @param labels of the same shape: 0 is normal, anything else (1, 255) an anomaly.
 * @throws RangeError where shapes differ, a score is NaN or one of the two classes is missing.
 */
export function rank(scores: NdArray, labels: NdArray, where = 'rank'): Ranked {
  assertShape(labels, scores.shape, `${where}: labels`)
  const values = scoresOf(scores, where)
  const marks = labelsOf(labels, where)
  const count = positivesOf(marks)
  assertBoth(count, marks.length, where)
  const positives = alike(values, count)
  const negatives = alike(values, marks.length - count)
  let [p, n] = [0, 0]
  for (let i = 0; i < marks.length; i++) {
    if (marks[i] !== 0) positives[p++] = values[i]!
    else negatives[n++] = values[i]!
  }
  return { positives: sortScores(positives), negatives: sortScores(negatives) }
}

/**
 * The scores of an array as floats: its own memory where it holds floats, otherwise a copy.
 *
 * @throws TypeError for 64-bit integers, RangeError for NaN.
 */
export function scoresOf(scores: NdArray, where: string): Scores {
  const data = elements(scores)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return refuse(data, where)
  const values = data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data)
  for (let i = 0; i < values.length; i++)
    if (Number.isNaN(values[i])) throw new RangeError(`${where}: score ${i} of ${values.length} is NaN; leave it out, or find out why the map has it`) // prettier-ignore
  return values
}

/** @throws TypeError for 64-bit integers, RangeError for NaN. */
export function labelsOf(labels: NdArray, where: string): Labels {
  const data = elements(labels)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return refuse(data, where)
  if (data instanceof Float32Array || data instanceof Float64Array) {
    const i = data.findIndex(Number.isNaN)
    if (i >= 0) throw new RangeError(`${where}: label ${i} is NaN; labels are 0 (normal) or 1 (anomaly)`)
  }
  return data
}

const refuse = (data: TypedArray, where: string): never => {
  throw new TypeError(`${where}: ${dtypeOfData(data)} elements; convert them to int32 or float64`)
}

/** How many labels are anomalies. */
export function positivesOf(labels: Labels): number {
  let count = 0
  for (let i = 0; i < labels.length; i++) if (labels[i] !== 0) count++
  return count
}

/** Throws RangeError where a class is missing: no rate of it exists. */
export function assertBoth(positives: number, all: number, where: string): void {
  if (positives > 0 && positives < all) return
  const [missing, what] = positives === 0 ? ['anomaly', 'true-positive'] : ['normal one', 'false-positive']
  throw new RangeError(`${where}: there is no ${missing} among ${all} labels, so that no ${what} rate exists; take a test set that holds both`) // prettier-ignore
}

/** An empty array of the same element type. */
export const alike = (values: Scores, length: number): Scores =>
  values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)

/**
 * Goes down the distinct scores: `visit(tp, fp, fpBefore, tpBefore, below)` after each, with how many positives and
 * negatives are at or above it and were above it, and the largest score below it (-Infinity after the last).
 */
export function descend({ positives, negatives }: Ranked, visit: Visit): void {
  let [i, j] = [positives.length - 1, negatives.length - 1]
  let [tp, fp] = [0, 0]
  let at = Math.max(positives[i] ?? -Infinity, negatives[j] ?? -Infinity)
  while (i >= 0 || j >= 0) {
    const [tpBefore, fpBefore] = [tp, fp]
    while (i >= 0 && positives[i] === at) i--
    while (j >= 0 && negatives[j] === at) j--
    tp = positives.length - 1 - i
    fp = negatives.length - 1 - j
    const below = Math.max(i >= 0 ? positives[i]! : -Infinity, j >= 0 ? negatives[j]! : -Infinity)
    visit(tp, fp, tpBefore, fpBefore, below)
    at = below
  }
}

export type Visit = (tp: number, fp: number, tpBefore: number, fpBefore: number, below: number) => void
