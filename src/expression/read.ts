/** Reading a formula: mathjs gives the structure of the text, its tokens the places. */
import { failing } from './error.js'
import { comparisons, functions } from './functions.js'
import { mathjs } from './mathjs.js'
import { type Token, tokens } from './tokens.js'
import { type Source, type Tree, call } from './tree.js'

/** What mathjs makes of the tokens let through. */
type Parsed =
  | { readonly type: 'ConstantNode' | 'SymbolNode' }
  | { readonly type: 'ParenthesisNode'; readonly content: Parsed }
  | { readonly type: 'FunctionNode'; readonly args: readonly Parsed[] }
  | { readonly type: 'OperatorNode'; readonly op: string; readonly args: readonly Parsed[] }
  | { readonly type: 'RelationalNode'; readonly params: readonly Parsed[] }
  | { readonly type: 'ConditionalNode'; readonly condition: Parsed; readonly trueExpr: Parsed; readonly falseExpr: Parsed } // prettier-ignore

/** The text as a tree with places: mathjs gives the structure, and its tokens come in the order of an in-order walk. */
export function read(source: Source): Tree {
  const all = tokens(source)
  const queue = all.filter(token => !'(),'.includes(token.text))
  let next = 0
  const fail = failing(source.text)
  const take = (): Token => queue[next++] ?? fail('the formula cannot be read', source.text.length)

  let root: Parsed
  try {
    root = mathjs().parse(source.text.replace(/\s/g, ' ')) as unknown as Parsed
  } catch (error) {
    if (!(error instanceof SyntaxError) || !('char' in error)) throw error
    const at = Number(error.char) - 1
    return fail(at >= source.text.trimEnd().length ? 'the formula ends too early' : error.message.replace(/ \(char \d+\)$/, ''), at) // prettier-ignore
  }
  return walk(root)

  function walk(node: Parsed): Tree {
    switch (node.type) {
      case 'ParenthesisNode':
        return walk(node.content)
      case 'ConstantNode':
      case 'SymbolNode':
        return leaf(take())
      case 'FunctionNode':
        return apply(take(), node.args.map(walk))
      case 'OperatorNode':
        return operate(node.op, node.args)
      case 'ConditionalNode':
        return choose(node.condition, node.trueExpr, node.falseExpr)
      case 'RelationalNode':
        walk(node.params[0]!)
        take()
        walk(node.params[1]!)
        return fail('comparisons cannot be chained; use max and min, or one condition inside another', take().at)
      default:
        node satisfies never
        return fail(`${(node as Parsed).type} is not supported`, queue[next]?.at ?? 0)
    }
  }

  function leaf({ kind, text, at }: Token): Tree {
    return kind === 'number' ? { kind, value: Number(text), at } : { kind: 'name', name: text, at }
  }

  function apply({ text: name, at }: Token, args: readonly Tree[]): Tree {
    const { arity } = functions.get(name)!
    if (arity === '2 or more' ? args.length < 2 : args.length !== Number(arity))
      fail(`${name} takes ${arity} argument${arity === '1' ? '' : 's'}, not ${args.length}`, at)
    if (name === 'pow') return call('^', args, at)
    return arity === '2 or more' ? args.reduce((a, b) => call(name, [a, b], at)) : call(name, args, at)
  }

  function operate(op: string, args: readonly Parsed[]): Tree {
    if (args.length === 1) {
      const { at } = take()
      const arg = walk(args[0]!)
      return op === '+' ? arg : call('neg', [arg], at)
    }
    const left = walk(args[0]!)
    const { text, at } = take()
    if (comparisons.has(op)) fail('a comparison is allowed only as a condition, as in a < b ? c : d', at)
    if (op !== text) fail(`${op} is not supported`, at)
    return call(op, [left, walk(args[1]!)], at)
  }

  function choose(condition: Parsed, yes: Parsed, no: Parsed): Tree {
    while (condition.type === 'ParenthesisNode') condition = condition.content
    if (condition.type === 'RelationalNode') walk(condition)
    const start = queue[next]?.at ?? 0
    if (condition.type !== 'OperatorNode' || !comparisons.has(condition.op))
      return fail('a condition is one comparison, as in a < b ? c : d', start)
    const left = walk(condition.args[0]!)
    const { text, at } = take()
    const right = walk(condition.args[1]!)
    take()
    const chosen = walk(yes)
    take()
    return call(text, [left, right, chosen, walk(no)], at)
  }
}
