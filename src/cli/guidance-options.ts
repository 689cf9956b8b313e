/** What commands ask of guidance (run/guided.ts). */
import type { GuidanceName, GuidanceOptions } from '../run/guided.js'
import { UsageError, type Options, type Values } from './command.js'

/** Those of run/guided.js, which the command line does not load before it must. */
const names = ['none', 'mmps', 'pigdm', 'dps'] as const satisfies readonly GuidanceName[]

export const guidanceOptions = {
  shown: { type: 'choice', choices: ['part', 'nothing'], describe: 'What a guided network sees of the measurement' },
  iterations: { type: 'number', integer: true, least: 1, describe: 'Conjugate gradients of mmps and pigdm (8)' },
} as const satisfies Options

export const guidanceRule = {
  guidance: { type: 'choice', choices: names, describe: 'Guide the network by the likelihood, for an operator that it was not trained on' }, // prettier-ignore
} as const satisfies Options

/** @throws UsageError for a rule that there is not. */
export function guidanceName(text: string): GuidanceName {
  const name = names.find(known => known === text)
  if (!name) throw new UsageError(`--guidance is '${text}'; it is ${names.join(', ')}`)
  return name
}

/** What was given of guidance's options. */
export function guidanceOf({
  shown,
  iterations,
}: Values<typeof guidanceOptions>): Pick<GuidanceOptions, 'shown' | 'iterations'> {
  return { shown, ...(iterations !== undefined && { iterations }) }
}
