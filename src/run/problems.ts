/** The problems that come with the package. */
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

export interface ShippedProblem {
  /** The name of its folder. */
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
  const names = await readdir(root)
  return names
    .sort()
    .map(name => ({
      name,
      folder: fileURLToPath(new URL(name, root)),
      module: new URL(`${name}/${index}`, root).href,
    }))
    .filter(({ module }) => existsSync(new URL(module)))
}
