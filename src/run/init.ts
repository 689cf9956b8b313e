/** A problem or an operator of a user's own, from templates that run as they are. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { exists } from '../io/atomic.js'
import { FileError, fileError } from '../io/error.js'

/** Templates are read as they are written: they lie in `problems` of the package, above `dist`. */
const templates = new URL(
  import.meta.url.endsWith('.ts') ? '../../problems/templates/' : '../../../problems/templates/',
  import.meta.url,
)

export interface Scaffold {
  /** The folder of a problem, or the file of an operator. */
  readonly path: string
  readonly files: readonly string[]
}

/** A folder with a problem, its words and readings to solve. @throws RangeError for a bad name; FileError where it is there. */
export async function initProblem(path: string): Promise<Scaffold> {
  const name = nameOf(path)
  await assertFree(path)
  const files = ['problem.ts', 'README.md', 'readings.csv'].map(file => join(path, file))
  await make(path)
  for (const file of files) await put(file, await template(basename(file), 'my-problem', name))
  return { path, files }
}

/** A file with an operator; `.ts` is added where it is not there. */
export async function initOperator(path: string): Promise<Scaffold> {
  const file = /\.[cm]?ts$/.test(path) ? path : `${path}.ts`
  const name = nameOf(file.replace(/\.[cm]?ts$/, ''))
  await assertFree(file)
  await make(dirname(file))
  await put(file, await template('operator.ts', 'my-operator', name))
  return { path: file, files: [file] }
}

function nameOf(path: string): string {
  const name = basename(resolve(path))
  if (/^[A-Za-z][\w-]*$/.test(name)) return name
  throw new RangeError(`init: '${name}' is no name: letters, digits, - and _, a letter first`)
}

async function assertFree(path: string): Promise<void> {
  if (await exists(path))
    throw new FileError(path, { expected: 'a free name', found: 'that it exists', remedy: 'Choose another, or delete it.' }) // prettier-ignore
}

const template = async (file: string, from: string, to: string): Promise<string> =>
  (await readFile(new URL(file, templates), 'utf8')).replaceAll(from, to)

const make = (folder: string): Promise<unknown> =>
  mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw fileError(folder, error)
  })

const put = (file: string, text: string): Promise<void> =>
  writeFile(file, text, { flag: 'wx' }).catch((error: unknown) => {
    throw fileError(file, error)
  })
