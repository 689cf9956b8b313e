/** A tree as text, with no more brackets than reading it back needs. */
import { comparisons, functions, operators } from './functions.js'
import { type Tree, call } from './tree.js'

/** How tightly a node binds; conditionals least, operators as in `operators`, all else most. */
export const strength = (tree: Tree): number =>
  tree.kind !== 'call' ? 6 : comparisons.has(tree.name) ? 1 : (operators.get(tree.name)?.strength ?? 6)

/** The least strength that the k-th operand of an operator or a conditional may have without brackets. */
export const needed = (name: string, k: number): number => {
  if (comparisons.has(name)) return 2
  if (name === '^') return k === 0 ? 6 : 4
  return operators.get(name)!.strength + (name === 'neg' ? 0 : k)
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
    const operand = (k: number): Tree => bracketed(args[k]!, needed(name, k))
    if (name === 'neg') {
      const at = put('-')
      return call(name, [operand(0)], at)
    }
    if (functions.has(name)) {
      const at = put(name)
      const inner = args.map((arg, k) => (put(k === 0 ? '(' : ', '), write(arg)))
      put(')')
      return call(name, inner, at)
    }
    const left = operand(0)
    const at = put(name === '^' ? '^' : ` ${name} `)
    const right = operand(1)
    if (operators.has(name)) return call(name, [left, right], at)
    put(' ? ')
    const yes = operand(2)
    put(' : ')
    return call(name, [left, right, yes, operand(3)], at)
  }
  const placed = write(tree)
  return { text, tree: placed }
}
