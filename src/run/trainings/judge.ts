/** A trained model judged on held-out cases: by exact posteriors where there are any, else by the truths. */
import { isGaussian } from '../../problem.js'
import { loadPosterior, type SamplingOptions } from '../../posterior.js'
import type { Covered } from '../covered.js'
import { evaluate } from '../evaluate.js'
import { evaluateTruths } from '../evaluate-truths.js'

/** What is said of a model, in the order of tables. */
export const quantities = {
  exact: ['mean', 'std', 'covariance', 'cells', 'functionals'],
  truths: ['rmse', 'crps', 'energy', 'cells', 'functionals'],
} as const

export type Kind = keyof typeof quantities
export type Values = Readonly<Record<string, number>>

/** One family of operators. */
export interface FamilyJudgement {
  readonly family: string
  /** Pooled over its cases, by quantity. */
  readonly values: Values
  /** Of each case alone. */
  readonly cases: readonly Values[]
  /** Of as many independent draws from the exact posterior; null where there is none. */
  readonly floor: Values | null
}

export interface Judgement {
  readonly kind: Kind
  readonly families: readonly FamilyJudgement[]
  readonly seconds: number
}

export interface JudgeOptions extends Pick<SamplingOptions, 'draws' | 'sampler' | 'steps' | 'alpha'> {
  /** Held-out cases of each family. */
  readonly observations: number
}

/** @param family judged on this one only; null: on all. @throws Error when aborted. */
export async function judge(
  folder: string,
  problem: string,
  family: string | null,
  options: JudgeOptions & { readonly signal?: AbortSignal; readonly done?: (finished: number, all: number) => void },
): Promise<Judgement> {
  const posterior = await loadPosterior(folder, problem)
  const began = performance.now()
  try {
    const { operators, prior } = posterior.parts
    const asked = { ...options, families: operators.filter(({ name }) => family === null || name === family) }
    const kind = isGaussian(prior) ? 'exact' : 'truths'
    const rows = kind === 'exact' ? await evaluate(posterior, asked) : await evaluateTruths(posterior, asked)
    const families = rows.map(row => {
      const floor = 'floor' in row ? { ...row.floor } : null
      return {
        family: row.family,
        values: valuesOf(kind, row),
        cases: row.cases.map(one => valuesOf(kind, one)),
        floor,
      }
    })
    return { kind, families, seconds: (performance.now() - began) / 1000 }
  } finally {
    await posterior.dispose()
  }
}

function valuesOf(kind: Kind, { coverage, ...scores }: { readonly coverage: Covered }): Values {
  const all: Values = { ...scores, ...coverage }
  return Object.fromEntries(quantities[kind].map(name => [name, all[name]!]))
}
