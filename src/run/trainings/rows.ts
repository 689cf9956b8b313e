/** Results of a comparison of trainings as lines of a table: seeds are averaged, models for single families belong together. */
import { average, deviation, spreadOf, type Spread } from '../error-spread.js'
import type { TrainingResult } from './result.js'
import { quantities, type FamilyJudgement, type Kind } from './judge.js'
import type { Training } from './plan.js'

/** Trainings that differ in nothing but the seed, and in the family where there is a model for each. */
export interface Line {
  /** What varies between lines, by name. */
  readonly variant: Readonly<Record<string, string>>
  readonly seeds: readonly number[]
  /** Of one model, and seconds of training of all models of a seed; means over seeds. */
  readonly steps: number
  readonly seconds: number
  /** By quantity: the mean over families. */
  readonly values: Readonly<Record<string, Spread>>
  /** The same of each family. */
  readonly families: Readonly<Record<string, Readonly<Record<string, Spread>>>>
  /** Relative difference of the main quantity to the first line, in pairs of cases, and its standard error; null for the first. */
  readonly against: { readonly value: number; readonly error: number } | null
}

/** The quantity that says most: it sees the dependence between cells. */
export const mainQuantity = { exact: 'covariance', truths: 'energy' } as const satisfies Record<Kind, string>

const dimensions: Readonly<Record<string, (training: Training) => string>> = {
  process: ({ process }) => process,
  levels: ({ levels }) => levels,
  encode: ({ encode }) => encode,
  base: ({ base }) => base,
  simulations: ({ simulations }) => (simulations === null ? 'on the fly' : String(simulations)),
  models: ({ families }) => ({ all: 'one for all', each: 'one each, full cost', share: 'one each, shared cost' })[families], // prettier-ignore
}

const variantOf = (training: Training): Record<string, string> =>
  Object.fromEntries(Object.entries(dimensions).map(([name, value]) => [name, value(training)]))

export function linesOf(results: readonly TrainingResult[]): Line[] {
  const groups = new Map<string, TrainingResult[]>()
  for (const result of results) {
    const id = JSON.stringify(variantOf(result.training))
    groups.set(id, [...(groups.get(id) ?? []), result])
  }
  const all = [...groups.values()]
  const variants = all.map(group => variantOf(group[0]!.training))
  const varying = Object.keys(dimensions).filter(name => new Set(variants.map(variant => variant[name])).size > 1)
  return all.map((group, g) => lineOf(group, all[0]!, Object.fromEntries(varying.map(name => [name, variants[g]![name]!])))) // prettier-ignore
}

function lineOf(group: readonly TrainingResult[], first: readonly TrainingResult[], variant: Line['variant']): Line {
  const { kind } = group[0]!.judgement
  const seeds = seedsOf(group)
  const names = familiesOf(group)
  const spreads = (of: readonly string[]): Line['values'] =>
    Object.fromEntries(quantities[kind].map(name => [name, spreadIn(group, of, name)]))
  return {
    ...{ variant, seeds, steps: average(group.map(({ steps }) => steps)) },
    seconds: group.reduce((sum, { seconds }) => sum + seconds, 0) / seeds.length,
    values: spreads(names),
    families: Object.fromEntries(names.map(name => [name, spreads([name])])),
    against: group === first ? null : difference(casesOf(group, names, mainQuantity[kind]), casesOf(first, names, mainQuantity[kind])), // prettier-ignore
  }
}

const seedsOf = (group: readonly TrainingResult[]): number[] => [...new Set(group.map(({ training }) => training.seed))]
const familiesOf = (group: readonly TrainingResult[]): string[] => [...new Set(group.flatMap(({ judgement }) => judgement.families.map(({ family }) => family)))] // prettier-ignore

/** What the models of a seed gave for a family. */
const found = (group: readonly TrainingResult[], seed: number, name: string): FamilyJudgement =>
  group
    .filter(({ training }) => training.seed === seed)
    .flatMap(({ judgement }) => judgement.families)
    .find(({ family }) => family === name)!

const spreadIn = (group: readonly TrainingResult[], names: readonly string[], quantity: string): Spread =>
  spreadOf(
    seedsOf(group).map(seed => average(names.map(name => found(group, seed, name).values[quantity]!))),
    casesOf(group, names, quantity),
  )

/** Of each case of each family, the values of each seed. */
function casesOf(group: readonly TrainingResult[], names: readonly string[], quantity: string): number[][] {
  const seeds = seedsOf(group)
  return names.flatMap(name => {
    const bySeed = seeds.map(seed => found(group, seed, name).cases)
    return bySeed[0]!.map((_, i) => bySeed.map(cases => cases[i]![quantity]!))
  })
}

function difference(own: readonly number[][], first: readonly number[][]): Line['against'] {
  const size = average(first.map(average))
  const pairs = own.map((values, i) => (average(values) - average(first[i]!)) / size)
  return { value: average(pairs), error: (deviation(pairs) ?? NaN) / Math.sqrt(pairs.length) }
}
