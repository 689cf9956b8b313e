/**
 * A diffusion process is a schedule and a path; everything else follows (theory.md, sections 1 and 2).
 *
 *   z = xi(sigma) x,   d_t p + div(-b z p) = (gamma^/2) Lap p,   dZ = -b Z dt + sqrt(gamma^) dW
 *   b = -(d xi/dt)/xi = contraction(sigma) gamma / (2 sigma^2),   gamma^ = xi^2 gamma
 *   Green's function N(z; m x', s^2 I),   m = xi,   s = xi sigma
 *
 * `ve` has xi = 1: z = x, b = 0 and gamma^ = gamma, the heat equation d_t p = (gamma/2) Lap p.
 * Source: A. Dasgupta et al., arXiv 2504.07437.
 */
import { assertPath, assertSchedule } from './conditions.js'
import type { Path } from './path.js'
import type { Schedule } from './schedule.js'

/** Green's function at one level: z ~ N(m x', s^2 I) given the clean x'. */
export interface Kernel {
  readonly m: number
  readonly s: number
}

export interface Process {
  readonly schedule: Schedule
  readonly path: Path
  /** b(t) of the drift -b z, for t > 0. It may diverge at t = 0, and no step needs it there. */
  readonly drift: (t: number) => number
  /** gamma^(t) = xi^2 gamma. */
  readonly diffusion: (t: number) => number
  /** Green's function at a level sigma. */
  readonly kernel: (sigma: number) => Kernel
}

/**
 * The process of a schedule and a path.
 *
 * @throws ConditionError when either breaks a condition of theory.md, sections 0 and 2, with the condition and the place.
 */
export function diffusionProcess(schedule: Schedule, path: Path): Process {
  assertSchedule(schedule)
  assertPath(path)
  return {
    schedule,
    path,
    drift(t) {
      if (!(t > 0)) throw new RangeError(`b(t) may diverge at t = 0: asked at t = ${t}, wants t > 0`)
      const sigma = schedule.sigma(t)
      return (path.contraction(sigma) * schedule.gamma(t)) / (2 * sigma ** 2)
    },
    diffusion: t => path.scale(schedule.sigma(t)) ** 2 * schedule.gamma(t),
    kernel(sigma) {
      const m = path.scale(sigma)
      return { m, s: m * sigma }
    },
  }
}

/**
 * The law from which the reverse process starts, N(m xbar, m^2 C + s^2 I): mean and variance along one eigenvector of C.
 * N(0, I) is right only in the limit, and for standardised data at k = 2: xi sigma at sigma = 20 is 0.99875 for k = 2 but
 * 0.9524 for k = 1.
 *
 * @param data mean and variance of the data there; default 0 and 1, standardised data.
 */
export function terminalLaw({ m, s }: Kernel, data = { mean: 0, variance: 1 }): { mean: number; variance: number } {
  return { mean: m * data.mean, variance: m ** 2 * data.variance + s ** 2 }
}

/** Tweedie: D = E[x' | z] = (z + s^2 score)/m, as coefficients. Finish with it: at sigma = 0.01 m is 0.826 for k = 0.5. */
export function tweedie({ m, s }: Kernel): { z: number; score: number } {
  return { z: 1 / m, score: s ** 2 / m }
}
