/**
 * The minimiser of denoising score matching, E lambda || s_theta(m x' + s eps) + eps/s ||^2, is the conditional mean of
 * -eps/s, which is the score; and E[x' | z] is Tweedie's (z + s^2 score)/m. Both by quadrature over x', for a mixture.
 */
import { density, diffuse, score, testMixture } from '../mixture.js'
import { tweedie, type Process } from '../process.js'
import { integrate } from '../quadrature.js'
import { check, worst, type Check } from './check.js'

const TOLERANCE = 1e-8
const reason = 'adaptive quadrature over x′ and round-off'

/** @param denoise the coefficients of Tweedie's formula under test. */
export function minimiser(process: Process, denoise = tweedie): Check[] {
  const places = [0.05, 0.3, 0.6, 1].flatMap(t =>
    [-1.5, -0.4, 0.9, 2].map(u => ({ sigma: process.schedule.sigma(t), u })),
  )
  const compare = (residual: (z: number, sigma: number) => number) =>
    worst(places, ({ sigma, u }) => {
      const deviation = process.path.scale(sigma) * Math.hypot(1, sigma)
      return residual(deviation * u, sigma)
    })
  const loss = compare((z, sigma) => {
    const kernel = process.kernel(sigma)
    const target = mean(process, z, sigma, x => -(z - kernel.m * x) / kernel.s ** 2)
    return kernel.s * Math.abs(target - score(diffuse(testMixture, kernel), z))
  })
  const denoised = compare((z, sigma) => {
    const kernel = process.kernel(sigma)
    const coefficient = denoise(kernel)
    const D = coefficient.z * z + coefficient.score * score(diffuse(testMixture, kernel), z)
    return Math.abs(mean(process, z, sigma, x => x) - D)
  })
  const at = ({ sigma }: { sigma: number }): string => `sigma = ${sigma.toPrecision(3)}`
  return [
    check('E[-eps/s | z] = score', loss.residual, TOLERANCE, reason, at(loss.place)),
    check('E[x′ | z] = (z + s² score)/m', denoised.residual, TOLERANCE, reason, at(denoised.place)),
  ]
}

/** E[f(x') | z] at a level, by quadrature where both the data and Green's function live. */
function mean(process: Process, z: number, sigma: number, f: (x: number) => number): number {
  const m = process.path.scale(sigma)
  const data = 4
  const lo = Math.max(-data, z / m - 12 * sigma)
  const hi = Math.min(data, z / m + 12 * sigma)
  const weight = (x: number): number => density(testMixture, x) * Math.exp(-((z / m - x) ** 2) / (2 * sigma ** 2))
  return integrate(x => f(x) * weight(x), lo, hi) / integrate(weight, lo, hi)
}
