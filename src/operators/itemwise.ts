/** Functions of one item, lifted to items and batches: what an operator that loops over its batch needs. */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { batchOf, commonCount, startOf, type Batch } from '../physics/lanes.js'

type Shape = readonly number[]

const item = (batch: Batch, r: number): Float64Array => batch.data.subarray(startOf(batch, r), startOf(batch, r) + batch.size) // prettier-ignore

const shapeOf = (count: number | null, shape: Shape): number[] => (count === null ? [...shape] : [count, ...shape])

/**
 * A function of arrays [...inputShape] or [n, ...inputShape] from one of the elements of one item in C order.
 *
 * @param f writes into `y`, which holds zeros, and leaves `x` alone.
 * @param where the name that errors begin with.
 * The function throws RangeError for another shape or values that are not finite.
 */
export function itemwise(
  inputShape: Shape,
  outputShape: Shape,
  f: (x: Float64Array, y: Float64Array) => void,
  where = 'operator',
): (x: NdArray) => NdArray<Float64Array> {
  const size = sizeOf(outputShape, where)
  return x => {
    const batch = batchOf(where, x, inputShape)
    const n = batch.count ?? 1
    const out = new Float64Array(n * size)
    for (let r = 0; r < n; r++) f(item(batch, r), out.subarray(r * size, (r + 1) * size))
    return array(out, shapeOf(batch.count, outputShape))
  }
}

/** `itemwise` for functions of two arguments; one that stands alone goes with every item of the other. */
export function itemwise2(
  shapes: readonly [Shape, Shape],
  outputShape: Shape,
  f: (x: Float64Array, v: Float64Array, y: Float64Array) => void,
  where = 'operator',
): (x: NdArray, v: NdArray) => NdArray<Float64Array> {
  const size = sizeOf(outputShape, where)
  return (x, v) => {
    const first = batchOf(`${where}: x`, x, shapes[0])
    const second = batchOf(`${where}: direction`, v, shapes[1])
    const count = commonCount(where, { x: first, direction: second })
    const out = new Float64Array((count ?? 1) * size)
    for (let r = 0; r < (count ?? 1); r++) f(item(first, r), item(second, r), out.subarray(r * size, (r + 1) * size))
    return array(out, shapeOf(count, outputShape))
  }
}
