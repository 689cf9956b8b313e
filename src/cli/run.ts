/** One command line from its words to its exit code. */
import { exitCodes, UsageError, type Command, type ExitCode } from './command.js'
import { openOutput, type Output, type Streams } from './output.js'
import { parse } from './parse.js'

export interface Invocation extends Streams {
  readonly args: readonly string[]
  readonly commands: readonly Command[]
  readonly signal: AbortSignal
  /** Stacks on errors. */
  readonly debug?: boolean
  /** Width of the help. */
  readonly columns?: number
}

/** Runs a command line; every error becomes one message on stderr and an exit code. */
export async function run({
  args,
  commands,
  signal,
  debug = false,
  columns,
  ...streams
}: Invocation): Promise<ExitCode> {
  const { output: out, close } = openOutput(streams, signal)
  let verbose = debug || args.includes('--verbose')
  try {
    const parsed = parse(args, commands, columns)
    if ('help' in parsed) {
      out.print(parsed.help)
      return exitCodes.ok
    }
    verbose ||= parsed.verbose
    const { command, values } = parsed
    return await Promise.race([command.run(values as never, out), interruption(signal, command.grace ?? 0, out)])
  } catch (error) {
    if (signal.aborted) {
      out.note('invdiff: interrupted')
      return exitCodes.interrupted
    }
    out.note(`invdiff: ${messageOf(error, verbose)}`)
    if (!(error instanceof UsageError)) return exitCodes.failure
    out.note(`See 'invdiff --help'.`)
    return exitCodes.usage
  } finally {
    close()
  }
}

function messageOf(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return String(error)
  return verbose ? (error.stack ?? error.message) : error.message
}

/** Rejects when the signal comes, or that many seconds later. */
const interruption = (signal: AbortSignal, grace: number, output: Output): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => reject(new Error('interrupted'))
    const stop = (): void => {
      if (grace === 0) {
        end()
        return
      }
      output.note('invdiff: stopping; Ctrl-C again ends at once')
      setTimeout(end, 1000 * grace).unref()
    }
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
