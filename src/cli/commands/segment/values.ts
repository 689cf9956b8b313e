import { UsageError } from '../../command.js'

/** [height, width] of `256x256`, or of one number for both. */
export function sizeOf(text: string, option: string): [height: number, width: number] {
  const [height = NaN, width = height, ...rest] = text.split('x').map(Number)
  if (rest.length === 0 && [height, width].every(v => Number.isSafeInteger(v) && v > 0)) return [height, width]
  throw new UsageError(`${option} is '${text}'; wants pixels such as 256x256`)
}

/** Whether a run is new, goes on, or replaces one. */
export function modeOf({ resume, overwrite }: { readonly resume: boolean; readonly overwrite: boolean }) {
  if (resume && overwrite) throw new UsageError('--resume and --overwrite exclude each other')
  return resume ? 'resume' : overwrite ? 'overwrite' : 'new'
}

export const modeOptions = {
  resume: { type: 'flag', describe: 'Go on with the run in the folder' },
  overwrite: { type: 'flag', describe: 'Delete the run in the folder first' },
} as const

/** Threads of the engine. */
export const threadsOption = {
  threads: { type: 'number', integer: true, least: 1, describe: 'Threads of the engine (one for each processor)' },
} as const

/** What says nothing about the figures that come out. */
const silent = ['out', 'json', ...Object.keys(modeOptions)]

/** A command line of what was given, to be told with its figures. */
export function commandText(
  name: string,
  values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): string {
  const { input = '', ...rest } = values
  const words = Object.entries(rest).flatMap(([option, value]) => {
    if (silent.includes(option) || value === undefined || value === false) return []
    if (value === true) return [`--${option}`]
    return (Array.isArray(value) ? value : [value]).map(one => `--${option} ${one}`)
  })
  return ['npx invdiff', name, input, ...words].filter(word => word !== '').join(' ')
}
