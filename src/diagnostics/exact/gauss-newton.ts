/**
 * The Gauss-Newton proposal for parameters z with prior N(0, I) that are measured through f with noise, whitened:
 * y = f(z) + N(0, I). At a temperature beta the posterior about z is close to a Gaussian of precision and step
 *
 *   H = I + beta J^T J,   d = H^-1 (beta J^T (y - f(z)) - z),   J = df/dz,
 *
 * and the proposal z' = z + (1 - sqrt(1 - h^2)) d + h H^(-1/2) xi, 0 < h <= 1, leaves that Gaussian as it is: where f is linear
 * every one is accepted, and h = 1 draws afresh. It needs no adaptation to scales, correlations or modes.
 *
 * Source: A. Beskos, M. Girolami, S. Lan, P. Farrell, A. Stuart, "Geometric MCMC for infinite-dimensional inverse problems",
 * J. Comput. Phys. 335 (2017), arXiv 1606.06351.
 */
import { choleskyInPlace, solveLower, solveUpper } from '../../linalg/cholesky.js'

/** z [p] and what is known of the likelihood there. */
export interface Place {
  readonly z: Float64Array
  /** ln L. */
  readonly log: number
  /** J^T J [p, p] and J^T (y - f(z)) [p]. */
  readonly curvature: Float64Array
  readonly gradient: Float64Array
}

/** The Gaussian of a place: H = L L^T [p, p] and d [p]. */
export interface LocalGaussian {
  readonly place: Place
  readonly L: Float64Array
  readonly step: Float64Array
}

export function localGaussian(place: Place, beta: number): LocalGaussian {
  const { z, curvature, gradient } = place
  const p = z.length
  const L = curvature.map((v, k) => beta * v + (k % (p + 1) === 0 ? 1 : 0))
  choleskyInPlace(L, p, 'Gauss-Newton')
  const step = gradient.map((g, k) => beta * g - z[k]!)
  solveLower(L, p, step)
  solveUpper(L, p, step)
  return { place, L, step }
}

const keptAt = (h: number): number => 1 - Math.sqrt(1 - h * h)

/** z' of standard normal numbers xi [p]. */
export function proposed({ place, L, step }: LocalGaussian, h: number, xi: Float64Array): Float64Array {
  const away = xi.slice()
  solveUpper(L, away.length, away)
  return place.z.map((v, k) => v + keptAt(h) * step[k]! + h * away[k]!)
}

/** ln of the density with which z' is proposed, up to what does not depend on the place. */
export function logProposal({ place, L, step }: LocalGaussian, h: number, to: Float64Array): number {
  const p = to.length
  const away = to.map((v, k) => (v - place.z[k]! - keptAt(h) * step[k]!) / h)
  let log = 0
  for (let i = 0; i < p; i++) {
    let v = 0
    for (let k = i; k < p; k++) v += L[k * p + i]! * away[k]!
    log += Math.log(L[i * (p + 1)]!) - (v * v) / 2
  }
  return log
}

/** ln of p(z) L(z)^beta, up to a constant. */
export const logTempered = ({ z, log }: Place, beta: number): number =>
  beta * log - z.reduce((sum, v) => sum + (v * v) / 2, 0)

/** The probability with which a move from one place to the next is accepted. */
export function acceptance(from: LocalGaussian, to: LocalGaussian, beta: number, h: number): number {
  const there = logTempered(to.place, beta) + logProposal(to, h, from.place.z)
  const here = logTempered(from.place, beta) + logProposal(from, h, to.place.z)
  return Math.min(1, Math.exp(there - here))
}
