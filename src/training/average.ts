/**
 * Averages of the weights over training: theta^_t = beta_t theta^_(t-1) + (1 - beta_t) theta_t, t = 1, 2, ...
 *
 *   power        beta_t = (1 - 1/t)^(g + 1): theta_s weighs as s^g, so the average reaches back over the same share of
 *                training however long it is; its spread in time is `spread` times t
 *   exponential  beta_t = min(decay, t/(t + 9)): the average of all at first, then over the last 1/(1 - decay) steps
 *
 * With beta_1 = 0 or 1/10 the first values are soon forgotten. Source: Karras et al. 2024, arXiv 2312.02696, section 3.1.
 */
export type Average =
  | {
      readonly kind: 'power'
      /** Standard deviation of the weighting in time, as a share of t; in (0, 0.288). Default 0.1. */
      readonly spread?: number
    }
  | {
      readonly kind: 'exponential'
      /** In [0, 1); 0 takes the last weights. Default 0.999. */
      readonly decay?: number
    }

/** The decay beta_t, as a function of t = 1, 2, ... Throws RangeError where the spread or decay is out of range. */
export function decayOf(average: Average): (t: number) => number {
  if (average.kind === 'exponential') {
    const { decay = 0.999 } = average
    if (!(decay >= 0 && decay < 1)) throw new RangeError(`average: decay is ${decay}; it must be in [0, 1)`)
    return t => Math.min(decay, t / (t + 9))
  }
  const power = powerOf(average.spread ?? 0.1)
  return t => (1 - 1 / t) ** (power + 1)
}

/**
 * The exponent g of a spread r: r^2 = (g + 1) / ((g + 2)^2 (g + 3)), which falls for g >= 0; by bisection.
 * Throws RangeError unless r is in (0, 1/sqrt(12)), the spread of g = 0.
 */
export function powerOf(spread: number): number {
  if (!(spread > 0 && spread < 12 ** -0.5))
    throw new RangeError(`average: spread is ${spread}; it must be in (0, ${(12 ** -0.5).toFixed(3)})`)
  let [low, high] = [0, 2 / spread]
  for (let i = 0; i < 60; i++) {
    const g = (low + high) / 2
    if ((g + 1) / ((g + 2) ** 2 * (g + 3)) > spread ** 2) low = g
    else high = g
  }
  return (low + high) / 2
}
