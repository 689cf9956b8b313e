/** A run, worked out before it begins: its levels, the coefficients of every step, its start and its end. */
import type { Process } from '../pde/process.js'
import { reverseFamily } from '../pde/reverse.js'
import { assertLevels } from './grid.js'
import { levelNames } from './program.js'
import { isAdaptive, type AnyStep, type Level, type Step } from './step.js'

export interface Plan {
  /** Where the run starts; m = 1 for adaptive steps, which solve for x~ = z/m. */
  readonly first: Level
  readonly last: Level
  /** The levels on the way; for adaptive steps the ends only. */
  readonly levels: readonly Level[]
  /** Names of the step's coefficients. */
  readonly names: readonly string[]
  /** Coefficients of each call; an adaptive step repeats its only ones. */
  readonly calls: readonly (readonly number[])[]
  /** Whether a call needs noise. */
  readonly noisy: readonly boolean[]
}

/**
 * @param levels from large to small, as a time grid gives them.
 * @param alpha member of the reverse family; the step's own unless given.
 * @throws RangeError for bad levels, for an alpha that the step does not take, or for coefficients that are not finite.
 */
export function planRun(step: AnyStep, process: Process, levels: readonly number[], alpha?: number | string): Plan {
  assertLevels(levels)
  const member = memberOf(step, alpha)
  if (isAdaptive(step)) return adaptivePlan(levels, member, (step.noises ?? 0) > 0)
  const reverse = reverseFamily(process, member)
  const at = levels.map((sigma): Level => ({ sigma, ...process.kernel(sigma) }))
  const rows = at.slice(1).map((to, k) => {
    const interval = { reverse, from: at[k]!, to, previous: at[k - 1] ?? null, count: levels.length - 1 }
    return { interval, values: step.coefficients(interval) }
  })
  const names = Object.keys(rows[0]!.values)
  const calls = rows.map(({ interval: { from, to }, values }) => [
    ...[from.sigma, from.m, to.sigma, to.m],
    ...names.map(name => finite(step, name, from, to, values[name])),
  ])
  const w = names.indexOf('w')
  const noisy = calls.map(row => (step.noises ?? 0) > (w >= 0 && row[levelNames.length + w] === 0 ? 1 : 0))
  return { first: at[0]!, last: at.at(-1)!, levels: at, names, calls, noisy }
}

function adaptivePlan(levels: readonly number[], alpha: number | string, noisy: boolean): Plan {
  if (typeof alpha === 'string') throw new RangeError(`an adaptive step takes a constant alpha, not '${alpha}'`)
  const ends = [levels[0]!, levels.at(-1)!].map((sigma): Level => ({ sigma, m: 1, s: sigma })) as [Level, Level]
  const c = [Math.log(ends[1].sigma), alpha]
  return { first: ends[0], last: ends[1], levels: ends, names: [], calls: [c], noisy: [noisy] }
}

function memberOf(step: AnyStep, alpha?: number | string): number | string {
  if (step.alpha !== undefined || alpha === undefined || Number(alpha) === 0) return alpha ?? step.alpha ?? 0
  throw new RangeError(`step '${step.name}' solves the probability-flow ODE: alpha = ${alpha} has no meaning; leave it out or give 0`) // prettier-ignore
}

function finite({ name }: Step, coefficient: string, from: Level, to: Level, value?: number): number {
  if (value !== undefined && Number.isFinite(value)) return value
  throw new RangeError(
    `step '${name}': coefficient '${coefficient}' is ${value} from sigma = ${from.sigma} to ${to.sigma}`,
  )
}
