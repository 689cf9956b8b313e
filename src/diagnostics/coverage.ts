/** How often central intervals hold the truth. */
import { binomialBand } from './chi-square.js'
import type { Ranks } from './ranks.js'

export interface Coverage {
  readonly level: number
  /** Share of observations and quantities whose truth lies in its central interval; its mean is `level` if calibrated. */
  readonly covered: number
  /**
   * Where 95 % of calibrated posteriors fall, from the binomial law of as many trials as there are observations: exact for
   * one quantity, too wide for many (which is on the safe side: those of one observation are not independent).
   */
  readonly band: readonly [low: number, high: number]
  /** Of `covered`, from the spread between observations; NaN for one. */
  readonly standardError: number
}

/**
 * The coverage of central intervals at each level. An interval of n samples can only cover multiples of 1 / (n + 1), so the
 * rank is spread evenly over its share of [0, 1] (u = (rank + v) / (n + 1), v uniform, averaged over v): the expectation is
 * the level for any n, and for ties.
 */
export function coverage(ranks: Ranks, levels: readonly number[] = [0.5, 0.9, 0.95]): Coverage[] {
  const { observations, quantities } = ranks
  return levels.map(level => {
    const each = Float64Array.from({ length: observations }, (_, o) => {
      let sum = 0
      for (let q = 0; q < quantities; q++) sum += share(ranks, o * quantities + q, level)
      return sum / quantities
    })
    const covered = each.reduce((a, b) => a + b, 0) / observations
    const spread = each.reduce((sum, c) => sum + (c - covered) ** 2, 0) / (observations - 1)
    const [low, high] = binomialBand(observations, level)
    return { level, covered, band: [low / observations, high / observations], standardError: Math.sqrt(spread / observations) } // prettier-ignore
  })
}

/** The part of a rank's share of [0, 1] that lies in the central interval. */
function share({ n, less, equal }: Ranks, i: number, level: number): number {
  const from = less[i]! / (n + 1)
  const to = (less[i]! + equal[i]! + 1) / (n + 1)
  const inside = Math.min(to, (1 + level) / 2) - Math.max(from, (1 - level) / 2)
  return Math.max(0, inside) / (to - from)
}
