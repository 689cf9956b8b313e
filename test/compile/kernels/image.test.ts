import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { expectAgreement, expectClose, expectGradientsAgree, numbers, on, type TensorMap } from './agreement.js'

type Size = [number, number]
const sizes: [x: number[], size: Size][] = [
  [
    [2, 4, 4, 3],
    [8, 8],
  ],
  [
    [1, 4, 4, 3],
    [7, 5],
  ],
  [
    [1, 6, 6, 2],
    [3, 3],
  ],
  [
    [1, 5, 5, 2],
    [2, 7],
  ],
  [
    [1, 3, 3, 1],
    [1, 1],
  ],
  [
    [2, 3, 3, 2],
    [3, 3],
  ],
  [
    [1, 1, 1, 2],
    [3, 2],
  ],
  [
    [0, 3, 3, 2],
    [6, 6],
  ],
]
const methods = ['resizeBilinear', 'resizeNearestNeighbor'] as const
const modes = [
  ['asymmetric', false, false],
  ['corners aligned', true, false],
  ['half-pixel centres', false, true],
] as const

describe.each(methods)('%s', method => {
  const resize =
    (size: Size, align: boolean, half: boolean): TensorMap =>
    x =>
      tf.image[method](x as tf.Tensor4D, size, align, half)

  describe.each(modes)('%s', (_, align, half) => {
    it.each(sizes)('%j to %j', (x, size) => {
      expectAgreement(resize(size, align, half), x)
    })

    it('of an image wider than high', () => {
      expectAgreement(resize([5, 4], align, half), [2, 3, 7, 2])
    })

    // <resize(x), dy> = <x, gradient(dy)>: the cpu backend's gradients miss it for half-pixel centres, for images that
    // are not square, and (nearest) for batches.
    it.each([
      ...sizes.slice(0, -1),
      [
        [2, 3, 5, 2],
        [6, 10],
      ],
      [
        [2, 3, 5, 2],
        [7, 4],
      ],
    ] as typeof sizes)('its gradient is its adjoint: %j to %j', (shape, size) => {
      const f = resize(size, align, half)
      const [forward, backward] = on('onnx', () => {
        const [x, dy] = [numbers(shape), numbers([shape[0]!, ...size, shape[3]!], 3)]
        return [tf.sum(tf.mul(f(x), dy)), tf.sum(tf.mul(x, tf.grad(f)(x, dy)))]
      })
      // Sums of at most 300 float32 products of numbers below 1: each of 300 roundings is at most 6e-8 of some 10.
      expect(backward!.values[0]).toBeCloseTo(forward!.values[0]!, 4)
    })
  })

  // From a single row, the cpu backend's gradient of the nearest neighbour never ends.
  it.each(sizes.filter(([x]) => x[0] === 1 && x[1]! > 1))('and its gradient: %j to %j', (x, size) => {
    for (const align of [false, true]) expectGradientsAgree(resize(size, align, false), x)
  })
})

describe('cropAndResize', () => {
  const boxes = (): tf.Tensor2D =>
    tf.tensor2d([
      [0, 0, 1, 1],
      [0.1, 0.3, 0.7, 0.85],
      [0.8, 0.87, 0.2, 0.12],
      [-0.2, 0.2, 0.6, 1.3],
    ])
  it.each(['bilinear', 'nearest'] as const)('%s', method => {
    for (const size of [
      [3, 4],
      [1, 1],
      [7, 2],
    ] as Size[])
      // prettier-ignore
      expectAgreement(
        x => tf.image.cropAndResize(x as tf.Tensor4D, boxes(), tf.tensor1d([0, 1, 1, 0], 'int32'), size, method, 0.5),
        [2, 5, 6, 3],
      )
  })

  it('leaves boxes of images that are not there zero', () => {
    const f = (): tf.Tensor =>
      tf.image.cropAndResize(numbers([2, 5, 6, 3]) as tf.Tensor4D, boxes(), tf.tensor1d([0, 2, 1, 5], 'int32'), [2, 2])
    expectClose(on('onnx', f), on('cpu', f))
  })
})

it('flipLeftRight', () => {
  expectAgreement(x => tf.image.flipLeftRight(x as tf.Tensor4D), [2, 3, 4, 3])
})

it.each([
  [0.3, 0, 0.5],
  [-2, [7, 8, 9], [0.2, 0.7]],
  [Math.PI / 2, 1, 0.5],
] as const)('rotateWithOffset by %d', (angle, fill, centre) => {
  expectAgreement(
    x => tf.image.rotateWithOffset(x as tf.Tensor4D, angle, fill as number, centre as number),
    [2, 5, 6, 3],
  )
})

describe('transform', () => {
  const turn = [0.9, -0.4, 1.317, 0.5, 0.8, -2.131, 0.01, -0.02]
  const far = [3.03, 0.217, -4.371, 0.133, 2.719, -5.237, 0, 0]
  // The cpu backend stops after the first image: one image at a time.
  describe.each(['nearest', 'bilinear'] as const)('%s', interpolation => {
    it.each(['constant', 'reflect', 'wrap', 'nearest'] as const)('%s', mode => {
      for (const coefficients of [turn, far])
        for (const shape of [
          [1, 5, 6, 2],
          [1, 1, 4, 1],
        ])
          // prettier-ignore
          expectAgreement(
            x => tf.image.transform(x as tf.Tensor4D, tf.tensor2d(coefficients, [1, 8]), interpolation, mode, 0.5, [4, 7]),
            shape,
          )
    })
  })

  it('of each image of a batch', () => {
    const all = (): tf.Tensor => tf.image.transform(numbers([2, 5, 6, 2]) as tf.Tensor4D, tf.tensor2d([turn, far]))
    const each = (): tf.Tensor =>
      tf.concat(
        [turn, far].map((t, i) =>
          tf.image.transform(
            tf.slice(numbers([2, 5, 6, 2]), [i, 0, 0, 0], [1, 5, 6, 2]) as tf.Tensor4D,
            tf.tensor2d([t]),
          ),
        ),
      )
    expectClose(on('onnx', all), on('cpu', each))
  })

  it('fills where the projection is infinite', () => {
    const f: TensorMap = x =>
      tf.image.transform(x as tf.Tensor4D, tf.tensor2d([[1, 0, 0, 0, 1, 0, -1, 0]]), 'nearest', 'reflect', 9)
    expectAgreement(f, [1, 2, 3, 1])
  })
})
