/** A user's own file, TypeScript or JavaScript, from any folder: `invdiff` in it is the package that is running. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { FileError, fileError, messageOf } from '../io/error.js'

/** The public index of the running package, beside the folder of this file: src/index.ts or dist/src/index.js. */
const index = new URL(`../index.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

/**
 * The default export of a file that ends in .ts, .mts, .js or .mjs. Read anew at every call, so that a change shows.
 *
 * @throws FileError for a file that is missing, cannot be parsed (with line and column), cannot be imported, or exports
 *   nothing by default; what the file itself throws while it runs is the cause of one.
 */
export async function loadUserFile(file: string): Promise<unknown> {
  const path = resolve(file)
  const info = await stat(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  if (!info.isFile()) throw new FileError(path, { expected: 'a TypeScript or JavaScript file', found: 'a folder' })
  const [{ createJiti }, invdiff] = await Promise.all([import('jiti'), import(index.href) as Promise<object>])
  const jiti = createJiti(path, {
    fsCache: false,
    moduleCache: false,
    interopDefault: false,
    virtualModules: { invdiff },
  })
  const loaded = await jiti.import(path).catch((cause: unknown) => {
    throw loadError(path, cause)
  })
  if (typeof loaded !== 'object' || loaded === null || !('default' in loaded) || loaded.default === undefined)
    throw new FileError(path, {
      expected: 'a default export',
      found: loaded && Object.keys(loaded).length > 0 ? `only ${Object.keys(loaded).join(', ')}` : 'no export',
      remedy: 'Write `export default ...`.',
    })
  return loaded.default
}

function loadError(file: string, cause: unknown): FileError {
  const message = messageOf(cause)
  // The parser's message ends in file:line:column.
  if (message.startsWith('ParseError: ') || cause instanceof SyntaxError)
    return new FileError(file, { expected: 'TypeScript or JavaScript', found: `a syntax error: ${message.replace('ParseError: ', '').replace(/\s*\n\s*/, ' at ')}`, cause }) // prettier-ignore
  if (/Cannot find (module|package)/.test(message))
    return new FileError(file, { expected: 'imports that resolve', found: message.split('\n')[0]!, remedy: 'Install the package beside the file, or correct the path.', cause }) // prettier-ignore
  return new FileError(file, { expected: 'a file that runs', found: `the error: ${message}${placeOf(cause, file)}`, cause }) // prettier-ignore
}

/** ` at line:column` of the file, where the stack tells. */
function placeOf(cause: unknown, file: string): string {
  const line = cause instanceof Error ? cause.stack?.split('\n').find(text => text.includes(file)) : undefined
  const place = line && /:(\d+:\d+)\)?$/.exec(line.trim())?.[1]
  return place ? ` at ${place}` : ''
}
