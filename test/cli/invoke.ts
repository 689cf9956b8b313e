import { commands } from '../../src/cli/commands/index.js'
import type { Command, ExitCode } from '../../src/cli/command.js'
import { run } from '../../src/cli/run.js'

export interface Outcome {
  readonly code: ExitCode
  readonly out: string
  readonly err: string
}

/** Runs a command line in this process and keeps what it writes. */
export async function invoke(
  args: readonly string[],
  { signal = new AbortController().signal, debug = false, of = commands }: { signal?: AbortSignal; debug?: boolean; of?: readonly Command[] } = {}, // prettier-ignore
): Promise<Outcome> {
  let [out, err] = ['', '']
  const stdout = { write: (text: string) => (out += text) }
  const stderr = { write: (text: string) => (err += text) }
  const code = await run({ args, commands: of, signal, debug, stdout, stderr })
  return { code, out, err }
}
