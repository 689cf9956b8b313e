/** The values of a formula at one point or at many, block by block; each variable is checked on the way in. */
import { FormulaError } from './error.js'
import { type Input, block, machine } from './machine.js'
import type { Source, Tree } from './tree.js'

interface Evaluator {
  value(scope: Readonly<Record<string, number>>): number
  values(scope: Readonly<Record<string, Float64Array | number>>, out?: Float64Array): Float64Array
}

export function evaluator(source: Source, tree: Tree): Evaluator {
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

  return { value, values }
}

function allFinite(data: Float64Array, length: number): boolean {
  let sum = 0
  for (let i = 0; i < length; i++) sum += data[i]! * 0
  return sum === 0
}
