/** Errors of posterior moments, with their spread over models (seeds of training) and over held-out cases. */
import type { NdArray } from '../io/array.js'
import { momentErrors, type ExactPosterior, type MomentErrors } from './exact-case.js'

export interface Spread {
  /** The error pooled over cases, averaged over models. */
  readonly value: number
  /** Standard deviation of the pooled error between models; null for one model. */
  readonly overModels: number | null
  /** Standard deviation between cases of the error of each, averaged over models; null for one case. */
  readonly overCases: number | null
}

export type Quantity = keyof MomentErrors
export type ErrorSpread = Readonly<Record<Quantity, Spread>>

export interface ErrorTable {
  /** Draws x [n, ...shape] of a model for a case. */
  add(model: number, held: number, x: NdArray<Float64Array>, exact: ExactPosterior): void
  value(): ErrorSpread
}

export function errorTable(): ErrorTable {
  const pooled: ReturnType<typeof momentErrors>[] = []
  const cases: MomentErrors[][] = []
  return {
    add(model, held, x, exact) {
      const own = (pooled[model] ??= momentErrors())
      ;(cases[held] ??= []).push(own.add(x, exact))
    },
    value() {
      const spread = (name: Quantity): Spread => {
        const models = pooled.map(errors => errors.value()[name])
        return spreadOf(models, cases.map(errors => errors.map(error => error[name]))) // prettier-ignore
      }
      return { mean: spread('mean'), std: spread('std'), covariance: spread('covariance') }
    },
  }
}

/** The spread of a value of each model, and of each case by each model. */
export function spreadOf(models: readonly number[], cases: readonly (readonly number[])[]): Spread {
  return { value: average(models), overModels: deviation(models), overCases: deviation(cases.map(average)) }
}

/** Mean, and standard deviation; null for fewer than two. */
export const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

export function deviation(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const mean = average(values)
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1))
}
