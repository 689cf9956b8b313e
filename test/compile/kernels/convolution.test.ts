import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { onnxBackend } from '../../../src/compile/backend.js'
import { topological } from '../../../src/compile/value.js'
import { expectAgreement, expectClose, expectGradientsAgree, numbers, on, type TensorMap } from './agreement.js'

type Pad = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
type Pair = number | [number, number]
type Triple = number | [number, number, number]

const explicit = (top: number, bottom: number, left: number, right: number): tf.backend_util.ExplicitPadding => [
  [0, 0],
  [top, bottom],
  [left, right],
  [0, 0],
]

const name = (row: readonly unknown[]): string => row.map(v => JSON.stringify(v)).join(' ')
const named = <R extends readonly unknown[]>(rows: readonly R[]): [string, R][] => rows.map(row => [name(row), row])

const conv = (strides: Pair, pad: Pad, dilations: Pair = 1, format: 'NHWC' | 'NCHW' = 'NHWC'): TensorMap => {
  return (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, format, dilations)
}
const depthwise = (strides: Pair, pad: Pad, dilations: Pair = 1): TensorMap => {
  return (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', dilations)
}
const conv3d = (strides: Triple, pad: 'same' | 'valid', dilations: Triple = 1): TensorMap => {
  return (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, strides, pad, 'NDHWC', dilations)
}

describe('conv2d and its gradients', () => {
  const rows: [x: number[], filter: number[], strides: Pair, pad: Pad][] = [
    [[2, 5, 6, 3], [3, 3, 3, 4], 1, 'same'],
    [[2, 5, 6, 3], [3, 3, 3, 4], 1, 'valid'],
    [[1, 7, 7, 2], [3, 3, 2, 5], 2, 'same'],
    [[2, 8, 6, 2], [3, 3, 2, 3], 2, 'same'],
    [[2, 8, 7, 2], [3, 2, 2, 3], [2, 3], 'valid'],
    [[2, 6, 6, 3], [4, 4, 3, 2], 2, 1],
    [[2, 5, 5, 3], [1, 1, 3, 4], 1, 'valid'],
    [[2, 5, 5, 3], [1, 1, 3, 4], 2, 'same'],
    [[3, 2, 2, 3], [3, 3, 3, 8], 1, 'same'],
    [[2, 5, 6, 3], [3, 2, 3, 2], 1, explicit(1, 2, 0, 3)],
    [[2, 5, 6, 3], [2, 2, 3, 2], 2, explicit(3, 0, 2, 1)],
    [[1, 4, 4, 1], [2, 2, 1, 1], 1, 3],
    [[2, 9, 1, 2], [5, 1, 2, 3], [2, 1], 'same'],
    [[0, 5, 6, 3], [3, 3, 3, 4], 1, 'same'],
    [[0, 5, 6, 3], [3, 3, 3, 4], 2, 'valid'],
  ]
  it.each(named(rows))('%s', (_, [x, filter, strides, pad]) => {
    expectGradientsAgree(conv(strides, pad), x, filter)
  })

  it.each(named(rows.filter(([, , , pad]) => !Array.isArray(pad))))('channels first: %s', (_, row) => {
    const [x, filter, strides, pad] = row
    expectGradientsAgree(conv(strides, pad, 1, 'NCHW'), [x[0]!, x[3]!, x[1]!, x[2]!], filter)
  })

  it.each(
    named<[number[], number[], Pair, Pad]>([
      [[2, 9, 8, 2], [3, 3, 2, 3], 2, 'same'],
      [[2, 9, 8, 2], [3, 2, 2, 3], [3, 2], 'valid'],
      [[1, 9, 9, 2], [2, 2, 2, 1], 2, 2],
    ]),
  )('dilated: %s', (_, [x, filter, dilations, pad]) => {
    expectAgreement(conv(1, pad, dilations), x, filter)
  })

  it.each(['floor', 'round', 'ceil'] as const)('rounds the size of its result: %s', rounding => {
    const f: TensorMap = (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 3, 1, 'NHWC', 1, rounding)
    expectAgreement(f, [1, 6, 7, 2], [2, 2, 2, 3])
  })

  it('of nothing in every channel is zero', () => {
    expectAgreement(conv(1, 'same'), [1, 3, 3, 0], [2, 2, 0, 2])
  })
})

describe('transposed convolution and its gradients', () => {
  it.each(
    named<[number[], number[], [number, number, number, number], Pair, Pad]>([
      [[2, 4, 3, 3], [3, 3, 2, 3], [2, 8, 6, 2], 2, 'same'],
      [[2, 4, 3, 3], [3, 3, 2, 3], [2, 7, 5, 2], 2, 'same'],
      [[2, 3, 3, 3], [2, 4, 2, 3], [2, 6, 9, 2], [2, 3], 'same'],
      [[1, 3, 3, 1], [2, 2, 1, 1], [1, 7, 6, 1], 2, 'valid'],
      [[1, 5, 5, 2], [3, 3, 4, 2], [1, 5, 5, 4], 1, 'same'],
    ]),
  )('%s', (_, [x, filter, output, strides, pad]) => {
    const f: TensorMap = (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, output, strides, pad)
    expectGradientsAgree(f, x, filter)
  })
})

describe('depthwise convolution and its gradients', () => {
  const rows: [number[], number[], Pair, Pad][] = [
    [[2, 5, 6, 3], [3, 3, 3, 1], 1, 'same'],
    [[2, 5, 6, 3], [3, 2, 3, 2], 1, 'valid'],
    [[2, 8, 7, 2], [3, 3, 2, 3], 2, 'same'],
    [[2, 7, 6, 2], [4, 4, 2, 1], 2, 1],
    [[3, 2, 2, 5], [3, 3, 5, 2], 1, 'same'],
    [[2, 5, 6, 1], [2, 2, 1, 2], 2, explicit(1, 0, 2, 1)],
    [[0, 5, 6, 3], [3, 3, 3, 1], 1, 'same'],
  ]
  it.each(named(rows))('%s', (_, [x, filter, strides, pad]) => {
    expectGradientsAgree(depthwise(strides, pad), x, filter)
  })

  it.each(named(rows))('dilated: %s', (_, [x, filter, , pad]) => {
    expectAgreement(depthwise(1, pad, [1, 2]), [x[0]!, 9, 9, x[3]!], filter)
  })

  it('channels first, which the cpu backend lacks, as channels last', () => {
    const [x, w] = [() => numbers([2, 5, 6, 3]), () => numbers([3, 3, 3, 2], 1)]
    const first = on('onnx', () => {
      const y = tf.depthwiseConv2d(
        tf.transpose(x(), [0, 3, 1, 2]) as tf.Tensor4D,
        w() as tf.Tensor4D,
        2,
        'same',
        'NCHW',
      )
      return tf.transpose(y, [0, 2, 3, 1])
    })
    expectClose(
      first,
      on('cpu', () => depthwise(2, 'same')(x(), w())),
    )
  })
})

describe('conv3d and its gradients', () => {
  it.each(
    named<[number[], number[], Triple, 'same' | 'valid']>([
      [[2, 3, 4, 5, 2], [2, 3, 3, 2, 3], 1, 'same'],
      [[1, 3, 4, 5, 2], [2, 2, 3, 2, 3], 1, 'valid'],
      [[2, 5, 4, 6, 2], [3, 3, 3, 2, 2], 2, 'same'],
      [[1, 5, 4, 6, 1], [2, 2, 2, 1, 3], [1, 2, 3], 'valid'],
      // tfjs' padding is negative here: the first elements are skipped.
      [[1, 4, 6, 4, 2], [1, 1, 1, 2, 3], 2, 'same'],
      [[0, 3, 3, 3, 2], [2, 2, 2, 2, 3], 1, 'same'],
    ]),
  )('%s', (_, [x, filter, strides, pad]) => {
    expectGradientsAgree(conv3d(strides, pad), x, filter)
  })

  it('dilated', () => {
    expectAgreement(conv3d(1, 'same', [1, 2, 2]), [1, 5, 6, 7, 2], [2, 3, 2, 2, 3])
  })
})

describe('what is made of convolutions', () => {
  it('conv1d', () => {
    const f: TensorMap = (x, w) => tf.conv1d(x as tf.Tensor3D, w as tf.Tensor3D, 2, 'same')
    expectGradientsAgree(f, [2, 9, 3], [4, 3, 2])
  })

  it('separableConv2d', () => {
    const f: TensorMap = (x, d, p) =>
      tf.separableConv2d(x as tf.Tensor4D, d as tf.Tensor4D, p as tf.Tensor4D, 1, 'same')
    expectGradientsAgree(f, [2, 5, 6, 3], [3, 3, 3, 2], [1, 1, 6, 4])
  })

  it('a convolution of a convolution needs no transpose between them', () => {
    const both: TensorMap = (x, v, w) => conv(1, 'same')(conv(2, 'same')(x, v), w)
    const shapes = [
      [2, 6, 6, 2],
      [3, 3, 2, 4],
      [3, 3, 4, 3],
    ]
    void tf.setBackend('onnx')
    const operators = tf.tidy(() => {
      const y = both(...shapes.map(numbers))
      return topological([onnxBackend().recorded(y)]).map(n => n.op)
    })
    expect(operators.filter(op => op === 'Conv')).toHaveLength(2)
    // x, the two filters, and the result.
    expect(operators.filter(op => op === 'Transpose')).toHaveLength(4)
    expectGradientsAgree(both, ...shapes)
  })
})

describe('dilation2d and its gradients', () => {
  it.each(
    named<[number[], number[], Pair, 'same' | 'valid', Pair]>([
      [[2, 5, 6, 3], [3, 3, 3], 1, 'same', 1],
      [[1, 7, 6, 2], [2, 3, 2], 2, 'valid', 1],
      [[1, 7, 8, 2], [2, 2, 2], 1, 'same', 2],
      [[0, 5, 6, 3], [3, 3, 3], 1, 'same', 1],
    ]),
  )('%s', (_, [x, filter, strides, pad, dilations]) => {
    const f: TensorMap = (x, w) => tf.dilation2d(x as tf.Tensor4D, w as tf.Tensor3D, strides, pad, dilations)
    expectGradientsAgree(f, x, filter)
  })
})
