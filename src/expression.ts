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
import { failing, suggest } from './expression/error.js'
import { evaluator } from './expression/evaluate.js'
import { builtin, functions, reserved } from './expression/functions.js'
import { latex } from './expression/latex.js'
import { print } from './expression/print.js'
import { read } from './expression/read.js'
import { isName } from './expression/tokens.js'
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
    const reason = !isName(name)
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

function compile(source: Source, tree: Tree): Formula {
  const { text, variables } = source

  function derivative(variable: string): Formula {
    const fail = failing(text)
    if (!variables.includes(variable))
      fail(`"${variable}" is not a variable here${suggest(variable, variables, 'variables')}`, 0)
    const slope = differentiate(tree, variable)
    const size = sizeOf(slope)
    if (size > maxSize) fail(`the derivative has ${size} terms, at most ${maxSize} are allowed`, 0)
    const printed = print(slope)
    return compile({ ...source, text: printed.text }, printed.tree)
  }

  return { text, variables, ...evaluator(source, tree), derivative, latex: () => latex(tree) }
}
