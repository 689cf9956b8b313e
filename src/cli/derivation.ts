/** The derivation that the options of `invdiff derive` ask for. */
import { FormulaError } from '../expression.js'
import { alphaOf } from '../pde/alpha.js'
import { defaultAlphas, derive } from '../pde/derive.js'
import { pathOf, paths, type Path } from '../pde/path.js'
import { scheduleOfBeta, scheduleOfGamma, scheduleOfSigma, schedules, type Schedule } from '../pde/schedule.js'
import type { Derived } from '../run/derive-page.js'
import { UsageError } from './command.js'

type Texts = 'path' | 'xi' | 'schedule' | 'sigma' | 'gamma' | 'beta'
type Numbers = 'k' | 'sigma-min' | 'sigma-max' | 'rho' | 'beta-min' | 'beta-max' | 'a' | 'seed'

/** Options by their names on the command line. */
export type Request = Readonly<Record<Texts, string | undefined>> &
  Readonly<Record<Numbers, number | undefined>> & { readonly alpha: readonly string[] }

/** @throws UsageError naming the option at fault; ConditionError for a process that breaks a condition of the theory. */
export function derived(request: Request): Derived {
  const path = chosenPath(request)
  const schedule = chosenSchedule(request, path)
  const asked = request.alpha.map(text => (Number.isNaN(Number(text)) ? text : Number(text)))
  for (const alpha of asked) at('--alpha', () => alphaOf(alpha, schedule))
  const { seed = 0 } = request
  const alphas = asked.length > 0 ? asked : defaultAlphas
  return { derivation: derive(schedule, path, { seed, alphas }), schedule, path, alphas }
}

function chosenPath({ path, xi, k }: Request): Path {
  if (path !== undefined && xi !== undefined) throw new UsageError(`both the path '${path}' and --xi are given`)
  if (xi === undefined && path === undefined)
    throw new UsageError(`a path is missing: ${paths.list().map(({ name }) => name).join(', ')}, or --xi with a formula`) // prettier-ignore
  if (xi === undefined) return at('[path]', () => paths.create(path!, given({ k })))
  if (k !== undefined) throw new UsageError('--k belongs to the path vp-k, and --xi is given')
  return at('--xi', () => pathOf('custom', xi))
}

function chosenSchedule(request: Request, path: Path): Schedule {
  const { schedule, sigma, gamma, beta, rho, a } = request
  const definitions = Object.entries(given({ schedule, sigma, gamma, beta })).map(([name]) => `--${name}`)
  if (definitions.length > 1) throw new UsageError(`${definitions.join(' and ')}: a process has one schedule`)
  const parameters = given({
    sigmaMin: request['sigma-min'],
    sigmaMax: request['sigma-max'],
    betaMin: request['beta-min'],
    betaMax: request['beta-max'],
    rho,
    a,
  })
  const formula = sigma ?? gamma ?? beta
  if (formula === undefined) return at('--schedule', () => schedules.create(schedule ?? 'geometric', parameters))
  const [unused] = Object.keys(parameters).filter(name => gamma === undefined || name !== 'sigmaMin')
  if (unused !== undefined)
    throw new UsageError(`${definitions[0]!} gives the schedule as a formula: it has no parameter ${unused}`)
  return at(definitions[0]!, () => {
    if (sigma !== undefined) return scheduleOfSigma('custom', sigma)
    if (gamma !== undefined) return scheduleOfGamma('custom', gamma, parameters.sigmaMin)
    return scheduleOfBeta('custom', formula, path)
  })
}

/** The entries that have a value. */
const given = <T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined))

/** What is wrong with the value of an option is said of that option. */
function at<T>(option: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (error instanceof FormulaError || error instanceof RangeError)
      throw new UsageError(`${option}: ${error.message}`, { cause: error })
    throw error
  }
}
