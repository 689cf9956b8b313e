/** A command line becomes a command with checked values, or the help that it asks for. */
import yargs, { type Argv } from 'yargs'
import { exitCodes, UsageError, type Command, type Option, type Options } from './command.js'
import { suggestion } from './nearest.js'
import { version } from './version.js'

export type Parsed =
  | { readonly help: string }
  | { readonly command: Command; readonly values: Readonly<Record<string, unknown>>; readonly verbose: boolean }

type Given = Readonly<Record<string, unknown>> & { readonly _: readonly (string | number)[] }

const common: Options = {
  verbose: { type: 'flag', describe: 'Show where an error comes from (also with INVDIFF_DEBUG=1)' },
}

const { ok, failure, usage, interrupted } = exitCodes
const exits = `Exit codes: ${ok} done, ${failure} the run failed, ${usage} the command line is wrong, ${interrupted} interrupted.`

/**
 * Reads a command line strictly.
 *
 * @throws UsageError for an unknown command or option (with the nearest known one), one given twice, a missing value, or
 *   a number that is none.
 */
export function parse(args: readonly string[], commands: readonly Command[], columns = 100): Parsed {
  let chosen: { command: Command; given: Given } | undefined
  let help = ''
  const parser = yargs()
    .scriptName('invdiff')
    .usage('$0 <command> [options]')
    .locale('en')
    .wrap(columns)
    .parserConfiguration({
      'camel-case-expansion': false,
      'boolean-negation': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
    })
    .help()
    .alias('help', 'h')
    .version(version())
    .option('verbose', yargsOption(common.verbose!))
    .epilogue(exits)
  for (const [word, group] of grouped(commands)) {
    const [single] = group
    if (single?.name === word)
      parser.command(...registered(single, given => void (chosen = { command: single, given })))
    else
      parser.command(word, `Commands of their own: ${group.map(({ name }) => name).join(', ')}`, builder => {
        for (const command of group)
          builder.command(...registered(command, given => void (chosen = { command, given })))
        return builder.epilogue(exits)
      })
  }
  const rest = parser.parse([...args], {}, (_error, _given, text) => void (help = text)) as Given
  if (help) return { help }
  if (!chosen) throw noCommand(rest, commands)
  return { command: chosen.command, ...checked(chosen.command, chosen.given) }
}

/** Commands by their first word: one of that name, or several of two words such as `segment train`. */
function grouped(commands: readonly Command[]): Map<string, Command[]> {
  const groups = new Map<string, Command[]>()
  for (const command of commands) {
    const word = command.name.split(' ')[0]!
    groups.set(word, [...(groups.get(word) ?? []), command])
  }
  return groups
}

type Registered = [string, string, (builder: Argv) => Argv, (given: Given) => void]

/** What yargs takes for a command, by its last word. */
function registered(command: Command, take: (given: Given) => void): Registered {
  const { name, describe, positionals, options, examples } = command
  const places = Object.keys(positionals).map(place => ` [${place}]`)
  const build = (builder: Argv): Argv => {
    for (const [place, { describe }] of Object.entries(positionals))
      builder.positional(place, { describe, type: 'string' })
    for (const [option, value] of Object.entries(options)) builder.option(option, yargsOption(value))
    for (const [line, does] of examples) builder.example(line, does)
    return builder.epilogue(exits)
  }
  return [name.split(' ').at(-1)! + places.join(''), describe, build, take]
}

/** Values reach us as they were written: yargs would turn a bad number into NaN. */
function yargsOption(option: Option): { describe: string; type?: 'boolean' } {
  switch (option.type) {
    case 'flag':
      return { describe: option.describe, type: 'boolean' }
    case 'number':
      return { describe: `${option.describe} [${option.integer ? 'integer' : 'number'}]` }
    case 'choice':
      return { describe: `${option.describe} [${option.choices.join(', ')}]` }
    case 'list':
      return { describe: `${option.describe} [repeatable]` }
    case 'text':
      return { describe: option.describe }
  }
  return option satisfies never
}

function noCommand({ _: [name, next], ...given }: Given, commands: readonly Command[]): UsageError {
  refuseUnknown(given, Object.keys(common))
  const group = commands.filter(command => command.name.startsWith(`${name} `)).map(command => command.name)
  if (group.length > 0) {
    if (next === undefined) return new UsageError(`'${name}' is not all of a command: ${group.join(', ')}`)
    const asked = `${name} ${next}`
    return new UsageError(`unknown command '${asked}'${suggestion(asked, group)} Commands: ${group.join(', ')}.`)
  }
  const names = commands.map(command => command.name)
  if (name === undefined) return new UsageError(`a command is missing: ${names.join(', ')}`)
  return new UsageError(`unknown command '${name}'${suggestion(String(name), names)} Commands: ${names.join(', ')}.`)
}

function refuseUnknown(given: object, known: readonly string[]): void {
  for (const name of Object.keys(given))
    if (!known.includes(name) && name !== '_' && name !== '$0')
      throw new UsageError(
        `unknown option '${dashed(name)}'${suggestion(dashed(name), [...known, 'help', 'version'].map(dashed))}`,
      )
}

function checked(command: Command, given: Given): { values: Record<string, unknown>; verbose: boolean } {
  const options: Options = { ...command.positionals, ...command.options, ...common }
  const known = Object.keys(options)
  // Values first: in `--sigma -t` the fault is the value, not an option -t.
  const values = Object.fromEntries(known.map(name => [name, valueOf(name, options[name]!, given[name])]))
  refuseUnknown(given, known)
  const extra = given._[command.name.split(' ').length]
  if (extra !== undefined) throw new UsageError(`unexpected argument '${extra}' after '${command.name}'`)
  return { values, verbose: values.verbose as boolean }
}

const dashed = (name: string): string => (name.length === 1 ? `-${name}` : `--${name}`)

function valueOf(name: string, option: Option, given: unknown): unknown {
  if (option.type === 'list') return (given === undefined ? [] : [given].flat()).map(item => text(name, item))
  if (Array.isArray(given)) throw new UsageError(`${dashed(name)} is given ${given.length} times; once is enough`)
  if (option.type === 'flag') return given === true
  if (given === undefined) return option.type === 'choice' ? option.choices[0] : undefined
  const value = text(name, given)
  if (option.type === 'number') return number(name, value, option.integer ?? false, option.least)
  if (option.type === 'choice' && !option.choices.includes(value))
    throw new UsageError(
      `${dashed(name)} is '${value}'${suggestion(value, option.choices)} It is ${option.choices.join(', ')}.`,
    )
  return value
}

function text(name: string, given: unknown): string {
  if (typeof given === 'string' && given.trim() !== '') return given
  throw new UsageError(`${dashed(name)} needs a value (one that begins with a dash is written ${dashed(name)}=-...)`)
}

function number(name: string, given: string, integer: boolean, least = -Infinity): number {
  const value = Number(given)
  const wanted = integer ? 'an integer' : 'a finite number'
  if (!(integer ? Number.isSafeInteger(value) : Number.isFinite(value)))
    throw new UsageError(`${dashed(name)} is '${given}', which is not ${wanted}`)
  if (value < least) throw new UsageError(`${dashed(name)} is ${value}; it must be ${wanted} from ${least}`)
  return value
}
