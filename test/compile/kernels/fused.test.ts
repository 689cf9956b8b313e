import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { onnxBackend } from '../../../src/compile/backend.js'
import { topological } from '../../../src/compile/value.js'
import { expectAgreement, expectGradientsAgree, numbers, on } from './agreement.js'

type Activation = 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'leakyrelu' | 'prelu'
const activations: Activation[] = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu']

/** Large enough numbers that every branch of the activations is reached. */
const large = (x: tf.Tensor): tf.Tensor => tf.mul(x, 4)

describe.each(activations)('with %s', activation => {
  const options = (alpha: tf.Tensor) => ({
    activation,
    ...(activation === 'leakyrelu' ? { leakyreluAlpha: 0.3 } : {}),
    ...(activation === 'prelu' ? { preluActivationWeights: alpha } : {}),
  })

  it.each([[[5]], [[1, 5]], [[3, 5]], [[1]]])('matMul, a bias of shape %j', bias => {
    expectAgreement(
      (a, b, c, alpha) =>
        tf.fused.matMul({ a: large(a), b, bias: c, transposeA: true, transposeB: true, ...options(alpha) }),
      [4, 3],
      [5, 4],
      bias,
      [5],
    )
  })

  it('matMul of batches, without bias', () => {
    expectAgreement(
      (a, b, alpha) => tf.fused.matMul({ a: large(a), b, ...options(alpha) }),
      [2, 3, 4],
      [2, 4, 5],
      [3, 5],
    )
  })

  it.each([[[3]], [[1]], [[]], [[1, 1, 3]]])('conv2d, a bias of shape %j', bias => {
    expectAgreement(
      (x, filter, c, alpha) =>
        tf.fused.conv2d({
          x: large(x) as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 1,
          pad: 'same',
          bias: c,
          ...options(alpha),
        }),
      [2, 4, 5, 2],
      [3, 3, 2, 3],
      bias,
      [3],
    )
  })

  it.each([[[3]], [[1]]])('conv2d channels first, a bias of shape %j', bias => {
    expectAgreement(
      (x, filter, c, alpha) =>
        tf.fused.conv2d({
          x: large(x) as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 1,
          pad: 'valid',
          dataFormat: 'NCHW',
          bias: c,
          ...options(alpha),
        }),
      // As many rows as output channels: tfjs checks the shapes as if channels came last.
      [2, 2, 5, 2],
      [1, 1, 2, 3],
      bias,
      [3],
    )
  })

  it('depthwiseConv2d', () => {
    expectAgreement(
      (x, filter, c, alpha) =>
        tf.fused.depthwiseConv2d({
          x: large(x) as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 2,
          pad: 'same',
          bias: c,
          ...options(alpha),
        }),
      [2, 4, 5, 2],
      [3, 3, 2, 2],
      [4],
      [4],
    )
  })
})

it.each(['linear', 'relu'] as const)('gradients with %s', activation => {
  expectGradientsAgree((a, b, bias) => tf.fused.matMul({ a, b, bias: bias, activation }), [3, 4], [4, 5], [5])
  expectGradientsAgree(
    (x, filter, bias) =>
      tf.fused.conv2d({
        x: x as tf.Tensor4D,
        filter: filter as tf.Tensor4D,
        strides: 1,
        pad: 'same',
        bias: bias,
        activation,
      }),
    [2, 4, 5, 2],
    [3, 3, 2, 3],
    [3],
  )
})

it('a product with its bias is one Gemm', () => {
  void tf.setBackend('onnx')
  const operators = tf.tidy(() => {
    const y = tf.fused.matMul({ a: numbers([3, 4]), b: numbers([4, 5]), bias: numbers([5]), activation: 'relu' })
    return topological([onnxBackend().recorded(y)]).map(n => n.op)
  })
  expect(operators).toEqual(['Gemm', 'Reshape', 'Relu', 'Reshape'])
})

it('names an activation that it does not know', () => {
  const options = { a: numbers([3, 4]), b: numbers([4, 5]), activation: 'swish' as 'relu' }
  expect(() => on('onnx', () => tf.fused.matMul(options))).toThrow(/'swish'.*relu6/)
})
