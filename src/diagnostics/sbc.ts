/**
 * Simulation-based calibration: over truths drawn from the prior, ranks among posterior samples are uniform.
 * Source: S. Talts, M. Betancourt, D. Simpson, A. Vehtari, A. Gelman (2018), arXiv:1804.06788.
 */
import { chiSquareTail } from './chi-square.js'
import type { Ranks } from './ranks.js'

export interface RankHistogram {
  /** Observations in each bin; ties are shared evenly. Full ends mean too narrow, a full middle too wide, a slope biased. */
  readonly counts: Float64Array
  readonly expected: number
  /** Of the chi-square test of uniformity: below 0.01 the posterior is not calibrated. */
  readonly p: number
}

/**
 * The histogram of the ranks of one quantity over all observations.
 *
 * @param bins default: one for 10 observations, 20 at most
 * @throws RangeError for a quantity that is not there, or fewer than 20 observations.
 */
export function rankHistogram(
  ranks: Ranks,
  quantity = 0,
  bins = Math.min(20, Math.floor(ranks.observations / 10)),
): RankHistogram {
  // prettier-ignore
  const { n, observations, quantities, less, equal } = ranks
  if (!(quantity >= 0 && quantity < quantities)) throw new RangeError(`rankHistogram: quantity ${quantity} of ${quantities}`) // prettier-ignore
  if (observations < 20) throw new RangeError(`rankHistogram: ${observations} observations; wants 20 at least`)
  const counts = new Float64Array(bins)
  for (let o = 0; o < observations; o++) {
    const i = o * quantities + quantity
    // A rank is spread over its share of [0, 1], so that bins need not divide n + 1.
    const [from, to] = [less[i]!, less[i]! + equal[i]! + 1].map(r => (r / (n + 1)) * bins) as [number, number]
    for (let b = Math.floor(from); b < Math.min(bins, to); b++)
      counts[b]! += (Math.min(b + 1, to) - Math.max(b, from)) / (to - from)
  }
  const expected = observations / bins
  const chiSquare = counts.reduce((sum, c) => sum + (c - expected) ** 2 / expected, 0)
  return { counts, expected, p: chiSquareTail(chiSquare, bins - 1) }
}
