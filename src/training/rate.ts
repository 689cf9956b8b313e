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
 * A linear rise over `warmup` steps times a cosine that falls to `final` at the last step:
 *
 *   peak min(1, (k + 1)/warmup) (final + (1 - final) (1 + cos(pi k/(steps - 1)))/2).
 *
 * The rise does not depend on `steps`, so that a run whose length is not yet known may begin with Infinity steps, and a run
 * shorter than its rise falls to its end all the same.
 * Source of the cosine: Loshchilov, Hutter 2017, arXiv 1608.03983 (without restarts).
 */
export function warmupCosine(
  steps: number,
  { peak = 1e-3, warmup = 100, final = 0.01 }: RateOptions = {},
): (step: number) => number {
  if (!(peak > 0 && peak < Infinity)) throw new RangeError(`rate: peak is ${peak}; it must be above 0`)
  if (!(Number.isInteger(warmup) && warmup >= 0))
    throw new RangeError(`rate: warmup is ${warmup}; it must be a whole number of steps`)
  if (!(final >= 0 && final <= 1)) throw new RangeError(`rate: final is ${final}; it must be in [0, 1]`)
  return k => {
    const rise = Math.min(1, (k + 1) / Math.max(1, warmup))
    const fall = (1 + Math.cos(Math.PI * Math.min(1, k / Math.max(1, steps - 1)))) / 2
    return peak * rise * (final + (1 - final) * fall)
  }
}
