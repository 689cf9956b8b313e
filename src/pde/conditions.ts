/**
 * What a schedule and a path must satisfy (theory.md, sections 0 and 2), tested on nodes:
 *
 *   schedule:  sigma >= 0, finite and increasing in t on [0, 1]; gamma > 0
 *   path:      xi > 0 and finite; xi not increasing (b >= 0); xi(0) = 1; xi sigma -> 1 as sigma -> infinity
 *
 * `ve` (xi = 1) is exempt from the last one, which is tested as a limit: at sigma = 20 the value is only 0.668 for k = 0.5.
 */
import { FormulaError } from '../expression.js'
import { check, type Check } from './checks/check.js'
import type { Path } from './path.js'
import type { Schedule } from './schedule.js'

/** A formula that breaks a condition: which one, and where. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
  /** @param at the t of a schedule or the sigma of a path at which the condition first fails. */
  constructor(
    message: string,
    readonly condition: string,
    readonly at: number,
  ) {
    super(message)
  }
}

/** Round-off allowed in xi(0) = 1 and in monotonicity. */
const ROUND_OFF = 1e-9
/** How near 1 xi sigma must be at the last sigma where it is still resolved. */
const LIMIT_TOLERANCE = 1e-2

const times = [1e-9, 1e-6, 1e-4, ...Array.from({ length: 1024 }, (_, i) => (i + 1) / 1024)]
const sigmas = Array.from({ length: 401 }, (_, i) => 10 ** (-6 + i / 40)) // 1e-6 to 1e4

/**
 * Throws unless the schedule is one.
 *
 * @throws ConditionError with the condition and the first t, to a thousandth, that breaks it.
 */
export function assertSchedule(schedule: Schedule): void {
  const subject = `schedule ${schedule.name}: ${schedule.definition}`
  let last = { t: 0, sigma: finite(subject, 't', 0, () => schedule.sigma(0)) }
  if (!(last.sigma >= 0)) throw broken(subject, 'sigma >= 0', 't', 0, last.sigma)
  for (const t of times) {
    const sigma = finite(subject, 't', t, () => schedule.sigma(t))
    const gamma = finite(subject, 't', t, () => schedule.gamma(t))
    if (!(sigma > 0)) throw broken(subject, 'sigma > 0', 't', t, sigma)
    if (!(sigma > last.sigma)) throw broken(subject, `sigma > sigma(${last.t})`, 't', t, sigma)
    if (!(gamma > 0)) throw broken(subject, 'gamma > 0', 't', t, gamma)
    last = { t, sigma }
  }
}

/**
 * Throws unless the path is one.
 *
 * @throws ConditionError with the condition and the first sigma, to a twentieth of its size, that breaks it.
 */
export function assertPath(path: Path): void {
  const subject = `path ${path.name}: xi(sigma) = ${path.xi.text}`
  let last = { sigma: 0, xi: finite(subject, 'sigma', 0, () => path.scale(0)) }
  if (!(Math.abs(last.xi - 1) <= ROUND_OFF)) throw broken(subject, 'xi(0) = 1', 'sigma', 0, last.xi)
  for (const sigma of sigmas) {
    const xi = finite(subject, 'sigma', sigma, () => path.scale(sigma))
    if (!(xi > 0)) throw broken(subject, 'xi > 0', 'sigma', sigma, xi)
    if (!(xi <= last.xi * (1 + ROUND_OFF))) throw broken(subject, `xi <= xi(${last.sigma})`, 'sigma', sigma, xi)
    last = { sigma, xi }
  }
  const limit = limitOfScale(path)
  if (isVarianceExploding(path) || Math.abs(limit.value - 1) <= LIMIT_TOLERANCE) return
  throw broken(subject, 'xi sigma -> 1 as sigma grows', 'sigma', limit.sigma, limit.value)
}

/** The two conditions that define xi, as checks. */
export function pathChecks(path: Path): Check[] {
  const first = check('xi(0) = 1', Math.abs(path.scale(0) - 1), ROUND_OFF, 'round-off')
  if (isVarianceExploding(path)) return [first]
  const { sigma, value } = limitOfScale(path)
  const reason = 'a limit, at the last sigma where xi is resolved in float64'
  const at = `sigma = ${sigma.toExponential(0)}`
  return [first, check('xi sigma -> 1', Math.abs(value - 1), LIMIT_TOLERANCE, reason, at)]
}

/** xi = 1 everywhere: the heat equation itself. */
export const isVarianceExploding = (path: Path): boolean => sigmas.every(sigma => path.scale(sigma) === 1)

/**
 * xi sigma at the largest power of ten where a formula still resolves it: neither overflow nor cancellation. Both show as a
 * second difference that no function with contraction between 0 and 1 has.
 */
function limitOfScale(path: Path): { sigma: number; value: number } {
  const value = (sigma: number): number => Math.exp(path.logScale(sigma) + Math.log(sigma))
  let last = { sigma: 1, value: value(1) }
  try {
    for (let decade = 1; decade <= 300; decade++) {
      const sigma = 10 ** decade
      const middle = value(sigma)
      const curvature = value(0.999 * sigma) - 2 * middle + value(1.001 * sigma)
      if (!(middle > 0 && Math.abs(curvature) <= 1e-4 * middle)) break
      last = { sigma, value: middle }
    }
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error // it has overflown
  }
  return last
}

/** The value of a quantity, or a ConditionError where it is not finite or its formula fails. */
function finite(subject: string, variable: string, at: number, value: () => number): number {
  let found: number
  try {
    found = value()
  } catch (error) {
    throw broken(subject, 'a finite value', variable, at, error instanceof Error ? error.message : String(error))
  }
  if (!Number.isFinite(found)) throw broken(subject, 'a finite value', variable, at, found)
  return found
}

const broken = (
  subject: string,
  condition: string,
  variable: string,
  at: number,
  found: number | string,
): ConditionError =>
  new ConditionError(`${subject}: wants ${condition}, but at ${variable} = ${at} found ${found}`, condition, at)
