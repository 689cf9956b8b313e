/**
 * y ~ U(-3, 3),   x = tanh y + Gamma(shape 1, scale 0.3)
 *
 * A shifted exponential: p(x | y) = exp(-(x - tanh y)/0.3) / 0.3 for x >= tanh y.
 */
import { array, subkey, uniform } from 'invdiff'
import { assertFinite, assertProbability, linspace, type ConditionalDensity } from './density.js'

const scale = 0.3

export const tanh: ConditionalDensity = {
  name: 'tanh',
  definition: 'y ~ U(-3, 3), x = tanh y + Gamma(1, 0.3)',
  grid: linspace(-2.85, 2.85, 20),
  sample(key, n, start = 0) {
    const y = uniform(subkey(key, 'y'), new Float64Array(n), start).map(u => 6 * u - 3)
    const x = uniform(subkey(key, 'x'), new Float64Array(n), start).map(
      (u, i) => Math.tanh(y[i]!) - scale * Math.log(u),
    )
    return { x: array(x, [n, 1]), y: array(y, [n, 1]) }
  },
  given(y) {
    assertFinite(y, 'tanh')
    const low = Math.tanh(y)
    return {
      pdf: x => (x < low ? 0 : Math.exp(-(x - low) / scale) / scale),
      cdf: x => (x < low ? 0 : -Math.expm1(-(x - low) / scale)),
      quantile(u) {
        assertProbability(u, 'tanh')
        return low - scale * Math.log1p(-u)
      },
    }
  },
}
