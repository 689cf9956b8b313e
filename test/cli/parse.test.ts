import { describe, expect, it } from 'vitest'
import { defineCommand, exitCodes, type Command } from '../../src/cli/command.js'
import { invoke, type Outcome } from './invoke.js'

let received: unknown
const sail: Command = defineCommand({
  name: 'sail',
  describe: 'Sail',
  positionals: { port: { type: 'text', describe: 'Where to' } },
  options: {
    fast: { type: 'flag', describe: 'Fast' },
    speed: { type: 'number', describe: 'Knots' },
    crew: { type: 'number', integer: true, least: 1, describe: 'Heads' },
    flag: { type: 'list', describe: 'Flags' },
    'sea-state': { type: 'choice', choices: ['calm', 'rough'], describe: 'Sea' },
  },
  examples: [['$0 sail Rhodes', 'to Rhodes']],
  run(values) {
    received = values
    return Promise.resolve(exitCodes.ok)
  },
})
const row: Command = { ...sail, name: 'row', options: {}, positionals: {} }
const of = [sail, row]
const sailing = (...args: string[]): Promise<Outcome> => invoke(['sail', ...args], { of })

describe('a command line', () => {
  it('becomes checked values by name', async () => {
    const line = [
      'Rhodes',
      '--fast',
      '--speed=-1.5e1',
      '--crew=3',
      '--flag',
      'a',
      '--flag',
      '1',
      '--sea-state',
      'rough',
    ]
    expect((await sailing(...line)).code).toBe(0)
    expect(received).toEqual({
      port: 'Rhodes',
      fast: true,
      speed: -15,
      crew: 3,
      flag: ['a', '1'],
      'sea-state': 'rough',
      verbose: false,
    })
  })

  it('takes a negative number after a space, and asks for = where it cannot tell', async () => {
    await sailing('--speed', '-15')
    expect(received).toMatchObject({ speed: -15 })
    expect((await sailing('--speed', '-t')).err).toContain('--speed=-...')
  })

  it('leaves out what is not given, and takes the first choice', async () => {
    await sailing()
    expect(received).toMatchObject({ port: undefined, fast: false, speed: undefined, flag: [], 'sea-state': 'calm' })
  })

  it('keeps formulas as they are written', async () => {
    await sailing('007', '--flag=-t', '--flag', '0x10', '--flag', 'a.b=c')
    expect(received).toMatchObject({ port: '007', flag: ['-t', '0x10', 'a.b=c'] })
  })

  it.each([
    [[], 'a command is missing: sail, row'],
    [['sali'], "unknown command 'sali'; did you mean 'sail'? Commands: sail, row."],
    [['frobnicate'], "unknown command 'frobnicate'. Commands: sail, row."],
    [['--versoin'], "unknown option '--versoin'; did you mean '--version'?"],
    [['sail', '--sped', '3'], "unknown option '--sped'; did you mean '--speed'?"],
    [['sail', '--seaState', 'calm'], "unknown option '--seaState'; did you mean '--sea-state'?"],
    [['sail', '--no-fast'], "unknown option '--no-fast'"],
    [['sail', '-x'], "unknown option '-x'"],
    [['sail', 'Rhodes', 'Kos'], "unexpected argument 'Kos' after 'sail'"],
    [['row', 'Rhodes'], "unexpected argument 'Rhodes' after 'row'"],
    [['sail', '--speed', 'ten'], "--speed is 'ten', which is not a finite number"],
    [['sail', '--speed', 'Infinity'], "--speed is 'Infinity', which is not a finite number"],
    [['sail', '--speed', 'NaN'], "--speed is 'NaN', which is not a finite number"],
    [['sail', '--speed='], '--speed needs a value'],
    [['sail', '--speed'], '--speed needs a value'],
    [['sail', '--speed', '--fast'], '--speed needs a value'],
    [['sail', '--crew', '2.5'], "--crew is '2.5', which is not an integer"],
    [['sail', '--crew', '0'], '--crew is 0; it must be an integer from 1'],
    [['sail', '--crew', '1', '--crew', '2'], '--crew is given 2 times; once is enough'],
    [['sail', '--sea-state', 'rogh'], "--sea-state is 'rogh'; did you mean 'rough'? It is calm, rough."],
  ])('%j is a usage error', async (args, message) => {
    received = undefined
    const { code, out, err } = await invoke(args, { of })
    expect({ code, out, received }).toEqual({ code: 2, out: '', received: undefined })
    expect(err).toContain(`invdiff: ${message}`)
    expect(err).toContain("See 'invdiff --help'.")
    expect(err).not.toMatch(/^\s+at /m)
  })
})

describe('a command of two words', () => {
  const fleet: Command[] = ['fleet sail', 'fleet row'].map(name => ({ ...sail, name }))
  const two = (...args: string[]): Promise<Outcome> => invoke(args, { of: [row, ...fleet] })

  it('takes its own options and places', async () => {
    received = undefined
    expect((await two('fleet', 'sail', 'Rhodes', '--crew', '3')).code).toBe(0)
    expect(received).toMatchObject({ port: 'Rhodes', crew: 3 })
    expect((await two('row')).code).toBe(0)
  })

  it.each([
    [['fleet'], "'fleet' is not all of a command: fleet sail, fleet row"],
    [['fleet', 'sali'], "unknown command 'fleet sali'; did you mean 'fleet sail'? Commands: fleet sail, fleet row."],
    [['flet', 'sail'], "unknown command 'flet'"],
    [['fleet', 'sail', '--sped', '3'], "unknown option '--sped'; did you mean '--speed'?"],
    [['fleet', 'sail', 'Rhodes', 'Kos'], "unexpected argument 'Kos' after 'fleet sail'"],
  ])('%j is a usage error', async (args, message) => {
    const { code, err } = await two(...args)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })

  it('is in the help of its group, and has its own', async () => {
    expect((await two('fleet', '--help')).out).toContain('invdiff fleet sail [port]')
    expect((await two('fleet', 'sail', '--help')).out).toContain('--speed')
  })
})

describe('help', () => {
  it('lists the commands and the exit codes', async () => {
    const { code, out } = await invoke(['--help'], { of })
    expect(code).toBe(0)
    for (const text of [
      'invdiff sail [port]',
      'invdiff row',
      '0 done',
      '1 the run',
      '2 the command line',
      '130 interrupted',
    ])
      expect(out).toContain(text)
  })

  it('of a command lists its options and examples, in English', async () => {
    const { code, out } = await invoke(['sail', '-h'], { of })
    expect(code).toBe(0)
    for (const text of ['--speed', 'Knots [number]', '[calm, rough]', 'invdiff sail Rhodes', 'Exit codes'])
      expect(out).toContain(text)
  })
})

describe('a command that fails', () => {
  const failing = (error: Error): readonly Command[] => [{ ...row, run: () => Promise.reject(error) }]

  it('says so in one message, exit code 1', async () => {
    const outcome = await invoke(['row'], { of: failing(new Error('the oar broke')) })
    expect(outcome).toEqual({ code: 1, out: '', err: 'invdiff: the oar broke\n' })
  })

  it('shows the stack with --verbose or when debugging', async () => {
    const of = failing(new Error('the oar broke'))
    expect((await invoke(['row', '--verbose'], { of })).err).toMatch(/Error: the oar broke\n\s+at /)
    expect((await invoke(['row'], { of, debug: true })).err).toMatch(/\n\s+at /)
  })

  it('ends with 130 when interrupted, at once', async () => {
    const interrupt = new AbortController()
    const of: readonly Command[] = [{ ...row, run: () => new Promise(() => undefined) }]
    const outcome = invoke(['row'], { of, signal: interrupt.signal })
    interrupt.abort()
    expect(await outcome).toEqual({ code: 130, out: '', err: 'invdiff: interrupted\n' })
  })
})

describe('progress', () => {
  it('is silent for two seconds, then tells the latest', async () => {
    const slow: Command = {
      ...row,
      async run(_values, output) {
        output.progress('first')
        output.progress('second')
        await new Promise(resolve => setTimeout(resolve, 2200))
        output.progress('third')
        return exitCodes.ok
      },
    }
    expect((await invoke(['row'], { of: [slow] })).err).toBe('second\nthird\n')
  })
})
