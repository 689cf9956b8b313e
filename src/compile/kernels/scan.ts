/** Kernels that go along an axis: running sums and products, the largest in order, places in a sorted sequence. */
import * as tf from '@tensorflow/tfjs'
import { cast, elementwise, fill, like, mul, pad, reduce, reshape, slice, topK } from '../ops.js'
import { constant, node, sizeOf, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

interface Scan {
  readonly axis: number
  readonly exclusive: boolean
  readonly reverse: boolean
}

const numbers = (x: Value): Value => (x.dtype === 'bool' ? cast(x, 'int32') : x)

function cumsum(x: Value, { axis, exclusive, reverse }: Scan): Value {
  const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 }
  return node('CumSum', [x, constant(axis, 'int64')], x.shape, x.dtype, { attributes })
}

/** x moved by `by` places along an axis; ones come in at the end that is left free. */
function shifted(x: Value, axis: number, by: number, reverse: boolean): Value {
  const size = x.shape.with(axis, x.shape[axis]! - by)
  const at = (place: number): number[] => x.shape.map((_, i) => (i === axis ? place : 0))
  const kept = slice(x, at(reverse ? by : 0), size)
  return pad(kept, at(reverse ? 0 : by), at(reverse ? by : 0), like(x, 1))
}

/** Products of the first 1, 2, 3, ... elements, by doubling: log2(n) products of whole tensors (Hillis and Steele 1986). */
function cumprod(x: Value, { axis, exclusive, reverse }: Scan): Value {
  const n = x.shape[axis]!
  if (sizeOf(x.shape) === 0) return x
  let y = exclusive ? shifted(x, axis, Math.min(1, n), reverse) : x
  for (let by = 1; by < n; by *= 2) y = mul(y, shifted(y, axis, by, reverse))
  return y
}

export const scanKernels: Readonly<Record<string, Kernel>> = {
  Cumsum: kernel<tf.CumsumInputs, tf.CumsumAttrs>(({ x }, scan) => cumsum(numbers(x), scan)),
  Cumprod: kernel<tf.CumprodInputs, tf.CumprodAttrs>(({ x }, scan) => cumprod(numbers(x), scan)),
  TopK: kernel<tf.TopKInputs, tf.TopKAttrs>(({ x }, { k }) => {
    // Always in order: what is not sorted the engine gives in any, and tfjs with the first of equals first.
    const [values, indices] = topK(numbers(x), k, true)
    return [cast(values, x.dtype), cast(indices, 'int32')]
  }),
  /** How many of the sequence are below (or not above) each value. Both are [batch, n]. */
  SearchSorted: kernel<tf.SearchSortedInputs, tf.SearchSortedAttrs>(({ sortedSequence, values }, { side }) => {
    const [batch, n] = sortedSequence.shape as [number, number]
    const m = values.shape[1]!
    if (n === 0) return fill(values.shape, 0, 'int32')
    const op = side === 'left' ? 'Less' : 'LessOrEqual'
    const before = elementwise(op, [reshape(sortedSequence, [batch, 1, n]), reshape(values, [batch, m, 1])], 'bool')
    return reduce('ReduceSum', cast(before, 'int32'), [2], false)
  }),
}
