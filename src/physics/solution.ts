/**
 * A solver of a linear problem as its user sees it, transient or steady: concentrations from an initial state, a source
 * and the data of the sides, all of them alone or in batches, and the exact transpose of that map.
 */
import { array, type NdArray } from '../io/array.js'
import type { Channel, ForcingName } from './forcing.js'
import type { Grid } from './grid.js'
import { batchOf, commonCount, type Batch } from './lanes.js'
import type { Side, SideName } from './sides.js'

export type InputName = 'initial' | ForcingName

/** Inputs by name; what is missing is zero. Each is one item of `inputShapes`, or a batch of them. */
export type Inputs = Readonly<Partial<Record<InputName, NdArray>>>

/** A linear map between arrays: `apply` and `adjoint` take one item or a batch; <A x, y> = <x, A' y> as plain sums. */
export interface LinearMap {
  readonly inputShape: readonly number[]
  readonly outputShape: readonly number[]
  apply(x: NdArray): NdArray<Float64Array>
  adjoint(y: NdArray): NdArray<Float64Array>
}

export interface Solver {
  readonly grid: Grid
  /** Shape of each input that this problem has. */
  readonly inputShapes: Readonly<Partial<Record<InputName, readonly number[]>>>
  readonly outputShape: readonly number[]
  /**
   * The concentrations: [...outputShape], or [n, ...outputShape] where an input is a batch of n (single ones go with all).
   * The same bits for one simulation as for that simulation in a batch.
   * @throws RangeError for an input that this problem lacks, a shape that does not fit or a value that is not finite.
   */
  run(inputs: Inputs): NdArray<Float64Array>
  /**
   * The cotangent of every input (or of those named), given that of the output: the transpose of `run`, step for step.
   * @throws RangeError as `run` does.
   */
  adjoint(v: NdArray, names?: readonly InputName[]): Partial<Record<InputName, NdArray<Float64Array>>>
  /** The map from one input, the others zero. @throws RangeError for an input that this problem lacks. */
  map(name: InputName): LinearMap
}

/** The numerical work behind a solver, for simulations first, ..., end - 1. */
export interface Kernel {
  forward(initial: Batch | undefined, channels: readonly Channel[], first: number, end: number, out: Float64Array): void
  backward(v: Batch, initial: Batch | undefined, channels: readonly Channel[], first: number, end: number): void
}

/** Simulations that march together: bounds the memory of a run, and keeps its states in the cache. */
const group = 32

/** Sides whose data the user gives. */
export const fed = (sides: readonly Side[]): SideName[] =>
  sides.filter(({ kind }) => kind === 'value' || kind === 'flux').map(({ name }) => name)

/** The cells along a side. */
export const sideShape = ({ shape }: Grid, name: SideName): [number] => [
  shape.length === 1 ? 1 : name === 'left' || name === 'right' ? shape[1]! : shape[0]!,
]

/** Gives a kernel its public face. */
export function solver(
  where: string,
  parts: Pick<Solver, 'grid' | 'inputShapes' | 'outputShape'> & { readonly kernel: Kernel; readonly levels: number },
): Solver {
  const { grid, inputShapes, outputShape, kernel, levels } = parts
  const known = Object.keys(inputShapes) as InputName[]

  function shapeOf(name: string): readonly number[] {
    const shape = inputShapes[name as InputName]
    if (!shape) throw new RangeError(`${where}: there is no input '${name}' here; inputs: ${known.join(', ')}`)
    return shape
  }

  const channel = (name: ForcingName, batch: Batch): Channel => ({ name, entries: batch.size / levels, levels, batch })
  const channelsOf = (batches: Partial<Record<InputName, Batch>>): Channel[] =>
    (Object.entries(batches) as [InputName, Batch][]).flatMap(([name, b]) => (name === 'initial' ? [] : [channel(name, b)])) // prettier-ignore

  function inGroups(count: number, work: (first: number, end: number) => void): void {
    for (let first = 0; first < count; first += group) work(first, Math.min(count, first + group))
  }

  const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
  const batched = (count: number | null, shape: readonly number[]): number[] => (count === null ? [...shape] : [count, ...shape]) // prettier-ignore

  function run(inputs: Inputs): NdArray<Float64Array> {
    const given = Object.entries(inputs).map(([name, a]) => [name, batchOf(`${where}: ${name}`, a, shapeOf(name))] as const) // prettier-ignore
    const batches: Partial<Record<InputName, Batch>> = Object.fromEntries(given)
    const count = commonCount(where, batches)
    const shape = batched(count, outputShape)
    const out = new Float64Array(product(shape))
    inGroups(count ?? 1, (a, b) => kernel.forward(batches.initial, channelsOf(batches), a, b, out))
    return array(out, shape)
  }

  function adjoint(v: NdArray, names: readonly InputName[] = known): Partial<Record<InputName, NdArray<Float64Array>>> {
    const cotangent = batchOf(`${where}: adjoint`, v, outputShape)
    const results = names.map(name => {
      const shape = batched(cotangent.count, shapeOf(name))
      return [name, array(new Float64Array(product(shape)), shape)] as const
    })
    const batches: Partial<Record<InputName, Batch>> = Object.fromEntries(
      results.map(([name, { data }]) => [name, { data, size: product(shapeOf(name)), count: cotangent.count }]),
    )
    inGroups(cotangent.count ?? 1, (a, b) => kernel.backward(cotangent, batches.initial, channelsOf(batches), a, b))
    return Object.fromEntries(results)
  }

  const map = (name: InputName): LinearMap => ({
    inputShape: shapeOf(name),
    outputShape,
    apply: x => run({ [name]: x }),
    adjoint: y => adjoint(y, [name])[name]!,
  })

  return { grid, inputShapes, outputShape, run, adjoint, map }
}
