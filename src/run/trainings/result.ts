/** What a comparison of trainings gives. */
import type { JudgeOptions, Judgement } from './judge.js'
import type { Training } from './plan.js'

/** What a training took, and what it gave. */
export interface TrainingResult {
  readonly training: Training
  readonly steps: number
  readonly seconds: number
  readonly heldOut: number | null
  readonly judgement: Judgement
}

export interface TrainingComparison {
  readonly problem: string
  readonly shape: readonly number[]
  readonly folder: string
  readonly length: { readonly steps: number } | { readonly budget: number }
  readonly judge: JudgeOptions
  readonly machine: string
  readonly command: string | null
  readonly results: readonly TrainingResult[]
}
