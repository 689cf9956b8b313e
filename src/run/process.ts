/** Processes in plain JSON, as configurations and models state them. */
import { pathOf, paths } from '../pde/path.js'
import { diffusionProcess, type Process } from '../pde/process.js'
import { scheduleOfBeta, scheduleOfGamma, scheduleOfSigma, schedules, type Schedule } from '../pde/schedule.js'

type Values = Readonly<Record<string, number>>

/** A registered name with its parameters, or a formula of a user's. */
export interface ProcessSpec {
  readonly path: { readonly name: string; readonly values?: Values } | { readonly xi: string }
  readonly schedule:
    | { readonly name: string; readonly values?: Values }
    | { readonly sigma: string }
    | { readonly gamma: string }
    | { readonly beta: string }
}

/**
 * The two processes that are compared everywhere, over the same range of sigma on both sides of what samplers use. In
 * residual coordinates the largest modes of a smooth field have variances of a hundred, so sigma goes far beyond 1.
 */
export const processes = {
  ve: { path: { name: 've' }, schedule: { name: 'geometric', values: { sigmaMin: 0.01, sigmaMax: 100 } } },
  vp: { path: { name: 'vp' }, schedule: { name: 'linear-beta' } },
} as const satisfies Record<string, ProcessSpec>

export type ProcessName = keyof typeof processes

/** @throws RangeError for unknown names or values; ConditionError for formulas that are no path or schedule. */
export function processFrom({ path, schedule }: ProcessSpec): Process {
  const scaling = 'xi' in path ? pathOf('user', path.xi) : paths.create(path.name, path.values)
  return diffusionProcess(clock(schedule), scaling)
}

function clock(spec: ProcessSpec['schedule']): Schedule {
  if ('sigma' in spec) return scheduleOfSigma('user', spec.sigma)
  if ('gamma' in spec) return scheduleOfGamma('user', spec.gamma)
  if ('beta' in spec) return scheduleOfBeta('user', spec.beta)
  return schedules.create(spec.name, spec.values)
}
