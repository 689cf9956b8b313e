/** What `solve` and `sample` ask of a measurement and of a sampler. */
import type { CaseOptions } from '../run/case.js'
import type { ProcessSpec } from '../run/process.js'
import type { Progress } from '../samplers/index.js'
import { UsageError, type Options, type Values } from './command.js'

export const caseOptions = {
  observation: { type: 'text', describe: 'File of measurements: CSV, JSON, NPY or HDF5; without it, a held-out case is simulated' }, // prettier-ignore
  param: { type: 'list', describe: 'A physical parameter, as speed=0.2' },
  noise: { type: 'number', describe: 'Standard deviation of the noise where the file states none' },
  operator: { type: 'text', describe: 'Operator as JSON, for arrays and simulated cases' },
  case: { type: 'number', integer: true, least: 0, describe: 'Which held-out case is simulated (0)' },
} as const satisfies Options

export const samplerOptions = {
  sampler: { type: 'text', describe: 'Name of a step (dpm-solver++2m)' },
  steps: { type: 'number', integer: true, least: 1, describe: 'Number of steps (20)' },
  alpha: { type: 'number', least: 0, describe: 'Member of the reverse family, for samplers that have a choice' },
  process: { type: 'choice', choices: ['auto', 'vp', 've'], describe: "Process of the sampler (auto: the model's)" },
  seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
} as const satisfies Options

/** @throws UsageError for what is no assignment, or no JSON. */
export function caseOf(values: Values<typeof caseOptions>): CaseOptions {
  const { observation, noise } = values
  const operator = values.operator === undefined ? undefined : operatorOf(values.operator)
  return {
    parameters: Object.fromEntries(values.param.map(assignment)),
    ...(observation !== undefined && { observation }),
    ...(operator && { operator }),
    ...(noise !== undefined && { noise }),
    ...(values.case !== undefined && { testCase: values.case }),
  }
}

function assignment(text: string): [string, number] {
  const [name, value] = text.split('=')
  if (name && value !== undefined && value.trim() !== '' && Number.isFinite(Number(value))) return [name, Number(value)]
  throw new UsageError(`--param is '${text}'; wants a name and a number, such as speed=0.2`)
}

/** The operator of `--operator`. */
export function operatorOf(text: string): { kind: string } {
  try {
    return JSON.parse(text) as { kind: string }
  } catch (cause) {
    throw new UsageError(`--operator is no JSON: ${(cause as Error).message}`, { cause })
  }
}

/** What was given of a sampler's options; `processes` are those of run/process.js. */
export function samplerOf(
  values: Values<typeof samplerOptions>,
  processes: Readonly<Record<'vp' | 've', ProcessSpec>>,
): { sampler?: string; steps?: number; alpha?: number; seed?: number; process?: ProcessSpec } {
  const { sampler, steps, alpha, seed, process } = values
  return {
    ...(sampler !== undefined && { sampler }),
    ...(steps !== undefined && { steps }),
    ...(alpha !== undefined && { alpha }),
    ...(seed !== undefined && { seed }),
    ...(process !== 'auto' && { process: processes[process] }),
  }
}

/** Progress of sampling as words. */
export function sampledText({ done, n, step, of, seconds }: Progress): string {
  const share = (done + ((step / (of ?? 1)) * (n - done)) / Math.max(1, Math.ceil((n - done) / 64))) / n
  return `${done} of ${n} samples, about ${Math.ceil((seconds * (1 - share)) / Math.max(share, 1e-3))} s left`
}
