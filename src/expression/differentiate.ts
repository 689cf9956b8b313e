/** Partial derivatives of trees, by the chain rule. */
import { builtin, comparisons, functions } from './functions.js'
import { read } from './read.js'
import { literal, number, simplified } from './simplify.js'
import { type Tree, call } from './tree.js'

const slopes = new Map<string, Tree>()
/** A partial derivative from the table, with the arguments put in. */
function slope(text: string, args: readonly Tree[]): Tree {
  const rule = slopes.get(text) ?? read({ text, variables: ['a', 'b'], constants: builtin })
  slopes.set(text, rule)
  const substitute = (tree: Tree): Tree =>
    tree.kind === 'call'
      ? simplified(tree.name, tree.args.map(substitute))
      : tree.kind === 'number'
        ? tree
        : ({ a: args[0], b: args[1] }[tree.name] ?? tree)
  return substitute(rule)
}

const join =
  (operator: string) =>
  (u: Tree, v: Tree): Tree =>
    simplified(operator, [u, v])
const plus = join('+')
const minus = join('-')
const times = join('*')
const over = join('/')
const power = join('^')

/** d tree / d x by the chain rule. */
export function differentiate(tree: Tree, x: string): Tree {
  if (tree.kind !== 'call') return number(tree.kind === 'name' && tree.name === x ? 1 : 0)
  const { name, args } = tree
  const d = args.map(arg => differentiate(arg, x))
  const zero = d.map(slope => literal(slope) === 0)
  const [a, b, da, db] = [args[0]!, args[1]!, d[0]!, d[1]!]
  if (comparisons.has(name)) return zero[2] && zero[3] ? number(0) : call(name, [a, b, d[2]!, d[3]!])
  if (zero.every(Boolean)) return number(0)
  switch (name) {
    case 'neg':
      return simplified('neg', [da])
    case '+':
      return plus(da, db)
    case '-':
      return minus(da, db)
    case '*':
      return plus(times(da, b), times(a, db))
    case '/':
      return zero[1] ? over(da, b) : over(minus(times(da, b), times(a, db)), power(b, number(2)))
    case '^':
      // a^b: b a^(b-1) a' if b is constant, a^b log(a) b' if a is, and their sum else.
      return plus(
        zero[0] ? da : times(times(b, power(a, minus(b, number(1)))), da),
        zero[1] ? db : times(times(tree, call('log', [a])), db),
      )
    case 'max':
      return call('>=', [a, b, da, db])
    case 'min':
      return call('<=', [a, b, da, db])
    default:
      return functions.get(name)!.slopes.reduce((sum, text, k) => plus(sum, zero[k] ? d[k]! : times(d[k]!, slope(text, args))), number(0)) // prettier-ignore
  }
}
