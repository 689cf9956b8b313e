/**
 * A schedule is the clock of the noise: sigma(t) on [0, 1], from data (t = 0) to noise (t = 1), and its rate
 *
 *   gamma(t) = d(sigma^2)/dt        so that   sigma^2(t) = sigma(0)^2 + int_0^t gamma   (theory.md, sections 0 to 2)
 *
 * It is written as one formula, for sigma, gamma or beta; the other quantities are derived here.
 * sigma is measured in the units of standardised data.
 */
import { formula, type Formula } from '../expression.js'
import { paths, type Path } from './path.js'
import { integrate, invert } from './quadrature.js'
import { registry } from './registry.js'

export interface Schedule {
  readonly name: string
  /** The formula that defines it, as "sigma(t) = ..." and in LaTeX. */
  readonly definition: string
  readonly latex: string
  readonly sigma: (t: number) => number
  /** d(sigma^2)/dt; at t = 0, where it may be 0/0 or diverge, its value at t = 1e-12. */
  readonly gamma: (t: number) => number
  /**
   * The t at which sigma(t) = sigma, to round-off.
   *
   * @throws RangeError when sigma lies outside [sigma(0), sigma(1)].
   */
  readonly time: (sigma: number) => number
}

/** Stands for the limit t -> 0 of a rate. */
const INSTANT = 1e-12

/** sigma(t) given: gamma = 2 sigma dsigma/dt, by symbolic differentiation. */
export function scheduleOfSigma(name: string, text: string): Schedule {
  const f = formula(text, { variables: ['t'] })
  const slope = f.derivative('t')
  const sigma = (t: number): number => f.value({ t })
  return schedule(name, 'sigma', f, sigma, t => 2 * sigma(t) * slope.value({ t }))
}

/** gamma(t) given: sigma^2 = sigmaMin^2 + int_0^t gamma, by quadrature; exactly sigmaMin (default 0) at t = 0. */
export function scheduleOfGamma(name: string, text: string, sigmaMin = 0): Schedule {
  const f = formula(text, { variables: ['t'] })
  const gamma = (t: number): number => f.value({ t })
  return schedule(name, 'gamma', f, t => Math.sqrt(sigmaMin ** 2 + integrate(gamma, 0, t)), gamma)
}

/**
 * beta(t) given, the rate of a variance-preserving process dZ = -(beta/2) Z dt + ...: b = beta/2, so that
 *
 *   ln xi(sigma) = -B/2,   B(t) = int_0^t beta,   gamma = beta sigma^2 / contraction(sigma)
 *
 * `vp` gives sigma^2 = e^B - 1 and gamma = beta (1 + sigma^2); `subvp` gives sigma = 2 sinh(B/2).
 *
 * @param path the process that beta belongs to; default `vp`.
 * @throws RangeError for a path whose xi does not reach e^(-B/2), as `ve`.
 */
export function scheduleOfBeta(name: string, text: string, path: Path = paths.create('vp')): Schedule {
  const f = formula(text, { variables: ['t'] })
  const beta = (t: number): number => f.value({ t })
  const sigma = (t: number): number => (t === 0 ? 0 : sigmaOfLogScale(path, -integrate(beta, 0, t) / 2))
  const gamma = (t: number): number => (beta(t) * sigma(t) ** 2) / path.contraction(sigma(t))
  const made = schedule(name, 'beta', f, sigma, gamma)
  const latex = `${made.latex}, \\qquad \\ln \\xi_{\\text{${path.name}}}(\\sigma) = -\\frac{1}{2} \\int_0^t \\beta`
  return { ...made, definition: `${made.definition} (path ${path.name})`, latex }
}

/** The sigma at which ln xi(sigma) = logScale, searched from e^-700 to e^50. */
function sigmaOfLogScale(path: Path, logScale: number): number {
  try {
    return Math.exp(invert(u => -path.logScale(Math.exp(u)), -logScale, -700, 50))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new RangeError(
      `path '${path.name}' has no sigma with xi = exp(${logScale}): beta(t) does not define its clock`,
    )
  }
}

function schedule(
  name: string,
  symbol: 'sigma' | 'gamma' | 'beta',
  f: Formula,
  sigma: (t: number) => number,
  rate: (t: number) => number,
): Schedule {
  return {
    name,
    definition: `${symbol}(t) = ${f.text}`,
    latex: `\\${symbol}(t) = ${f.latex()}`,
    sigma,
    gamma: t => rate(Math.max(t, INSTANT)),
    time: level => timeOf(sigma, level),
  }
}

/** Inverts sigma(t); a level that misses an end by round-off is that end. */
function timeOf(sigma: (t: number) => number, level: number): number {
  for (const end of [0, 1]) if (Math.abs(level - sigma(end)) <= 1e-12 * sigma(end)) return end
  return invert(sigma, level, 0, 1)
}

/** The built-in schedules, by name; `schedules.register` adds one. */
export const schedules = registry<Schedule>('schedule')

const sigmaMin = { default: 0.01, description: 'sigma at t = 0' }
const sigmaMax = { default: 50, description: 'sigma at t = 1' }

schedules.register({
  name: 'geometric',
  description: 'sigma = sigma_min (sigma_max/sigma_min)^t (Song et al., arXiv 2011.13456)',
  parameters: { sigmaMin, sigmaMax },
  create: ({ sigmaMin, sigmaMax }) => scheduleOfSigma('geometric', `${sigmaMin} * (${sigmaMax} / ${sigmaMin})^t`),
})
schedules.register({
  name: 'exponential-rate',
  description: 'gamma = a^(2t): sigma^2 = (a^(2t) - 1)/(2 ln a), exactly 0 at t = 0 (Song et al., arXiv 2011.13456)',
  parameters: { a: { default: 100, above: 1, description: 'growth of the diffusion sqrt(gamma) from t = 0 to 1' } },
  create: ({ a }) => scheduleOfGamma('exponential-rate', `${a}^(2 * t)`),
})
schedules.register({
  name: 'linear-beta',
  description:
    'beta = beta_min + (beta_max - beta_min) t, for the path vp: sigma^2 = e^B - 1 (Ho et al., arXiv 2006.11239)',
  parameters: {
    betaMin: { default: 0.1, description: 'beta at t = 0' },
    betaMax: { default: 20, description: 'beta at t = 1' },
  },
  create: ({ betaMin, betaMax }) => scheduleOfBeta('linear-beta', `${betaMin} + (${betaMax} - ${betaMin}) * t`),
})
schedules.register({
  name: 'cosine',
  description:
    'sigma = tan(t atan(sigma_max)): m = cos for vp, truncated at sigma_max (Nichol & Dhariwal, arXiv 2102.09672)',
  parameters: { sigmaMax },
  create: ({ sigmaMax }) => scheduleOfSigma('cosine', `tan(${Math.atan(sigmaMax)} * t)`),
})
schedules.register({
  name: 'karras',
  description:
    'sigma^(1/rho) linear in t; its levels i/(N-1) = 1 - t begin at sigma_max (Karras et al., arXiv 2206.00364)',
  parameters: {
    sigmaMin: { ...sigmaMin, default: 0.002 },
    sigmaMax: { ...sigmaMax, default: 80 },
    rho: { default: 7, description: 'exponent; larger puts more time at small sigma' },
  },
  create: ({ sigmaMin, sigmaMax, rho }) => {
    const [lo, hi] = [sigmaMin ** (1 / rho), sigmaMax ** (1 / rho)]
    return scheduleOfSigma('karras', `(${lo} + ${hi - lo} * t)^${rho}`)
  },
})
