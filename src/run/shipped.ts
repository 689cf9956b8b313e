/** Models that come with the package, below the folder of their problem. */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Models are not compiled: they lie in `problems` of the package, above `dist`. */
const root = new URL(import.meta.url.endsWith('.ts') ? '../../problems/' : '../../../problems/', import.meta.url)

/** Names of the models that are shipped with a problem. */
export function shippedModels(problem: string): string[] {
  const folder = new URL(`${problem}/models/`, root)
  return existsSync(folder) ? readdirSync(folder).sort() : []
}

/** The model that serves a problem unless another is named: with a surrogate, where there is one. */
const usual = (names: readonly string[]): string => (names.includes('surrogate') ? 'surrogate' : 'vp')

/** The folder of a shipped model. @throws RangeError where there is none of that name, with those that there are. */
export function shippedModel(problem: string, asked?: string): string {
  const names = shippedModels(problem)
  const name = asked ?? usual(names)
  if (names.includes(name)) return fileURLToPath(new URL(`${problem}/models/${name}`, root))
  throw new RangeError(
    names.length === 0
      ? `no model is shipped for '${problem}': train one with 'invdiff train ${problem}' and give its folder`
      : `no model '${name}' is shipped for '${problem}'; there are ${names.join(', ')}`,
  )
}
