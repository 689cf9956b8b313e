/** A formula as a tree of numbers, names and calls; each node knows its place in the text and its size. */

export type Tree =
  | { readonly kind: 'number'; readonly value: number; readonly at: number }
  | { readonly kind: 'name'; readonly name: string; readonly at: number }
  | Call

/** A function, an operator ('neg' is the sign), or a comparison with its two outcomes: [left, right, yes, no]. */
export interface Call {
  readonly kind: 'call'
  readonly name: string
  readonly args: readonly Tree[]
  readonly at: number
  readonly size: number
}

/** What is read: the text, and the names that may occur in it. */
export interface Source {
  readonly text: string
  readonly variables: readonly string[]
  readonly constants: ReadonlyMap<string, number>
}

export function call(name: string, args: readonly Tree[], at = 0): Call {
  return { kind: 'call', name, args, at, size: args.reduce((sum, arg) => sum + sizeOf(arg), 1) }
}

/** Its number of nodes. */
export const sizeOf = (tree: Tree): number => (tree.kind === 'call' ? tree.size : 1)

/** Whether the variable occurs in it. */
export const mentions = (tree: Tree, variable: string): boolean =>
  tree.kind === 'call' ? tree.args.some(arg => mentions(arg, variable)) : tree.kind === 'name' && tree.name === variable
