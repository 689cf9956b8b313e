/** A command is data: its name, what it does, what it takes, and the function that runs it. */
import type { Output } from './output.js'

interface Described {
  readonly describe: string
}
/** Present or absent. */
export interface Flag extends Described {
  readonly type: 'flag'
}
/** One text, such as a file name or a formula. */
export interface Text extends Described {
  readonly type: 'text'
}
/** One finite number; `least` is the smallest allowed. */
export interface Numeric extends Described {
  readonly type: 'number'
  readonly integer?: boolean
  readonly least?: number
}
/** A text that may be given many times. */
export interface List extends Described {
  readonly type: 'list'
}
/** One of a few names; the first is the default. */
export interface Choice extends Described {
  readonly type: 'choice'
  readonly choices: readonly [string, ...string[]]
}
export type Option = Flag | Text | Numeric | List | Choice
export type Options = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends Flag
  ? boolean
  : O extends List
    ? readonly string[]
    : O extends Choice
      ? O['choices'][number]
      : O extends Numeric
        ? number | undefined
        : string | undefined

/** What `run` receives: every option by name, checked; `undefined` for a text or number that was not given. */
export type Values<O extends Options> = { readonly [K in keyof O]: ValueOf<O[K]> }

export interface Command {
  readonly name: string
  readonly describe: string
  /** Arguments by place; each may be left out, as far as the parser is concerned. */
  readonly positionals: Readonly<Record<string, Text>>
  readonly options: Options
  /** Command lines with what they do, for the help. */
  readonly examples: readonly (readonly [line: string, does: string])[]
  /** Seconds that Ctrl-C leaves the command to end by itself, once told by `output.signal`; 0 unless given. */
  readonly grace?: number
  /** Resolves to the exit code; throws what went wrong. */
  run(values: never, output: Output): Promise<ExitCode>
}

/** States a command; the values that `run` receives follow from its options. */
export function defineCommand<const P extends Command['positionals'], const O extends Options>(
  command: Omit<Command, 'positionals' | 'options' | 'run'> & {
    readonly positionals: P
    readonly options: O
    run(values: Values<P & O>, output: Output): Promise<ExitCode>
  },
): Command {
  return command
}

/** What the process tells its caller. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, interrupted: 130 } as const
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
