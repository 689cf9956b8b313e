/** Kernels that reduce axes. */
import * as tf from '@tensorflow/tfjs'
import { argReduce, cast, elementwise, fill, like, reduce, where, type Reduction } from '../ops.js'
import { node, sizeOf, type DType, type Shape, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

interface Attributes {
  readonly axis: number | number[]
  readonly keepDims: boolean
}

const axesOf = (x: Value, axis: number | number[]): number[] => tf.util.parseAxisParam(axis, [...x.shape])

function reducedShape(x: Value, axes: readonly number[], keepDims: boolean): Shape {
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
  return keepDims ? kept : kept.filter((_, i) => !axes.includes(i))
}

/** A reduction of numbers of type `dtype`; `ofNothing` where there is nothing to reduce. */
function reduceAs(op: Reduction, x: Value, dtype: DType, ofNothing: number, axes: number[], keepDims: boolean): Value {
  if (sizeOf(x.shape) === 0) return fill(reducedShape(x, axes, keepDims), ofNothing, dtype)
  return reduce(op, cast(x, dtype), axes, keepDims)
}

const integers = (x: Value): DType => (x.dtype === 'bool' ? 'int32' : x.dtype)

const reduction = (op: Reduction, dtypeOf: (x: Value) => DType, ofNothing: number): Kernel =>
  kernel<tf.SumInputs, Attributes>(({ x }, { axis, keepDims }) =>
    reduceAs(op, x, dtypeOf(x), ofNothing, axesOf(x, axis), keepDims),
  )

/** The largest or smallest; NaN where one is, which the engine's own reductions only sometimes notice. */
function extreme(op: 'ReduceMax' | 'ReduceMin', x: Value, axis: number | number[], keepDims: boolean): Value {
  const axes = axesOf(x, axis)
  const result = reduceAs(op, x, x.dtype, NaN, axes, keepDims)
  if (x.dtype !== 'float32' || sizeOf(x.shape) === 0) return result
  const poisoned = reduce('ReduceMax', elementwise('IsNaN', [x], 'bool'), axes, keepDims)
  return where(poisoned, like(x, NaN), result)
}

/** The first place of the largest or smallest; what is not a number (and would be `never` it) is passed over. */
const arg = (op: 'ArgMax' | 'ArgMin', never: number): Kernel =>
  kernel<tf.ArgMaxInputs, tf.ArgMaxAttrs>(({ x }, { axis }) => {
    const numbers =
      x.dtype === 'float32' ? where(elementwise('IsNaN', [x], 'bool'), like(x, never), x) : cast(x, 'int32')
    return cast(argReduce(op, numbers, axesOf(x, axis)[0]!), 'int32')
  })

export const reductionKernels: Readonly<Record<string, Kernel>> = {
  Sum: reduction('ReduceSum', integers, 0),
  Prod: reduction('ReduceProd', integers, 1),
  Mean: reduction('ReduceMean', () => 'float32', 0),
  Max: kernel<tf.MaxInputs, tf.MaxAttrs>(({ x }, { reductionIndices, keepDims }) =>
    extreme('ReduceMax', x, reductionIndices, keepDims),
  ),
  Min: kernel<tf.MinInputs, tf.MinAttrs>(({ x }, { axis, keepDims }) => extreme('ReduceMin', x, axis, keepDims)),
  All: reduction('ReduceMin', () => 'bool', 1),
  Any: reduction('ReduceMax', () => 'bool', 0),
  ArgMax: arg('ArgMax', -Infinity),
  ArgMin: arg('ArgMin', Infinity),
  Softmax: kernel<tf.SoftmaxInputs, tf.SoftmaxAttrs>(({ logits }, { dim }) => {
    const axis = dim < 0 ? dim + logits.shape.length : dim
    return node('Softmax', [logits], logits.shape, logits.dtype, { attributes: { axis } })
  }),
}
