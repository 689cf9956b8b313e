/**
 * Formulas that a user writes as text, such as `0.01 * (50 / 0.01)^t`: real arithmetic on float64 and named functions.
 *
 * mathjs parses the text into a tree. Everything after that is a walk of a small tree of our own, in which each node
 * knows its place in the text: evaluation (a loop over typed arrays for each node), differentiation, LaTeX. Nothing is
 * ever turned into code.
 *
 * Grammar: numbers, the declared variables and constants, `pi`, `e`, `+ - * / ^`, the functions tabled in
 * `expression/functions.ts`, and `a < b ? c : d` with one comparison (`< <= > >= == !=`) as its condition. Only the
 * branch taken is evaluated.
 * `^` binds to the right and tighter than a sign: `-x^2` is `-(x^2)`.
 *
 * Every intermediate result must be finite: a root of a negative number, a division by zero or an overflow is an error
 * that names the values and the place. Underflow to zero is not. Constant parts are checked when the formula is made.
 */
import { differentiate } from './expression/differentiate.js'
import { FormulaError, suggest } from './expression/error.js'
import { builtin, comparisons, functions, operators, reserved } from './expression/functions.js'
import { type Input, block, machine } from './expression/machine.js'
import { read } from './expression/read.js'
import { type Source, type Tree, call, sizeOf } from './expression/tree.js'

export { FormulaError } from './expression/error.js'

export interface Formula {
  readonly text: string
  /** The variables that may occur, in the order declared. */
  readonly variables: readonly string[]
  /** The formula at one point. Throws FormulaError if a variable is missing or any intermediate is not finite. */
  value(scope: Readonly<Record<string, number>>): number
  /**
   * The formula at many points: each variable is a number or an array, and all arrays have one length (with numbers
   * only, the length is that of `out`, else 1). The same operations as `value`, so the same bits. Throws as `value`
   * does, for the first index that fails; then `out` holds the blocks before it.
   */
  values(scope: Readonly<Record<string, Float64Array | number>>, out?: Float64Array): Float64Array
  /**
   * The partial derivative, as a formula. Piecewise functions are differentiated on their pieces: `sign`, `floor`,
   * `ceil`, `round` have derivative 0, `abs` has `sign`, `max` and `min` that of the argument chosen (the first on a
   * tie), and `a < b ? c : d` has `a < b ? c' : d'`. Jumps contribute nothing.
   */
  derivative(variable: string): Formula
  latex(): string
}

const maxSize = 20_000 // nodes of a derivative

// ------------------------------------------------------------------------------------------------- writing

/** How tightly a node binds; conditionals least, operators as in `operators`, all else most. */
const strength = (tree: Tree): number =>
  tree.kind !== 'call' ? 6 : comparisons.has(tree.name) ? 1 : (operators.get(tree.name)?.strength ?? 6)

/** The least strength that the k-th operand of an operator may have without brackets. */
const needed = (name: string, k: number): number => {
  const own = operators.get(name)!.strength
  return name === '^' ? (k === 0 ? 6 : 4) : own + (name === 'neg' ? 0 : k)
}

/** The tree as text, and the same tree with its places in that text. */
function print(tree: Tree): { text: string; tree: Tree } {
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

const greek = new Set(
  'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega'.split(' '), // prettier-ignore
)

/** sigma_max is a sigma with the upright subscript max, x1 an x with the subscript 1. */
function symbol(name: string): string {
  const [, base = name, digits = ''] = /^([A-Za-z]+)(\d*)$/.exec(name.split('_')[0]!) ?? []
  const word = (text: string): string =>
    greek.has(text) ? `\\${text}` : /^(\w|\d+)$/.test(text) ? text : `\\mathrm{${text}}`
  const rest = [digits, ...name.split('_').slice(1)].filter(part => part !== '')
  return word(base) + (rest.length > 0 ? `_{${rest.map(word).join(',')}}` : '')
}

/** The arguments of max(max(a, b), c), as they were written: a, b, c. */
const flat = (tree: Tree & { kind: 'call' }): readonly Tree[] => {
  const first = tree.args[0]!
  return first.kind === 'call' && first.name === tree.name ? [...flat(first), ...tree.args.slice(1)] : tree.args
}

function latex(tree: Tree): string {
  if (tree.kind === 'name') return symbol(tree.name)
  if (tree.kind === 'number') return String(tree.value).replace(/^(.*)e\+?(.*)$/, (_, m: string, p: string) => `${m === '1' ? '' : `${m} \\cdot `}10^{${p}}`) // prettier-ignore
  const { name } = tree
  const args = functions.get(name)?.arity === '2 or more' ? flat(tree) : tree.args
  const inner = args.map(latex)
  const wrapped = (k: number): string => `\\left(${inner[k]!}\\right)`
  const around = (k: number): string => {
    const arg = args[k]!
    const inside = arg.kind === 'call' ? arg.name : ''
    // A raised function or power of ten would be misread, so the base of a power is bare only if it is a plain symbol.
    if (name === '^' && k === 0) return inside === '' && !inner[k]!.includes('^') ? inner[k]! : wrapped(k)
    return inside === '/' || (strength(arg) >= needed(name, k) && !(inside === 'neg' && k === 1))
      ? inner[k]!
      : wrapped(k)
  }
  const comparison = comparisons.get(name)
  if (comparison) {
    const [a, b, yes, no] = inner as [string, string, string, string]
    return `\\begin{cases} ${yes} & \\text{if } ${a} ${comparison.tex} ${b} \\\\ ${no} & \\text{otherwise} \\end{cases}`
  }
  switch (name) {
    case 'neg':
      return `-${around(0)}`
    case '/':
      return `\\frac{${inner[0]!}}{${inner[1]!}}`
    case '^':
      return `${around(0)}^{${inner[1]!}}`
    case '*':
      return `${around(0)} \\cdot ${around(1)}`
    case '+':
    case '-':
      return `${around(0)} ${name} ${around(1)}`
    default: {
      const { tex } = functions.get(name)!
      return tex.includes('#') ? tex.replace('#', () => inner[0]!) : `${tex}\\left(${inner.join(', ')}\\right)`
    }
  }
}

// ------------------------------------------------------------------------------------------------- formulas

/**
 * Reads a formula in the given variables and named constants.
 * Throws FormulaError for a fault in the text, RangeError for a variable or constant that cannot be one.
 */
export function formula(
  text: string,
  options: { readonly variables: readonly string[]; readonly constants?: Readonly<Record<string, number>> },
): Formula {
  const given = Object.entries(options.constants ?? {})
  const names = [...options.variables, ...given.map(([name]) => name)]
  names.forEach((name, k) => {
    const reason = !/^[A-Za-z][A-Za-z0-9_]*$/.test(name)
      ? 'a name is a letter followed by letters, digits and _'
      : functions.has(name) || builtin.has(name) || reserved.has(name) || name in Object.prototype
        ? 'that name is taken'
        : names.indexOf(name) !== k
          ? 'it is declared twice'
          : ''
    if (reason) throw new RangeError(`formula: "${name}" cannot be a variable or constant: ${reason}`)
  })
  for (const [name, value] of given)
    if (!Number.isFinite(value)) throw new RangeError(`formula: constant "${name}" is ${value}, not a finite number`)
  const source: Source = { text, variables: [...options.variables], constants: new Map([...given, ...builtin]) }
  return compile(source, read(source))
}

function allFinite(data: Float64Array, length: number): boolean {
  let sum = 0
  for (let i = 0; i < length; i++) sum += data[i]! * 0
  return sum === 0
}

function compile(source: Source, tree: Tree): Formula {
  const { text, variables } = source
  let offset: number | undefined // of the block at hand, when there are many elements
  const where = (i: number): string => (offset === undefined ? '' : `, at index ${offset + i}`)
  const { root, inputs } = machine(source, tree, where)

  function entry<T>(scope: Readonly<Record<string, T>>, { name, at }: Input, wanted: string): T {
    const found = Object.hasOwn(scope, name) ? scope[name] : undefined
    if (typeof found === 'number' || (wanted !== 'a number' && found instanceof Float64Array)) return found
    const given = found === undefined ? 'no value is given' : `the value given is not ${wanted}`
    throw new FormulaError(`${given} for the variable "${name}"`, text, at)
  }

  function value(scope: Readonly<Record<string, number>>): number {
    offset = undefined
    for (const input of inputs) {
      input.data[0] = entry(scope, input, 'a number')
      input.finite = Number.isFinite(input.data[0])
    }
    root.run(0, 1)
    return root.out[0]!
  }

  function values(scope: Readonly<Record<string, Float64Array | number>>, out?: Float64Array): Float64Array {
    const columns = inputs.map(input => ({ input, column: entry(scope, input, 'a number or a Float64Array') }))
    const n = commonLength(scope, out)
    const result = out ?? new Float64Array(n)
    for (offset = 0; offset < n; offset += block) {
      const length = Math.min(block, n - offset)
      for (const { input, column } of columns) {
        if (typeof column !== 'number') input.data.set(column.subarray(offset, offset + length))
        else if (offset === 0) input.data.fill(column)
        input.finite = allFinite(input.data, length)
      }
      runBlock(length)
      result.set(root.out.subarray(0, length), offset)
    }
    return result
  }

  /** Of all the arrays at hand, also those of variables that do not occur. */
  function commonLength(scope: Readonly<Record<string, unknown>>, out: Float64Array | undefined): number {
    const arrays = [...variables.filter(name => Object.hasOwn(scope, name)).map(name => [name, scope[name]] as const), ['out', out] as const] // prettier-ignore
    const lengths = arrays.flatMap(([name, array]) =>
      array instanceof Float64Array ? [{ name, n: array.length }] : [],
    )
    const [first, ...others] = lengths
    const other = others.find(({ n }) => n !== first!.n)
    if (other) throw new RangeError(`formula ${text}: "${first!.name}" has length ${first!.n}, but "${other.name}" has ${other.n}`) // prettier-ignore
    return first?.n ?? 1
  }

  /** On a failure, runs element by element, so that the error is that of the first one that fails. */
  function runBlock(length: number): void {
    try {
      root.run(0, length)
    } catch (error) {
      for (let i = 0; i < length; i++) root.run(i, i + 1)
      throw error
    }
  }

  function derivative(variable: string): Formula {
    if (!variables.includes(variable))
      throw new FormulaError(
        `"${variable}" is not a variable here${suggest(variable, variables, 'variables')}`,
        text,
        0,
      )
    const slope = differentiate(tree, variable)
    if (sizeOf(slope) > maxSize)
      throw new FormulaError(`the derivative has ${sizeOf(slope)} terms, at most ${maxSize} are allowed`, text, 0)
    const printed = print(slope)
    return compile({ ...source, text: printed.text }, printed.tree)
  }

  return { text, variables, value, values, derivative, latex: () => latex(tree) }
}
