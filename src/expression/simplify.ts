/** Trees of derivatives, kept short: literals are folded, sums with 0 and products with 0 or 1 left out. */
import { type Tree, call } from './tree.js'

export const number = (value: number): Tree =>
  value < 0 ? call('neg', [number(-value)]) : { kind: 'number', value, at: 0 }

/** The value of a literal, with its sign. */
export function literal(tree: Tree): number | undefined {
  if (tree.kind === 'number') return tree.value
  if (tree.kind !== 'call' || tree.name !== 'neg') return undefined
  const inner = literal(tree.args[0]!)
  return inner === undefined ? undefined : -inner
}

/** A call with the obvious simplifications: a sum with 0, a product with 0 or 1, arithmetic of literals. */
export function simplified(name: string, args: readonly Tree[]): Tree {
  const [a, b = a] = args as [Tree, Tree?]
  const [p, q] = [literal(a), literal(b)]
  if (p !== undefined && q !== undefined && '+-*'.includes(name)) {
    const folded = name === '+' ? p + q : name === '-' ? p - q : p * q
    if (Number.isFinite(folded)) return number(folded)
  }
  switch (name) {
    case 'neg':
      return p !== undefined ? number(-p) : a.kind === 'call' && a.name === 'neg' ? a.args[0]! : call(name, args)
    case '+':
      return p === 0 ? b : q === 0 ? a : call(name, args)
    case '-':
      return q === 0 ? a : p === 0 ? simplified('neg', [b]) : call(name, args)
    case '*':
      if (p === 0 || q === 0) return number(0)
      if (p === 1) return b
      if (q === 1) return a
      if (p === -1 || q === -1) return simplified('neg', [p === -1 ? b : a])
      if (p !== undefined && b.kind === 'call' && b.name === '*' && literal(b.args[0]!) !== undefined)
        return simplified('*', [simplified('*', [a, b.args[0]!]), b.args[1]!])
      return b.kind === 'call' && b.name === '/' && literal(b.args[0]!) === 1
        ? call('/', [a, b.args[1]!])
        : call(name, args)
    case '/':
      return p === 0 ? number(0) : q === 1 ? a : call(name, args)
    case '^':
      return q === 0 ? number(1) : q === 1 ? a : call(name, args)
    default:
      return call(name, args)
  }
}
