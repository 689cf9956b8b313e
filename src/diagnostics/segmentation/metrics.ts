/**
 * Metrics of a detector over all its thresholds, exact, with equal scores taken as one threshold.
 *
 * TP(t), FP(t): anomalies and normal ones with a score of at least t; recall TP/P, precision TP/(TP + FP), false-positive
 * rate FP/N. The definitions of anomalib (S. Akcay et al. 2022, arXiv 2202.08341) and scikit-learn.
 */
import { descend, type Ranked } from './ranked.js'

/**
 * Area under the receiver's operating characteristic: P(score of an anomaly > score of a normal one) + P(equal)/2.
 * Counts are integers below 2^53, so that it is rounded once.
 */
export function auroc(ranked: Ranked): number {
  let doubled = 0
  descend(ranked, (tp, fp, tpBefore, fpBefore) => {
    doubled += (fp - fpBefore) * (tp + tpBefore)
  })
  return doubled / (2 * ranked.positives.length * ranked.negatives.length)
}

/**
 * Area under precision against recall by the trapezoid rule, from recall 0 at precision 1: anomalib's AUPR.
 * Linear interpolation between points is too kind (J. Davis, M. Goadrich, ICML 2006): report `averagePrecision` beside it.
 */
export function aupr(ranked: Ranked): number {
  let [area, precision] = [0, 1]
  descend(ranked, (tp, fp, tpBefore) => {
    const next = tp / (tp + fp)
    area += ((tp - tpBefore) * (precision + next)) / 2
    precision = next
  })
  return area / ranked.positives.length
}

/** Average precision, sum over thresholds of (gain of recall) x precision: scikit-learn's, without interpolation. */
export function averagePrecision(ranked: Ranked): number {
  let area = 0
  descend(ranked, (tp, fp, tpBefore) => {
    if (tp > tpBefore) area += ((tp - tpBefore) * tp) / (tp + fp)
  })
  return area / ranked.positives.length
}

export interface F1Max {
  /** 2 TP/(2 TP + FP + FN) at the best threshold. */
  readonly f1: number
  /** Flag what scores *above* it: the largest score that is not flagged, or -Infinity where all are. */
  readonly threshold: number
  readonly precision: number
  readonly recall: number
}

/**
 * The largest F1 over all thresholds, and where it is (at the lowest threshold of several, as anomalib takes it).
 * The threshold is chosen on the labels that it is judged on: for a decision take another set than for the figure.
 */
export function f1Max(ranked: Ranked): F1Max {
  const P = ranked.positives.length
  let best: F1Max = { f1: 0, threshold: Infinity, precision: 0, recall: 0 }
  descend(ranked, (tp, fp, _tp, _fp, below) => {
    const f1 = (2 * tp) / (P + tp + fp)
    if (tp > 0 && f1 >= best.f1) best = { f1, threshold: below, precision: tp / (tp + fp), recall: tp / P }
  })
  return best
}
