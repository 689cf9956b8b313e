#!/usr/bin/env node
/** The program `invdiff`. Nothing heavy is imported before a command needs it: see test/cli/start.test.ts. */
import { Console } from 'node:console'
import { exitCodes } from './command.js'
import { version } from './version.js'

const { argv, env, stdout, stderr } = process
const args = argv.slice(2)

if (args.length === 1 && args[0] === '--version') stdout.write(`${version()}\n`)
else {
  // stdout is for results alone: what libraries log goes to stderr.
  globalThis.console = new Console(stderr, stderr)
  // A reader that has seen enough (`invdiff ... | head`) is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.failure),
  )
  const interrupt = new AbortController()
  process.once('SIGINT', () => {
    interrupt.abort()
    // A command that needs it is left time to stop; the second Ctrl-C ends the process at once.
    process.once('SIGINT', () => process.exit(exitCodes.interrupted))
  })
  const [{ run }, { commands }] = await Promise.all([import('./run.js'), import('./commands/index.js')])
  const debug = Boolean(env.INVDIFF_DEBUG)
  const columns = Math.min(100, stdout.isTTY ? stdout.columns : 100)
  process.exitCode = await run({ args, commands, signal: interrupt.signal, debug, columns, stdout, stderr })
  if (interrupt.signal.aborted) process.exit()
}
