/** A command line from its values, to be named beside its results. */
import { quoted } from '../run/train-command.js'

/** How a run is begun and ended decides no result. */
const besides = ['resume', 'overwrite', 'json', 'out', 'verbose']

/** `npx invdiff <command> <argument> --option value ...`, without the options at which nobody has looked. */
export function commandLine(command: string, argument: string, values: Readonly<Record<string, unknown>>): string {
  const options = Object.entries(values).flatMap(([name, value]) => {
    if (besides.includes(name) || value === argument || value === undefined || value === false) return []
    if (Array.isArray(value)) return value.length === 0 ? [] : [`--${name}`, value.join(',')]
    return value === true ? [`--${name}`] : [`--${name}`, String(value)]
  })
  return ['npx', 'invdiff', ...command.split(' '), argument, ...options].map(quoted).join(' ')
}
