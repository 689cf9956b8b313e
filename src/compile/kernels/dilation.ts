/** Greyscale dilation, y = max over the window of x + filter, and its gradients. Channels-last; filters [h, w, channels]. */
import * as tf from '@tensorflow/tfjs'
import { add, argReduce, cast, elementwise, fill, like, mul, reduce, reshape, slice } from '../ops.js'
import { constant, node, sizeOf, type Value } from '../value.js'
import { overlapAdd, patches, stack, window2d, type Window } from '../windows.js'
import { kernel, type Kernel } from './kernel.js'

function windowOf(x: Value, filter: Value, { strides, pad, dilations }: tf.Dilation2DAttrs): Window {
  const shapes = [x.shape, filter.shape] as [[number, number, number, number], [number, number, number]]
  return window2d(tf.backend_util.computeDilation2DInfo(...shapes, strides, pad, 'NHWC', dilations))
}

/** What the maximum is taken over: one value [n, ...output, channels] for each element of the filter, in its order. */
function sums(x: Value, filter: Value, w: Window): Value[] {
  const [, width, channels] = filter.shape as [number, number, number]
  const least = constant(x.dtype === 'int32' ? -(2 ** 30) : -Infinity, x.dtype)
  return patches(x, w, 1, least).map((patch, k) => {
    const element = slice(filter, [Math.floor(k / width), k % width, 0], [1, 1, channels])
    return add(patch, reshape(element, [channels]))
  })
}

/** For each element of the filter dy where that element made the maximum (the first of equals), else 0. */
function shares(dy: Value, x: Value, filter: Value, w: Window): Value[] {
  const all = sums(x, filter, w)
  const first = argReduce('ArgMax', stack(all, dy.shape.length), dy.shape.length)
  return all.map((_, k) => mul(dy, cast(elementwise('Equal', [first, like(first, k)], 'bool'), dy.dtype)))
}

interface Inputs extends tf.NamedTensorInfoMap {
  x: tf.TensorInfo
  filter: tf.TensorInfo
  dy: tf.TensorInfo
}

export const dilationKernels: Readonly<Record<string, Kernel>> = {
  Dilation2D: kernel<tf.Dilation2DInputs, tf.Dilation2DAttrs>(({ x, filter }, a) => {
    const all = sums(x, filter, windowOf(x, filter, a))
    return node('Max', all, all[0]!.shape, x.dtype)
  }),
  Dilation2DBackpropInput: kernel<Inputs, tf.Dilation2DAttrs>(({ x, filter, dy }, a) => {
    if (sizeOf(dy.shape) === 0) return fill(x.shape, 0, dy.dtype)
    const w = windowOf(x, filter, a)
    return overlapAdd(shares(dy, x, filter, w), w, x.shape.slice(1, 3), 1)
  }),
  Dilation2DBackpropFilter: kernel<Inputs, tf.Dilation2DAttrs>(({ x, filter, dy }, a) => {
    if (sizeOf(dy.shape) === 0) return fill(filter.shape, 0, dy.dtype)
    const w = windowOf(x, filter, a)
    const totals = shares(dy, x, filter, w).map(s => reduce('ReduceSum', s, [0, 1, 2], false))
    return reshape(stack(totals, 0), filter.shape)
  }),
}
