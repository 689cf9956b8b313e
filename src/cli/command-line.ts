/** A command line from its values, to be named beside its results. */
import { quoted } from '../run/train-command.js'

/** How a run is begun and ended decides no result. */
const besides = ['resume', 'overwrite', 'json', 'out', 'verbose']

/** `npx invdiff <command> <argument> --option value ...` of the options that were given. */
export function commandLine(command: string, argument: string, values: Readonly<Record<string, unknown>>): string {
  const options = Object.entries(values).flatMap(([name, value]) => {
    if (besides.includes(name) || value === argument) return []
    if (Array.isArray(value)) return value.length === 0 ? [] : [`--${name}`, value.join(',')]
    if (typeof value === 'string' || typeof value === 'number') return [`--${name}`, String(value)]
    return value === true ? [`--${name}`] : []
  })
  return ['npx', 'invdiff', ...command.split(' '), argument, ...options].map(quoted).join(' ')
}
