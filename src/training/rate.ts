/** Learning rates as functions of the step, 0 being the first. */

export interface RateOptions {
  /** Largest rate. Default 1e-3. */
  readonly peak?: number
  /** Steps of the linear rise to the peak. Default 100. */
  readonly warmup?: number
  /** Share of the peak that is left at the last step. Default 0.01. */
  readonly final?: number
}

/**
 * Rises linearly to `peak` over `warmup` steps, then falls by a cosine to `final * peak` at the last step:
 *
 *   peak (k + 1)/warmup,   then   peak (final + (1 - final) (1 + cos(pi s))/2),   s = (k - warmup)/(steps - 1 - warmup).
 *
 * The rise does not depend on `steps`, so that a run whose length is not yet known may begin. Infinity steps stay at `peak`.
 * Source: Loshchilov, Hutter 2017, arXiv 1608.03983 (without restarts).
 */
export function warmupCosine(steps: number, { peak = 1e-3, warmup = 100, final = 0.01 }: RateOptions = {}) {
  if (!(peak > 0 && peak < Infinity)) throw new RangeError(`rate: peak is ${peak}; it must be above 0`)
  if (!(Number.isInteger(warmup) && warmup >= 0))
    throw new RangeError(`rate: warmup is ${warmup}; it must be a whole number of steps`)
  if (!(final >= 0 && final <= 1)) throw new RangeError(`rate: final is ${final}; it must be in [0, 1]`)
  const span = Math.max(1, steps - 1 - warmup)
  return (k: number): number => {
    if (k < warmup) return (peak * (k + 1)) / warmup
    const share = Math.min(1, (k - warmup) / span)
    return peak * (final + ((1 - final) * (1 + Math.cos(Math.PI * share))) / 2)
  }
}
