/**
 * The two exactly integrated steps (theory.md, section 3): what their coefficients must add up to over any levels, and the
 * order at which they converge.
 */
import { integrate } from '../quadrature.js'
import { terminalLaw } from '../process.js'
import type { ReverseFamily } from '../reverse.js'
import { check, type Check } from './check.js'

const EXACT = 1e-10
const reason = 'exact integration: round-off'

/** Levels from sigma(1) down to max(sigma(0), 0.01), uniform in ln sigma. */
export function logLevels({ process }: Pick<ReverseFamily, 'process'>, steps: number): number[] {
  const top = process.schedule.sigma(1)
  const bottom = Math.max(process.schedule.sigma(0), 0.01)
  return Array.from({ length: steps + 1 }, (_, n) => (n === steps ? bottom : top * (bottom / top) ** (n / steps)))
}

/** |a/b - 1|, or |a| where b = 0. */
const mismatch = (a: number, b: number): number => (b === 0 ? Math.abs(a) : Math.abs(a / b - 1))

/**
 * Score frozen: over any levels z' multiplies to xi'/xi, score/(xi xi') adds up to (Delta + A)/2 and (w/xi')^2 to
 * A = int alpha d(sigma^2), each by itself the iterates of VE.
 */
export function scoreFrozenTotals(reverse: Pick<ReverseFamily, 'process' | 'alpha' | 'scoreFrozen'>): Check {
  const { process, alpha } = reverse
  const levels = logLevels(reverse, 12)
  let [z, score, variance] = [1, 0, 0]
  for (let n = 1; n < levels.length; n++) {
    const [from, to] = [levels[n - 1]!, levels[n]!]
    const step = reverse.scoreFrozen(from, to)
    const next = process.kernel(to).m
    z *= step.z
    score += step.score / (process.kernel(from).m * next)
    variance += (step.w / next) ** 2
  }
  const [top, bottom] = [levels[0]!, levels.at(-1)!]
  const noise = integrate(v => alpha.at(Math.sqrt(v)), bottom ** 2, top ** 2)
  const residual = Math.max(
    mismatch(z, process.kernel(bottom).m / process.kernel(top).m),
    mismatch(score, (top ** 2 - bottom ** 2 + noise) / 2),
    mismatch(variance, noise),
  )
  return check('score-frozen step: ∫γ and ∫αγ are exact', residual, EXACT, reason, `alpha = ${alpha.text}`)
}

/**
 * Denoiser frozen: exact for a point mass, where D is constant. So m z + denoised = m' and s^2 z^2 + w^2 = s'^2 at each step,
 * and (xi/xi') z multiplies to (sigma'/sigma) exp(-int alpha d ln sigma).
 */
export function denoiserFrozenTotals(reverse: Pick<ReverseFamily, 'process' | 'alpha' | 'denoiserFrozen'>): Check {
  const { process, alpha } = reverse
  const levels = logLevels(reverse, 12)
  let [residual, kept] = [0, 0]
  for (let n = 1; n < levels.length; n++) {
    const step = reverse.denoiserFrozen(levels[n - 1]!, levels[n]!)
    const [at, next] = [process.kernel(levels[n - 1]!), process.kernel(levels[n]!)]
    kept += Math.log((step.z * at.m) / next.m)
    residual = Math.max(
      residual,
      mismatch(at.m * step.z + step.denoised, next.m),
      mismatch((at.s * step.z) ** 2 + step.w ** 2, next.s ** 2),
    )
  }
  const [top, bottom] = [levels[0]!, levels.at(-1)!]
  const decay = integrate(u => alpha.at(Math.exp(u)), Math.log(bottom), Math.log(top))
  residual = Math.max(residual, mismatch(kept, Math.log(bottom / top) - decay))
  return check('denoiser-frozen step: exact for a point mass', residual, EXACT, reason, `alpha = ${alpha.text}`)
}

/**
 * Relative error of the variance at the last level, for Gaussian data N(0, c), after `steps` steps from the terminal law.
 * With P = m^2 c + s^2 the score is -z/P and the denoiser m c z/P, so every step is linear and no samples are drawn.
 */
export function gaussianError(
  reverse: Pick<ReverseFamily, 'process' | StepKind>,
  kind: StepKind,
  steps: number,
  c = 0.5,
): number {
  const law = (sigma: number): number => terminalLaw(reverse.process.kernel(sigma), { mean: 0, variance: c }).variance
  const levels = logLevels(reverse, steps)
  let variance = law(levels[0]!)
  for (let n = 1; n <= steps; n++) {
    const [from, to] = [levels[n - 1]!, levels[n]!]
    const step = reverse[kind](from, to)
    const response = 'score' in step ? -step.score : step.denoised * reverse.process.kernel(from).m * c
    variance = (step.z + response / law(from)) ** 2 * variance + step.w ** 2
  }
  return variance / law(levels[steps]!) - 1
}

/**
 * Both steps converge at order 1: the fitted slope of ln|error| against ln(step), for N, 2N and 4N steps. At large sigma each
 * step of size h in ln sigma errs by a factor 1 + O(h^2), so over a range R the error is small when R h is: N = 2 R^2.
 */
export function gaussianOrder(reverse: Pick<ReverseFamily, 'process' | 'alpha' | StepKind>, kind: StepKind): Check {
  const [top, bottom] = logLevels(reverse, 1) as [number, number]
  const steps = [1, 2, 4].map(n => n * Math.max(32, Math.ceil(2 * Math.log(top / bottom) ** 2)))
  const slope = fittedSlope(
    steps.map(n => -Math.log(n)),
    steps.map(n => Math.log(Math.abs(gaussianError(reverse, kind, n)))),
  )
  const at = `alpha = ${reverse.alpha.text}: order ${slope.toFixed(3)}`
  return check(
    `${names[kind]} step: |order - 1|`,
    Math.abs(slope - 1),
    0.15,
    `slope fitted on ${steps.join(', ')} steps`,
    at,
  )
}

export type StepKind = 'scoreFrozen' | 'denoiserFrozen'
const names: Record<StepKind, string> = { scoreFrozen: 'score-frozen', denoiserFrozen: 'denoiser-frozen' }

/** Least-squares slope of y against x. */
export function fittedSlope(x: readonly number[], y: readonly number[]): number {
  const [mx, my] = [x, y].map(v => v.reduce((a, b) => a + b) / v.length) as [number, number]
  const covariance = x.reduce((sum, v, i) => sum + (v - mx) * (y[i]! - my), 0)
  return covariance / x.reduce((sum, v) => sum + (v - mx) ** 2, 0)
}
