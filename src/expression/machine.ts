/**
 * A formula ready to run on blocks of points: a loop over typed arrays for each node, constant parts computed beforehand,
 * and a fault at the first result that is not finite.
 */
import { FormulaError } from './error.js'
import { comparisons, functions, operators, square } from './functions.js'
import { type Call, type Source, type Tree, mentions } from './tree.js'

/** A node ready to run on a block: fills out[lo, hi). */
interface Step {
  readonly out: Float64Array
  readonly constant: boolean
  run(lo: number, hi: number): void
}

export const block = 512

/** A variable that occurs: the block of its values, whether all of them are finite, its first place in the text. */
export interface Input {
  readonly name: string
  readonly at: number
  readonly data: Float64Array
  finite: boolean
}

/**
 * Each node writes the register of its nesting level, so the memory is one block for each level of the tree, plus one
 * for each variable and each constant. `where` names the element in an error.
 */
export function machine(
  source: Source,
  tree: Tree,
  where: (i: number) => string,
): { root: Step; inputs: readonly Input[] } {
  const inputs: Input[] = []
  const registers: Float64Array[] = []
  const constants = new Map<number | string, Step>()
  return { root: build(tree, 0), inputs }

  function build(tree: Tree, level: number): Step {
    let node = tree
    // Two signs are none, to the bit; a formula may have a thousand, too many for the stack.
    for (let inner = negated(node); inner && negated(inner); inner = negated(node)) node = negated(inner)!
    if (node.kind === 'number') return constant(node.value)
    if (node.kind === 'name') {
      const value = source.constants.get(node.name)
      return value === undefined ? input(node.name, node.at) : constant(value)
    }
    const step = comparisons.has(node.name) ? choice(node, level) : operation(node, level)
    if (!step.constant) return step
    step.run(0, 1)
    return constant(step.out[0]!)
  }

  function constant(value: number): Step {
    const key = Object.is(value, -0) ? '-0' : value // a Map takes -0 for 0
    const step = constants.get(key) ?? {
      out: new Float64Array(block).fill(value),
      constant: true,
      run: () => undefined,
    }
    constants.set(key, step)
    return step
  }

  function input(name: string, at: number): Step {
    const known = inputs.find(input => input.name === name)
    const input = known ?? { name, at, data: new Float64Array(block), finite: true }
    if (!known) inputs.push(input)
    const run = (lo: number, hi: number): void => {
      if (input.finite) return
      const i = input.data.subarray(0, hi).findIndex((v, k) => k >= lo && !Number.isFinite(v))
      if (i >= 0)
        throw new FormulaError(`${name} is ${input.data[i]!}, not a finite number${where(i)}`, source.text, at)
    }
    return { out: input.data, constant: false, run }
  }

  function register(level: number): Float64Array {
    return (registers[level] ??= new Float64Array(block))
  }

  /** The arguments, each in a register that the next ones leave alone. A loop, as `map` doubles the stack. */
  function operands(args: readonly Tree[], level: number): Step[] {
    const steps: Step[] = []
    let free = level
    for (const arg of args) {
      const step = build(arg, free)
      if (step.out === registers[free]) free++
      steps.push(step)
    }
    return steps
  }

  function operation(node: Call, level: number): Step {
    const { name } = node
    const args = operands(node.args, level)
    const [a, b] = [args[0]!, args[1] ?? args[0]!]
    const squared = name === '^' && b.constant && b.out[0] === 2
    const kernel = squared ? square : (operators.get(name) ?? functions.get(name))!.kernel
    const out = register(level)
    const run = (lo: number, hi: number): void => {
      a.run(lo, hi)
      if (b !== a) b.run(lo, hi)
      const i = kernel(out, a.out, b.out, lo, hi)
      if (i >= 0) throw fault(node, args.map(arg => arg.out[i]!), i) // prettier-ignore
    }
    return { out, constant: args.every(arg => arg.constant), run }
  }

  /** Runs each branch on the stretches that take it. A branch may overwrite the outcomes it was chosen by. */
  function choice({ name, args }: Call, level: number): Step {
    const [a, b] = operands(args.slice(0, 2), level) as [Step, Step]
    const [yes, no] = [build(args[2]!, level), build(args[3]!, level)]
    const { kernel } = comparisons.get(name)!
    const out = register(level)
    const run = (lo: number, hi: number): void => {
      a.run(lo, hi)
      b.run(lo, hi)
      kernel(out, a.out, b.out, lo, hi)
      for (let from = lo, to = lo; from < hi; from = to) {
        const outcome = out[from]!
        while (to < hi && out[to] === outcome) to++
        const branch = outcome === 1 ? yes : no
        branch.run(from, to)
        if (branch.out !== out) for (let i = from; i < to; i++) out[i] = branch.out[i]!
      }
    }
    return { out, constant: [a, b, yes, no].every(step => step.constant), run }
  }

  function fault({ name, args, at }: Call, values: readonly number[], i: number): FormulaError {
    const used = inputs.filter(input => args.some(arg => mentions(arg, input.name)))
    const point = used.map(input => `${input.name} = ${input.data[i]!}`).join(', ')
    return new FormulaError(`${explain(name, values)}${point && `, with ${point}`}${where(i)}`, source.text, at)
  }
}

const negated = (tree: Tree): Tree | undefined =>
  tree.kind === 'call' && tree.name === 'neg' ? tree.args[0] : undefined

/** An operation of these values, and why its result is not finite. */
function explain(name: string, values: readonly number[]): string {
  const [a, b] = [values[0]!, values[1]!]
  const rule = functions.get(name)
  const shown = values.map(v => (v < 0 ? `(${v})` : `${v}`))
  const result = rule ? `${name}(${values.join(', ')})` : shown.join(` ${name} `)
  if ((name === '/' && b === 0) || (name === '^' && a === 0)) return `${result} divides by zero`
  if (name === '^' && a < 0 && !Number.isInteger(b))
    return `${result} is not a real number: a negative base needs an integer exponent`
  if (rule?.domain) return `${result} is not a finite real number: ${name}(a) needs ${rule.domain}`
  return `${result} overflows: it is too large for a float64`
}
