/** A tree as text, with no more brackets than reading it back needs. */
import { comparisons, operators } from './functions.js'
import { type Tree, call } from './tree.js'

/** How tightly a node binds; conditionals least, operators as in `operators`, all else most. */
export const strength = (tree: Tree): number =>
  tree.kind !== 'call' ? 6 : comparisons.has(tree.name) ? 1 : (operators.get(tree.name)?.strength ?? 6)

/** The least strength that the k-th operand of an operator may have without brackets. */
export const needed = (name: string, k: number): number => {
  const own = operators.get(name)!.strength
  return name === '^' ? (k === 0 ? 6 : 4) : own + (name === 'neg' ? 0 : k)
}

/** The tree as text, and the same tree with its places in that text. */
export function print(tree: Tree): { text: string; tree: Tree } {
  let text = ''
  const put = (piece: string): number => (text += piece).length - piece.trimStart().length
  const bracketed = (node: Tree, least: number): Tree => {
    if (strength(node) >= least) return write(node)
    put('(')
    const inner = write(node)
    put(')')
    return inner
  }
  const write = (node: Tree): Tree => {
    if (node.kind === 'number') return { ...node, at: put(String(node.value)) }
    if (node.kind === 'name') return { ...node, at: put(node.name) }
    const { name, args } = node
    if (comparisons.has(name)) return writeChoice(name, args)
    if (name === 'neg') {
      const at = put('-')
      return call(name, [bracketed(args[0]!, needed(name, 0))], at)
    }
    if (operators.has(name)) {
      const left = bracketed(args[0]!, needed(name, 0))
      const at = put(name === '^' ? '^' : ` ${name} `)
      return call(name, [left, bracketed(args[1]!, needed(name, 1))], at)
    }
    const at = put(name)
    const inner = args.map((arg, k) => (put(k === 0 ? '(' : ', '), write(arg)))
    put(')')
    return call(name, inner, at)
  }
  const writeChoice = (name: string, args: readonly Tree[]): Tree => {
    const left = bracketed(args[0]!, 2)
    const at = put(` ${name} `)
    const right = bracketed(args[1]!, 2)
    put(' ? ')
    const yes = bracketed(args[2]!, 2)
    put(' : ')
    return call(name, [left, right, yes, bracketed(args[3]!, 2)], at)
  }
  const placed = write(tree)
  return { text, tree: placed }
}
