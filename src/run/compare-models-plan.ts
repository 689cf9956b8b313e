/** What a comparison of models is asked, and what it then runs. */
import type { Posterior } from '../posterior.js'
import type { OperatorFamily } from '../problem.js'
import { steps as stepRegistry } from '../samplers/index.js'
import { isAdaptive } from '../samplers/step.js'
import { processName } from './model-groups.js'
import { processes, processFrom, type ProcessName, type ProcessSpec } from './process.js'

export interface CompareModelsOptions {
  readonly samplers: readonly string[]
  /** For the samplers that have a choice; the others run at alpha = 0. */
  readonly alphas: readonly number[]
  readonly steps: readonly number[]
  /** Processes at sampling: `own` is the one that a model was trained for. */
  readonly processes: readonly (ProcessName | 'own')[]
  /** Names of families; all of the problem where neither they nor `operators` are given. */
  readonly families: readonly string[]
  /** Operators beside those of the problem. */
  readonly operators: readonly OperatorFamily[]
  /** Held-out cases of each family. */
  readonly observations: number
  /** Of these, how many are sampled with the exact score too (N^3 operations each); null: all up to 256 cells, else one. */
  readonly exact: number | null
  readonly draws: number
  readonly grid: string
  /** The range of levels, as far as every process goes: all take the same. */
  readonly sigmaMin: number
  readonly sigmaMax: number
  readonly signal?: AbortSignal
  readonly progress?: (text: string) => void
}

export const compareModelsDefaults: CompareModelsOptions = {
  samplers: ['exponential', 'heun', 'dpm-solver++2m', 'dpm-solver++2m-sde'],
  alphas: [0, 1],
  steps: [10, 20, 40],
  processes: ['own'],
  families: [],
  operators: [],
  observations: 3,
  exact: null,
  draws: 256,
  grid: 'karras',
  sigmaMin: 0.02,
  sigmaMax: 100,
}

/** One line of the table, for each model and process. */
export interface Member {
  readonly sampler: string
  readonly alpha: number
  /** null for a step that chooses its own. */
  readonly steps: number | null
}

/** Every sampler with each alpha and number of steps that it takes. @throws RangeError for unknown names and bad numbers. */
export function membersOf({ samplers, alphas, steps }: CompareModelsOptions): Member[] {
  const bad = alphas.find(alpha => !(alpha >= 0 && alpha < Infinity))
  if (bad !== undefined) throw new RangeError(`compare: alpha = ${bad}; wants a number from 0`)
  return samplers.flatMap(sampler => {
    const step = stepRegistry.create(sampler)
    const counts = isAdaptive(step) ? [null] : steps
    return (step.alpha === undefined ? [0] : alphas).flatMap(alpha => counts.map(count => ({ sampler, alpha, steps: count }))) // prettier-ignore
  })
}

export function familiesOf(
  { parts: { operators: known } }: Pick<Posterior, 'parts'>,
  { families, operators }: CompareModelsOptions,
): OperatorFamily[] {
  const unknown = families.find(name => !known.some(family => family.name === name))
  if (unknown !== undefined) throw new RangeError(`compare: there is no family '${unknown}': ${known.map(({ name }) => name).join(', ')}`) // prettier-ignore
  const all = families.length === 0 && operators.length === 0
  return [...known.filter(({ name }) => all || families.includes(name)), ...operators]
}

/** The processes that models of one kind are sampled with, each once. */
export const specsOf = (own: ProcessSpec, names: CompareModelsOptions['processes']): ProcessSpec[] =>
  distinct(names.map(name => (name === 'own' ? own : processes[name])))

export const distinct = (specs: readonly ProcessSpec[]): ProcessSpec[] => [...new Map(specs.map(spec => [processName(spec), spec])).values()] // prettier-ignore

/** Ends of the noise levels that every process reaches. */
export function sharedLevels(
  specs: readonly ProcessSpec[],
  { sigmaMin, sigmaMax }: CompareModelsOptions,
): Pick<CompareModelsOptions, 'sigmaMin' | 'sigmaMax'> {
  const schedules = specs.map(spec => processFrom(spec).schedule)
  return {
    sigmaMin: Math.max(sigmaMin, ...schedules.map(schedule => schedule.sigma(0))),
    sigmaMax: Math.min(sigmaMax, ...schedules.map(schedule => schedule.sigma(1))),
  }
}
