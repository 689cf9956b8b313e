/** What is said when a loss or gradient is no number any more. */
import type { Batch } from './data.js'
import type { StepResult } from './learner.js'
import type { Noise } from './noise.js'

/** Training met a NaN or an infinity, at a step (0 the first) and noise levels; nothing was saved since the last checkpoint. */
export class NonFiniteError extends Error {
  readonly step: number
  /** Levels of the samples concerned: those whose loss is not finite, or all of the batch where only the gradient is not. */
  readonly sigma: readonly number[]

  constructor(step: number, sigma: readonly number[], message: string) {
    super(message)
    this.name = 'NonFiniteError'
    this.step = step
    this.sigma = sigma
  }
}

/** The error of a step, or undefined where all is finite. `kept` says what is left of the run: a sentence. */
export function nonFinite(
  step: number,
  { loss, gradientNorm, losses }: StepResult,
  batch: Batch,
  { sigma }: Noise,
  kept: string,
): NonFiniteError | undefined {
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) return undefined
  const bad = [...losses.keys()].filter(i => !Number.isFinite(losses[i]))
  const levels = bad.length > 0 ? bad.map(i => sigma.data[i]!) : [...sigma.data]
  const what = bad.length > 0 ? `the loss of ${bad.length} of ${losses.length} samples` : 'the gradient'
  const message = `training: ${what} is not finite at step ${step}, noise level ${range(levels)} (loss ${loss}, gradient norm ${gradientNorm}). ${causeOf(batch)} ${kept}`
  return new NonFiniteError(step, levels, message)
}

function range(levels: readonly number[]): string {
  const [low, high] = [Math.min(...levels), Math.max(...levels)].map(s => Number(s.toPrecision(4)))
  return low === high ? `sigma = ${low}` : `sigma = ${low} to ${high}`
}

/** Whether the data or the weights are to blame. */
function causeOf(batch: Batch): string {
  for (const [name, a] of Object.entries(batch)) {
    const at = a?.data.findIndex(v => !Number.isFinite(v)) ?? -1
    if (a && at >= 0)
      return `'${name}' of the batch holds ${a.data[at]} (example ${Math.floor(at / a.stride[0]!)}): mend the data.`
  }
  return 'The data of the batch are finite: lower the rate or the clipping norm.'
}
