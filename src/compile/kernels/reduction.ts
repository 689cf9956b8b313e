/** Kernels that reduce axes. */
import * as tf from '@tensorflow/tfjs'
import { reduce, type Reduction } from '../ops.js'
import { kernel, type Kernel } from './kernel.js'

const reduction = (op: Reduction): Kernel =>
  kernel<tf.SumInputs, { axis: number | number[]; keepDims: boolean }>(({ x }, { axis, keepDims }) =>
    reduce(op, x, tf.util.parseAxisParam(axis, [...x.shape]), keepDims),
  )

export const reductionKernels: Readonly<Record<string, Kernel>> = {
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
  Min: reduction('ReduceMin'),
  Prod: reduction('ReduceProd'),
}
