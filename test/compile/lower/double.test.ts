/** Kernels in double precision: equal to single precision, and their gradients are their derivatives. */
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile, type Arrays, type BoundaryArray } from '../../../src/compile/index.js'
import { sizeOf } from '../../../src/compile/value.js'

type Tensors = Record<string, tf.Tensor>
type F = (x: tf.Tensor4D, w: tf.Tensor4D) => tf.Tensor

const pad = 'same'
const rows: [name: string, f: F, x: number[], w: number[]][] = [
  ['conv2d', (x, w) => tf.conv2d(x, w, 1, pad), [2, 5, 6, 3], [3, 3, 3, 2]],
  ['conv2d of a small image', (x, w) => tf.conv2d(x, w, 1, pad), [3, 2, 2, 3], [3, 3, 3, 8]],
  ['conv2d of one image', (x, w) => tf.conv2d(x, w, 1, pad), [1, 4, 5, 3], [3, 2, 3, 2]],
  ['conv2d, stride 2', (x, w) => tf.conv2d(x, w, 2, pad), [2, 5, 6, 3], [3, 3, 3, 2]],
  ['conv2d, stride 3, padding 2', (x, w) => tf.conv2d(x, w, 3, 2), [2, 8, 7, 2], [4, 2, 2, 3]],
  ['conv2d, 1 x 1', (x, w) => tf.conv2d(x, w, 1, pad), [2, 3, 4, 3], [1, 1, 3, 5]],
  ['conv2d, channels first', (x, w) => tf.conv2d(x, w, 2, pad, 'NCHW'), [2, 3, 5, 6], [3, 3, 3, 2]],
  ['depthwise', (x, w) => tf.depthwiseConv2d(x, w, 1, pad), [2, 5, 6, 3], [3, 3, 3, 2]],
  ['depthwise, stride 2', (x, w) => tf.depthwiseConv2d(x, w, 2, pad), [2, 5, 6, 3], [3, 3, 3, 2]],
  ['transposed', (x, w) => tf.conv2dTranspose(x, w, [2, 7, 6, 2], 2, pad), [2, 4, 3, 3], [3, 3, 2, 3]],
  [
    'conv3d',
    (x, w) => tf.conv3d(tf.reshape<tf.Rank.R5>(x, [2, 3, 4, 5, 2]), tf.reshape(w, [2, 3, 2, 2, 3]), 2, pad),
    [2, 12, 5, 2],
    [2, 3, 4, 3],
  ],
  ['avgPool', x => tf.avgPool(x, 2, 2, 'valid'), [2, 4, 6, 3], [1, 1, 1, 1]],
  ['avgPool, overlapping', x => tf.avgPool(x, 3, 2, 'valid'), [2, 6, 7, 3], [1, 1, 1, 1]],
  ['maxPool', x => tf.maxPool(x, 3, 2, pad), [2, 6, 7, 3], [1, 1, 1, 1]],
  ['resizeBilinear', x => tf.image.resizeBilinear(x, [7, 9], false, true), [2, 4, 5, 3], [1, 1, 1, 1]],
  ['resizeNearestNeighbor', x => tf.image.resizeNearestNeighbor(x, [8, 9]), [2, 4, 5, 3], [1, 1, 1, 1]],
  ['localResponseNormalization', x => tf.localResponseNormalization(x, 1, 1, 0.5), [2, 2, 3, 5], [1, 1, 1, 1]],
  ['matMul', (x, w) => tf.matMul(x, w, false, true), [2, 3, 4, 5], [2, 3, 6, 5]],
  ['dilation2d', (x, w) => tf.dilation2d(x, tf.squeeze(w, [0]), 1, pad), [2, 4, 5, 2], [1, 2, 2, 2]],
]

const numbers = (shape: number[], seed: number): Float64Array =>
  new Float64Array(sizeOf(shape)).map((_, i) => 2 * (((i + 1 + 31 * seed) * 0.6180339887498949) % 1) - 1)

describe.each(rows)('%s', (_, f, x, w) => {
  /** l = <f(x, w), a fixed dy>, its gradients, and f itself. */
  function traced({ x, w }: Tensors): Tensors {
    const y = f(x as tf.Tensor4D, w as tf.Tensor4D)
    const dy = tf.tensor(Array.from(numbers(y.shape, 5)), y.shape)
    // `w` joins the sum for those that have no second argument.
    const loss = (x: tf.Tensor, w: tf.Tensor): tf.Scalar =>
      tf.add(tf.sum(tf.mul(f(x as tf.Tensor4D, w as tf.Tensor4D), dy)), tf.sum(w))
    const { value, grads } = tf.valueAndGrads(loss)([x!, w!])
    return { y, loss: value, dx: grads[0]!, dw: grads[1]! }
  }
  const inputs = (along: number): Arrays => {
    const moved = (shape: number[], seed: number): BoundaryArray => {
      const direction = numbers(shape, seed + 50)
      return ndarray(
        numbers(shape, seed).map((v, i) => v + along * direction[i]!),
        shape,
      )
    }
    return { x: moved(x, 1), w: moved(w, 2) }
  }

  it('is what it is in single precision, and its gradient is its derivative', async () => {
    const double = await compile(traced, { x, w }, { precision: 'float64' })
    const single = await compile(traced, { x, w })
    const [exact, rounded] = [await double.run(inputs(0)), await single.run(inputs(0))]
    const size = Math.max(...exact.y!.data.map(Math.abs))
    // Float32 sums of up to 100 products of numbers below 1, each rounded by at most 6e-8.
    exact.y!.data.forEach((v, i) => expect(Math.abs(v - rounded.y!.data[i]!)).toBeLessThan(3e-6 * size))

    const h = 1e-5
    const [before, after] = [await double.run(inputs(-h)), await double.run(inputs(h))]
    const slope = (after.loss!.data[0]! - before.loss!.data[0]!) / (2 * h)
    const along = (gradient: BoundaryArray, shape: number[], seed: number): number =>
      numbers(shape, seed + 50).reduce((sum, d, i) => sum + d * gradient.data[i]!, 0)
    const product = along(exact.dx!, x, 1) + along(exact.dw!, w, 2)
    // Central differences: h^2 = 1e-10 times third derivatives of order 10, and rounding 1e-15 * |loss| / h.
    expect(Math.abs(slope - product)).toBeLessThan(1e-8 * Math.max(1, Math.abs(product)))
    await Promise.all([double.dispose(), single.dispose()])
  })
})
