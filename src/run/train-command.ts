/** The command that makes a model, from what its training was asked for. */

/** What `train` does unless told. */
const defaults: Readonly<Record<string, unknown>> = {
  ...{ process: 'vp', parametrisation: 'edm', levels: 'log-normal', encode: 'lmmse', loss: 'mse', batch: 64, seed: 0 },
}

/** Names of options that the command line spells in another way. */
const spelled: Readonly<Record<string, (value: never) => readonly string[]>> = {
  shape: (shape: readonly number[]) => ['--shape', shape.join('x')],
  families: (names: readonly string[]) => names.flatMap(name => ['--family', name]),
  budget: (seconds: number) => ['--budget', seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`],
}

/** `npx invdiff train ...`; null for options that only the library takes, such as a network. */
export function trainCommand({ problem, ...options }: Readonly<Record<string, unknown>>): string | null {
  const words = ['npx', 'invdiff', 'train', String(problem)]
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === false || value === defaults[name]) continue
    const own = spelled[name]
    if (own) words.push(...own(value as never))
    else if (value === true) words.push(`--${name}`)
    else if (typeof value === 'string' || typeof value === 'number') words.push(`--${name}`, String(value))
    else return null
  }
  return words.map(quoted).join(' ')
}

/** A word as a shell takes it. */
export const quoted = (word: string): string =>
  /^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
