/** Problems: those that come with the package, and a user's own. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { closest } from 'fastest-levenshtein'
import { loadUserFile } from '../operators/load.js'
import type { Problem } from '../problem.js'
import type { Model } from './model-folder.js'

export interface ShippedProblem {
  /** The path of its folder below `problems`, such as `advection-diffusion/source`. */
  readonly name: string
  readonly folder: string
  /** What to import: `await import(problem.module)`. */
  readonly module: string
}

/** `problems` lies beside `src`, in a checkout as in the compiled package. */
const root = new URL('../../problems/', import.meta.url)
const index = import.meta.url.endsWith('.ts') ? 'index.ts' : 'index.js'

/** Every folder of `problems` that has an index module, by name. */
export async function shippedProblems(): Promise<ShippedProblem[]> {
  const files = await readdir(root, { recursive: true })
  return files
    .filter(file => file.endsWith(`/${index}`))
    .map(file => {
      const name = file.slice(0, -index.length - 1)
      return { name, folder: fileURLToPath(new URL(name, root)), module: new URL(file, root).href }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && 'build' in value && 'name' in value

/** The shipped problems that can be solved: those stated by `defineProblem`. */
export async function solvableProblems(): Promise<Problem[]> {
  const modules = await Promise.all((await shippedProblems()).map(({ module }) => import(module) as Promise<object>))
  return modules.map(module => (module as { default?: unknown }).default).filter(isProblem)
}

/**
 * A shipped problem by its name, or a user's own by the path of its file (anything that ends in .ts, .js or .mjs, or a folder
 * with an index).
 *
 * @throws RangeError for an unknown name, with the nearest known one; what the user's file throws; TypeError where its default
 * export is no problem.
 */
export async function loadProblem(name: string): Promise<Problem> {
  const shipped = await shippedProblems()
  const known = shipped.find(problem => problem.name === name)
  if (known) return asProblem(((await import(known.module)) as { default?: unknown }).default, name)
  const file = userFile(name)
  if (file) return asProblem(await loadUserFile(file), file)
  const names = (await solvableProblems()).map(problem => problem.name)
  throw new RangeError(`unknown problem '${name}'; did you mean '${closest(name, names)}'? Known: ${names.join(', ')}; or the path of a file that exports one`) // prettier-ignore
}

/** The path of a user's own problem as seen from a folder; null for a shipped one. */
export async function sourceOf(name: string, folder: string): Promise<string | null> {
  if ((await shippedProblems()).some(problem => problem.name === name)) return null
  return relative(resolve(folder), resolve(name)).split(sep).join('/')
}

/**
 * The problem that a model was trained for.
 *
 * @param path of a user's own; unless given, where it lay in training.
 * @throws RangeError where it is not there, or is another.
 */
export async function problemOfModel({ folder, spec }: Model, path?: string): Promise<Problem> {
  const lay = spec.source === undefined ? undefined : resolve(folder, spec.source)
  const own = path ?? (lay !== undefined && userFile(lay) ? lay : undefined)
  const problem = await loadProblem(own ?? spec.problem)
  if (problem.name !== spec.problem)
    throw new RangeError(`the model in ${folder} was trained for '${spec.problem}', the problem is '${problem.name}'`)
  return problem
}

function userFile(name: string): string | null {
  const path = resolve(name)
  if (/\.[cm]?[jt]s$/.test(path)) return existsSync(path) ? path : null
  return ['index.ts', 'index.js', 'index.mjs', 'problem.ts'].map(file => resolve(path, file)).find(existsSync) ?? null
}

function asProblem(value: unknown, where: string): Problem {
  if (isProblem(value)) return value
  throw new TypeError(`${where}: the default export is no problem; export default defineProblem({ ... })`)
}
