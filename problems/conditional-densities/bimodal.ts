/**
 * y, w ~ N(0, 1),   x = cbrt(y + w)
 *
 * p(x | y) = 3 x^2 phi(x^3 - y): two modes about x = 0, where it vanishes.
 */
import { array, normal, normalQuantile, subkey } from 'invdiff'
import { assertFinite, assertProbability, linspace, type ConditionalDensity } from './density.js'
import { normalCdf, normalPdf } from './gauss.js'

export const bimodal: ConditionalDensity = {
  name: 'bimodal',
  definition: 'y, w ~ N(0, 1), x = cbrt(y + w)',
  grid: linspace(-2, 2, 20),
  sample(key, n, start = 0) {
    const y = normal(subkey(key, 'y'), new Float64Array(n), start)
    const x = normal(subkey(key, 'w'), new Float64Array(n), start).map((w, i) => Math.cbrt(y[i]! + w))
    return { x: array(x, [n, 1]), y: array(y, [n, 1]) }
  },
  given(y) {
    assertFinite(y, 'bimodal')
    return {
      pdf: x => 3 * x * x * normalPdf(x ** 3 - y),
      cdf: x => normalCdf(x ** 3 - y),
      quantile(u) {
        assertProbability(u, 'bimodal')
        return Math.cbrt(y + normalQuantile(u))
      },
    }
  },
}
