/** Operators from operators. Solution operators of the physics (`solver.map('initial')`) are as good as any other. */
import { array, assertShape, elements, shapeText, sizeOf, type NdArray } from '../io/array.js'
import type { LinearMap } from '../physics/solution.js'
import { rowsOperator } from './linear.js'
import { isLinear, type Derivative, type MeasurementOperator } from './operator.js'
import { multiplyRows, rowsOf, stackRows, unitRows, type SparseRows } from './sparse-rows.js'

type Part = MeasurementOperator | LinearMap

const named = (part: Part): MeasurementOperator => ('name' in part ? part : { name: 'linear map', ...part })

/** The derivative of a part: of a linear one, itself. */
function derivativeOf(A: MeasurementOperator): Derivative | undefined {
  if (!isLinear(A)) return A.derivative
  return { apply: (_, v) => A.apply(v), adjoint: (_, w) => A.adjoint(w) }
}

/**
 * What all parts together offer besides `apply`: an adjoint and rows where all are linear, a derivative where all have one.
 */
function offers(
  parts: readonly MeasurementOperator[],
  ways: {
    adjoint: (adjoints: readonly ((y: NdArray) => NdArray<Float64Array>)[]) => (y: NdArray) => NdArray<Float64Array>
    derivative: (derivatives: readonly Derivative[]) => Derivative
    rows: (rows: readonly SparseRows[]) => SparseRows
  },
): Pick<MeasurementOperator, 'adjoint' | 'derivative' | 'rows'> {
  if (parts.every(isLinear)) {
    const rows = parts.flatMap(part => part.rows ?? [])
    return {
      adjoint: ways.adjoint(parts.map(part => part.adjoint)),
      ...(rows.length === parts.length && { rows: ways.rows(rows) }),
    }
  }
  const derivatives = parts.flatMap(part => derivativeOf(part) ?? [])
  return derivatives.length === parts.length ? { derivative: ways.derivative(derivatives) } : {}
}

/**
 * A_n( ... A_2(A_1(x))): the parts in the order in which they act, so that `composeOperators(solver.map('initial'), sensors)`
 * observes the solution.
 *
 * @throws RangeError without parts, or where one does not take what the one before it gives.
 */
export function composeOperators(...list: readonly Part[]): MeasurementOperator {
  const parts = list.map(named)
  const [first, last] = [parts[0], parts.at(-1)]
  if (!first || !last) throw new RangeError('composeOperators: no operators')
  parts.slice(1).forEach((part, k) => {
    const before = parts[k]!
    if (shapeText(part.inputShape) !== shapeText(before.outputShape))
      throw new RangeError(`composeOperators: '${part.name}' takes ${shapeText(part.inputShape)}, but '${before.name}' before it gives ${shapeText(before.outputShape)}`) // prettier-ignore
  })
  /** x and what each part but the last makes of it. */
  const states = (x: NdArray): NdArray[] => parts.slice(0, -1).reduce<NdArray[]>((found, part) => [...found, part.apply(found.at(-1)!)], [x]) // prettier-ignore
  return {
    name: parts.map(({ name }) => name).join(' > '),
    inputShape: first.inputShape,
    outputShape: last.outputShape,
    apply: x => last.apply(states(x).at(-1)!),
    ...offers(parts, {
      adjoint: adjoints => y => adjoints.reduceRight<NdArray>((w, adjoint) => adjoint(w), y) as NdArray<Float64Array>,
      rows: rows => rows.reduce((inner, outer) => multiplyRows(outer, inner)),
      derivative: derivatives => ({
        apply: (x, v) => states(x).reduce<NdArray>((u, state, k) => derivatives[k]!.apply(state, u), v) as NdArray<Float64Array>, // prettier-ignore
        adjoint: (x, w) => states(x).reduceRight<NdArray>((u, state, k) => derivatives[k]!.adjoint(state, u), w) as NdArray<Float64Array>, // prettier-ignore
      }),
    }),
    ...(last.outputSpace && { outputSpace: last.outputSpace }),
    ...(first.inputRange && { inputRange: first.inputRange }),
  }
}

/**
 * All the measurements of several operators of one field, one after the other.
 *
 * @returns an operator with outputShape [m], m the number of all measurements.
 * @throws RangeError without parts, or where they take different inputs.
 */
export function stackOperators(...list: readonly Part[]): MeasurementOperator {
  const parts = list.map(named)
  const first = parts[0]
  if (!first) throw new RangeError('stackOperators: no operators')
  const other = parts.find(({ inputShape }) => shapeText(inputShape) !== shapeText(first.inputShape))
  if (other) throw new RangeError(`stackOperators: '${first.name}' takes ${shapeText(first.inputShape)} but '${other.name}' ${shapeText(other.inputShape)}`) // prettier-ignore
  const { inputShape } = first
  const sizes = parts.map(({ outputShape, name }) => sizeOf(outputShape, name))
  const m = sizes.reduce((a, b) => a + b, 0)
  const ranges = parts.flatMap(({ inputRange }) => (inputRange ? [inputRange] : []))

  /** Outputs of the parts side by side, in each row of a batch. */
  function joined(outputs: readonly NdArray<Float64Array>[], batched: boolean): NdArray<Float64Array> {
    const n = batched ? outputs[0]!.shape[0]! : 1
    const out = new Float64Array(n * m)
    let offset = 0
    outputs.forEach(({ data }, part) => {
      for (let r = 0; r < n; r++) out.set(data.subarray(r * sizes[part]!, (r + 1) * sizes[part]!), r * m + offset)
      offset += sizes[part]!
    })
    return array(out, batched ? [n, m] : [m])
  }

  /** The slices of measurements that belong to each part. */
  function split(y: NdArray): NdArray<Float64Array>[] {
    const batched = y.shape.length === 2
    assertShape(y, batched ? [null, m] : [m], 'stackOperators')
    const n = batched ? y.shape[0]! : 1
    const data = Float64Array.from(elements(y) as Float64Array)
    let offset = 0
    return parts.map(({ outputShape }, part) => {
      const size = sizes[part]!
      const out = new Float64Array(n * size)
      for (let r = 0; r < n; r++) out.set(data.subarray(r * m + offset, r * m + offset + size), r * size)
      offset += size
      return array(out, batched ? [n, ...outputShape] : outputShape)
    })
  }

  const isBatch = (x: NdArray): boolean => x.shape.length > inputShape.length
  const sum = (terms: readonly NdArray<Float64Array>[]): NdArray<Float64Array> =>
    terms.reduce((total, { data }) => {
      for (let i = 0; i < data.length; i++) total.data[i]! += data[i]!
      return total
    })

  return {
    ...{ name: parts.map(({ name }) => name).join(' + '), inputShape, outputShape: [m] },
    apply: x => joined(parts.map(part => part.apply(x)), isBatch(x)), // prettier-ignore
    ...offers(parts, {
      adjoint: adjoints => y => sum(split(y).map((w, k) => adjoints[k]!(w))),
      rows: stackRows,
      derivative: derivatives => ({
        apply: (x, v) => joined(derivatives.map(J => J.apply(x, v)), isBatch(x) || isBatch(v)), // prettier-ignore
        adjoint: (x, w) => sum(split(w).map((u, k) => derivatives[k]!.adjoint(x, u))),
      }),
    }),
    ...(ranges.length > 0 && { inputRange: [Math.max(...ranges.map(([low]) => low)), Math.min(...ranges.map(([, high]) => high))] as const }), // prettier-ignore
  }
}

/**
 * The measurements times a factor, such as the gain of a detector: one, or one for each measurement in C order.
 *
 * @throws RangeError for another number of factors or one that is not finite.
 */
export function scaleOperator(A: Part, factor: number | readonly number[]): MeasurementOperator {
  const { name, outputShape, outputSpace } = named(A)
  const m = sizeOf(outputShape, name)
  const factors = typeof factor === 'number' ? new Array<number>(m).fill(factor) : factor
  if (factors.length !== m) throw new RangeError(`scaleOperator: ${factors.length} factors; '${name}' gives ${m} measurements`) // prettier-ignore
  const bad = factors.findIndex(value => !Number.isFinite(value))
  if (bad >= 0) throw new RangeError(`scaleOperator: factor ${bad} is ${factors[bad]!}; wants finite numbers`)
  const diagonal = rowsOf(factors.map((value, k) => [[k, value]]), m) // prettier-ignore
  return { ...composeOperators(A, rowsOperator('scale', outputShape, outputShape, diagonal)), ...(outputSpace && { outputSpace }) } // prettier-ignore
}

/**
 * Some of the measurements, by their indices in C order. Output [indices].
 *
 * @throws RangeError for no index, or one that is out of range.
 */
export function selectOutputs(A: Part, indices: readonly number[]): MeasurementOperator {
  const { name, outputShape } = named(A)
  const m = sizeOf(outputShape, name)
  const bad = indices.findIndex(index => !(Number.isSafeInteger(index) && index >= 0 && index < m))
  if (indices.length === 0) throw new RangeError('selectOutputs: no indices')
  if (bad >= 0) throw new RangeError(`selectOutputs: index ${bad} is ${indices[bad]!}; '${name}' gives measurements 0 to ${m - 1}`) // prettier-ignore
  return composeOperators(A, rowsOperator('select', outputShape, [indices.length], unitRows(m, indices)))
}
