/** Kernels that move elements and compute nothing. */
import * as tf from '@tensorflow/tfjs'
import { concat, reshape, slice, tile, transpose } from '../ops.js'
import { sizeOf } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

export const shapeKernels: Readonly<Record<string, Kernel>> = {
  Reshape: kernel<tf.ReshapeInputs, tf.ReshapeAttrs>(({ x }, { shape }) =>
    reshape(x, tf.util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  Transpose: kernel<tf.TransposeInputs, tf.TransposeAttrs>(({ x }, { perm }) => transpose(x, perm)),
  Slice: kernel<tf.SliceInputs, tf.SliceAttrs>(({ x }, { begin, size }) => {
    const [start, extent] = tf.slice_util.parseSliceParams({ shape: [...x.shape] } as tf.TensorInfo, begin, size)
    return slice(x, start!, extent!)
  }),
  Concat: (inputs, attributes) => {
    const xs = Object.values(inputs)
    const [axis] = tf.util.parseAxisParam(attributes.axis as number, [...xs[0]!.shape])
    return concat(xs, axis!)
  },
  Tile: kernel<tf.TileInputs, tf.TileAttrs>(({ x }, { reps }) => tile(x, reps)),
}
