import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { expectAgreement, expectGradientsAgree, numbers, on, type TensorMap } from './agreement.js'

type Pad = 'same' | 'valid' | number | tf.backend_util.ExplicitPadding
type Pair = number | [number, number]
type Triple = number | [number, number, number]
type Rounding = 'floor' | 'round' | 'ceil'

const named = <R extends readonly unknown[]>(rows: readonly R[]): [string, R][] =>
  rows.map(row => [row.map(v => JSON.stringify(v)).join(' '), row])

const rows2d: [x: number[], window: Pair, strides: Pair, pad: Pad, rounding?: Rounding][] = [
  [[2, 6, 8, 3], 2, 2, 'valid'],
  [[2, 7, 5, 3], 2, 2, 'same'],
  [[2, 7, 5, 3], 3, 1, 'same'],
  [[2, 7, 5, 3], [3, 2], [2, 1], 'valid'],
  [[1, 6, 6, 2], 3, 2, 1],
  [[1, 6, 6, 2], 3, 2, 1, 'floor'],
  [
    [1, 5, 6, 2],
    4,
    3,
    [
      [0, 0],
      [1, 3],
      [0, 2],
      [0, 0],
    ],
  ],
  [[1, 4, 4, 2], 1, 1, 'valid'],
  [[0, 4, 4, 2], 2, 2, 'valid'],
]
const rows3d: [x: number[], window: Triple, strides: Triple, pad: 'same' | 'valid' | number][] = [
  [[2, 4, 6, 8, 3], 2, 2, 'valid'],
  [[1, 3, 5, 4, 2], 2, 1, 'same'],
  [[1, 3, 5, 4, 2], [2, 3, 1], [1, 2, 2], 'valid'],
  [[1, 4, 4, 4, 2], 3, 2, 1],
  [[0, 4, 4, 4, 2], 2, 2, 'valid'],
]

describe.each(['maxPool', 'avgPool'] as const)('%s and its gradient', kind => {
  it.each(named(rows2d))('%s', (_, [x, window, strides, pad, rounding]) => {
    const f: TensorMap = v => tf[kind](v as tf.Tensor4D, window, strides, pad, rounding)
    expectGradientsAgree(f, x)
  })

  // The cpu backend mistakes the place of the maximum where a window's height and width differ: values only.
  it.each(named(rows3d))('over three axes: %s', (_, [x, window, strides, pad]) => {
    const f: TensorMap = v => tf[`${kind}3d`](v as tf.Tensor5D, window, strides, pad)
    if (kind === 'maxPool' && Array.isArray(window)) expectAgreement(f, x)
    else expectGradientsAgree(f, x)
  })

  it('with padding wider than the window', () => {
    expectAgreement(v => tf[kind](v as tf.Tensor4D, 2, 1, 2), [1, 3, 2, 3])
  })

  it('rounds the size of its result up', () => {
    expectAgreement(v => tf[kind](v as tf.Tensor4D, 3, 2, 1, 'ceil'), [1, 6, 6, 2])
  })

  it('of one image without a batch', () => {
    expectGradientsAgree(v => tf[kind](v as tf.Tensor3D, 2, 2, 'same'), [5, 4, 2])
  })

  it('dilated', () => {
    expectAgreement(v => tf.pool(v as tf.Tensor4D, 2, kind === 'maxPool' ? 'max' : 'avg', 'valid', 2), [1, 6, 6, 2])
  })
})

describe('maxPool', () => {
  it('of integers', () => {
    expectAgreement(v => tf.maxPool(tf.cast<tf.Tensor4D>(tf.mul(v, 9), 'int32'), 2, 2, 'same'), [1, 5, 4, 2])
  })

  it('takes the first of equals in its gradient', () => {
    const f = (): tf.Tensor => tf.grad(x => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(tf.ones([1, 4, 4, 1]))
    expect(on('onnx', f)).toEqual(on('cpu', f))
  })

  it.each([true, false])('with the place of each maximum, the batch included: %s', include => {
    for (const [window, strides, pad] of [
      [2, 2, 'valid'],
      [3, 2, 'same'],
      [2, 1, 2],
    ] as [number, number, Pad][]) {
      // prettier-ignore
      expectAgreement(
        v => {
          const { result, indexes } = tf.maxPoolWithArgmax(v as tf.Tensor4D, window, strides, pad as 'valid', include)
          return [result!, indexes!]
        },
        [2, 5, 6, 3],
      )
    }
  })
})

it('the average over a whole image is its mean', () => {
  const [sum] = on('onnx', () => tf.avgPool(tf.add<tf.Tensor4D>(numbers([1, 4, 4, 1]), 1), 4, 4, 'valid'))
  const [mean] = on('cpu', () => tf.add(tf.mean(numbers([1, 4, 4, 1])), 1))
  expect(sum!.values[0]).toBeCloseTo(mean!.values[0]!, 6)
})
