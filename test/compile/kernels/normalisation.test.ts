import * as tf from '@tensorflow/tfjs'
import { describe, it } from 'vitest'
import { expectAgreement, expectGradientsAgree } from './agreement.js'

describe('batchNorm and its gradients', () => {
  it.each([
    [[2, 3, 4, 5], [5]],
    [
      [1, 1, 4, 5],
      [1, 1, 4, 5],
    ],
    [[3, 5], [5]],
    [[4, 3, 5], [5]],
    [[0, 3, 4, 5], [5]],
  ])('%j, statistics of shape %j', (x, statistics) => {
    const f = (...[v, mean, variance, offset, scale]: tf.Tensor[]): tf.Tensor =>
      tf.batchNorm(v!, mean as tf.Tensor1D, tf.square(variance!), offset, scale) // prettier-ignore
    expectGradientsAgree(f, x, statistics, statistics, statistics, statistics)
  })

  it('without scale or offset', () => {
    const variance = (v: tf.Tensor): tf.Tensor1D => tf.square(v) as tf.Tensor1D
    expectAgreement((x, m, v) => tf.batchNorm(x, m, variance(v)), [2, 3, 4, 5], [5], [5])
    expectAgreement((x, m, v, s) => tf.batchNorm(x, m, variance(v), undefined, s, 0.1), [2, 3, 4, 5], [5], [5], [5])
  })
})

describe('localResponseNormalization and its gradient', () => {
  it.each([
    [[2, 3, 2, 7], 2, 1, 1, 0.5],
    [[1, 2, 2, 3], 5, 0.5, 0.3, 0.75],
    [[1, 2, 2, 4], 0, 2, 0.1, 1.5],
    [[0, 2, 2, 4], 1, 1, 1, 0.5],
  ] as const)('%j within %d channels', (x, radius, bias, alpha, beta) => {
    expectGradientsAgree(v => tf.localResponseNormalization(v as tf.Tensor4D, radius, bias, alpha, beta), [...x])
  })
})
