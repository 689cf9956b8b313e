/** Counting noise. */
import { array } from '../../io/array.js'
import type { Noise } from '../noise.js'
import { logGamma, measurements, pairOf, rowSums, sampled, uniforms, type OneShape } from './model.js'

const logMass = (k: number, mean: number): number => (mean === 0 ? (k === 0 ? 0 : -Infinity) : k * Math.log(mean) - mean - logGamma(k + 1)) // prettier-ignore

/** A Poisson variate from one uniform: probability is taken away from it term by term, outwards from the mode. */
function poisson(mean: number, u: number): number {
  if (mean === 0) return 0
  const mode = Math.floor(mean)
  let left = u - Math.exp(logMass(mode, mean))
  if (left < 0) return mode
  let [below, above] = [mode, mode]
  let [down, up] = [Math.exp(logMass(mode, mean)), Math.exp(logMass(mode, mean))]
  while (up > 0 || (below > 0 && down > 0)) {
    up *= mean / ++above
    left -= up
    if (left < 0) return above
    if (below === 0) continue
    down *= below-- / mean
    left -= down
    if (left < 0) return below
  }
  return mode // u within round-off of 1
}

/**
 * Counts of a detector: y = (N - background) / rate with N ~ Poisson(rate clean + background), so that the mean is `clean`
 * and the variance clean / rate + background / rate^2. `logLikelihood` is the log-probability of the counts: -Infinity where
 * rate y + background is no count.
 *
 * Its functions throw RangeError where rate clean + background is negative.
 *
 * @param rate counts for a unit of the measurement.
 * @param background counts that come without any.
 */
export function poissonNoise(rate: number, background: number, one?: OneShape): Noise {
  const where = 'poisson noise'
  const mean = (clean: number): number => {
    const value = rate * clean + background
    if (value >= 0) return value
    throw new RangeError(`${where}: the mean count is ${value} for the noise-free value ${clean}; counts want values from 0, or a background`) // prettier-ignore
  }
  return {
    kind: 'poisson',
    sample: sampled(where, one, [uniforms('u')], (clean, u) => (poisson(mean(clean), u) - background) / rate),
    logLikelihood(y, clean) {
      const rows = pairOf(where, y, clean, one)
      return rowSums(rows, i => {
        const count = rate * rows.data[i]! + background
        const k = Math.round(count)
        const whole = k >= 0 && Math.abs(count - k) <= 1e-9 * Math.max(1, k)
        return whole ? logMass(k, mean(rows.clean[i]!)) : -Infinity
      })
    },
    covariance: clean => array(measurements(where, clean, one).data.map(value => mean(value) / rate ** 2)),
  }
}
