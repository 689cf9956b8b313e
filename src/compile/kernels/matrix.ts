/** Matrix products. */
import * as tf from '@tensorflow/tfjs'
import { gemm, matMul, reshape, transpose } from '../ops.js'
import type { Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

const swapLast = (x: Value): Value => {
  const perm = x.shape.map((_, i) => i)
  const r = perm.length
  return transpose(x, [...perm.slice(0, -2), r - 1, r - 2])
}

export const matrixKernels: Readonly<Record<string, Kernel>> = {
  BatchMatMul: kernel<tf.BatchMatMulInputs, tf.BatchMatMulAttrs>(({ a, b }, { transposeA, transposeB }) => {
    // One matrix each: Gemm takes the transposes along.
    if (a.shape.length === 3 && a.shape[0] === 1 && b.shape[0] === 1) {
      const y = gemm(reshape(a, a.shape.slice(1)), reshape(b, b.shape.slice(1)), null, transposeA, transposeB)
      return reshape(y, [1, ...y.shape])
    }
    return matMul(transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b)
  }),
}
