/** One-dimensional laws of parameters, by quantile and log-density. */
import { normalQuantile } from '../random.js'

export interface Law {
  /** The value below which a share u of the draws lies, 0 < u < 1. */
  quantile(u: number): number
  /** -Infinity outside the support. */
  logDensity(value: number): number
}

const finite = (law: string, name: string, value: number, positive: boolean): void => {
  if (!Number.isFinite(value) || (positive && value <= 0))
    throw new RangeError(`${law}: ${name} = ${value}; wants a ${positive ? 'positive' : 'finite'} number`)
}

/** U(low, high). Throws RangeError unless low < high. */
export function uniformLaw(low: number, high: number): Law {
  finite('uniform law', 'low', low, false)
  finite('uniform law', 'high', high, false)
  if (low >= high) throw new RangeError(`uniform law: [${low}, ${high}] is empty; low must be below high`)
  return {
    quantile: u => low + u * (high - low),
    logDensity: value => (value >= low && value <= high ? -Math.log(high - low) : -Infinity),
  }
}

/** N(mean, std^2). */
export function normalLaw(mean: number, std: number): Law {
  finite('normal law', 'mean', mean, false)
  finite('normal law', 'std', std, true)
  return {
    quantile: u => mean + std * normalQuantile(u),
    logDensity: value => -0.5 * ((value - mean) / std) ** 2 - Math.log(std * Math.sqrt(2 * Math.PI)),
  }
}

/** exp of N(ln median, spread^2). */
export function logNormalLaw(median: number, spread: number): Law {
  finite('log-normal law', 'median', median, true)
  const log = normalLaw(Math.log(median), spread)
  return {
    quantile: u => Math.exp(log.quantile(u)),
    logDensity: value => (value > 0 ? log.logDensity(Math.log(value)) - Math.log(value) : -Infinity),
  }
}
