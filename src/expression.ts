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
import { builtin, functions, reserved } from './expression/functions.js'
import { latex } from './expression/latex.js'
import { type Input, block, machine } from './expression/machine.js'
import { print } from './expression/print.js'
import { read } from './expression/read.js'
import { type Source, type Tree, sizeOf } from './expression/tree.js'

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
