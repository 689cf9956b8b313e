/** Noise with heavier tails than a Gaussian's: Laplace and Student's t. */
import { array } from '../../io/array.js'
import type { Noise } from '../noise.js'
import { logGamma, measurements, pairOf, rowSums, sampled, uniforms, type Draw, type OneShape } from './model.js'

/** A density of (y - clean) / scale, the same for every entry. */
function additive(
  kind: string,
  scale: number,
  one: OneShape,
  parts: { draws: readonly [Draw, Draw?]; quantile: (u: number, v: number) => number; logDensity: (z: number) => number; variance: () => number }, // prettier-ignore
): Noise {
  const where = `${kind} noise`
  return {
    kind,
    sample: sampled(where, one, parts.draws, (value, u, v) => value + scale * parts.quantile(u, v)),
    logLikelihood(y, clean) {
      const rows = pairOf(where, y, clean, one)
      return rowSums(rows, i => parts.logDensity((rows.data[i]! - rows.clean[i]!) / scale) - Math.log(scale))
    },
    covariance(clean) {
      const { m } = measurements(where, clean, one)
      return array(new Float64Array(m).fill(scale ** 2 * parts.variance()))
    },
  }
}

/** p(y) = exp(-|y - clean| / scale) / (2 scale): variance 2 scale^2. */
export const laplaceNoise = (scale: number, one?: OneShape): Noise =>
  additive('laplace', scale, one, {
    draws: [uniforms('u')],
    quantile: u => (u < 0.5 ? Math.log(2 * u) : -Math.log(2 * (1 - u))),
    logDensity: z => -Math.abs(z) - Math.LN2,
    variance: () => 2,
  })

/**
 * y = clean + scale T with Student's t of `dof` degrees of freedom: variance scale^2 dof / (dof - 2), infinite for dof <= 2,
 * where `covariance` throws RangeError. Drawn by T = cos(2 pi v) sqrt(dof (u^(-2 / dof) - 1)).
 *
 * Source: R. W. Bailey, "Polar generation of random variates with the t-distribution", Math. Comp. 62 (1994).
 */
export function studentNoise(dof: number, scale: number, one?: OneShape): Noise {
  const constant = logGamma((dof + 1) / 2) - logGamma(dof / 2) - 0.5 * Math.log(dof * Math.PI)
  return additive('student-t', scale, one, {
    draws: [uniforms('u'), uniforms('v')],
    quantile: (u, v) => Math.cos(2 * Math.PI * v) * Math.sqrt(dof * Math.expm1((-2 / dof) * Math.log(u))),
    logDensity: z => constant - ((dof + 1) / 2) * Math.log1p((z * z) / dof),
    variance() {
      if (dof > 2) return dof / (dof - 2)
      throw new RangeError(`student-t noise: the variance is infinite for dof = ${dof}; take dof above 2, or a method that needs no covariance`) // prettier-ignore
    },
  })
}
