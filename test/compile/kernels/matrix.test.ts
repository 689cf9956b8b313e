import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { onnxBackend } from '../../../src/compile/backend.js'
import { topological } from '../../../src/compile/value.js'
import { expectAgreement, expectClose, expectGradientsAgree, numbers, on, type TensorMap } from './agreement.js'

const transposes = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const

const swapped = (shape: number[], swap: boolean): number[] =>
  swap ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape

const product =
  (transposeA: boolean, transposeB: boolean): TensorMap =>
  (a, b) =>
    tf.matMul(a, b, transposeA, transposeB)

/** The operators that a tensor's value is recorded from. */
function operators(f: () => tf.Tensor[]): string[] {
  void tf.setBackend('onnx')
  return tf.tidy(() => topological(f().map(t => onnxBackend().recorded(t))).map(n => n.op))
}

describe.each(transposes)('matMul, transposed %s and %s', (transposeA, transposeB) => {
  it.each([
    [
      [3, 4],
      [4, 5],
    ],
    [
      [1, 4],
      [4, 1],
    ],
    [
      [5, 4],
      [4, 1],
    ],
    [
      [7, 1],
      [1, 3],
    ],
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [
      [2, 2, 3, 4],
      [2, 2, 4, 5],
    ],
  ])('and its gradients: %j %j', (a, b) => {
    expectGradientsAgree(product(transposeA, transposeB), swapped(a, transposeA), swapped(b, transposeB))
  })

  // tfjs' gradients do not sum over axes that were broadcast: values only.
  it.each([
    [
      [2, 3, 4],
      [1, 4, 5],
    ],
    [
      [2, 3, 4],
      [4, 5],
    ],
    [
      [3, 4],
      [2, 4, 5],
    ],
    [
      [1, 3, 4],
      [2, 4, 5],
    ],
    [
      [3, 2, 3, 4],
      [1, 1, 4, 5],
    ],
    [
      [1, 1, 3, 4],
      [4, 5],
    ],
    [
      [0, 4],
      [4, 5],
    ],
    [
      [3, 0],
      [0, 5],
    ],
    [
      [2, 3, 0],
      [2, 0, 5],
    ],
    [
      [0, 3, 4],
      [0, 4, 5],
    ],
    [
      [3, 4],
      [4, 0],
    ],
  ])('%j %j', (a, b) => {
    expectAgreement(product(transposeA, transposeB), swapped(a, transposeA), swapped(b, transposeB))
  })

  it('of integers', () => {
    const whole = (x: tf.Tensor): tf.Tensor => tf.cast(tf.mul(x, 50), 'int32')
    const f: TensorMap = (a, b) => tf.matMul(whole(a), whole(b), transposeA, transposeB)
    expectAgreement(f, swapped([3, 4], transposeA), swapped([4, 5], transposeB))
    expectAgreement(f, swapped([2, 3, 4], transposeA), swapped([1, 4, 5], transposeB))
  })

  it('of matrices is one Gemm, and so is each of its gradients', () => {
    const f = product(transposeA, transposeB)
    const [a, b] = [numbers(swapped([3, 4], transposeA)), numbers(swapped([4, 5], transposeB))]
    expect(operators(() => [f(a, b)])).toEqual(['Gemm'])
    expect(operators(() => tf.grads(f)([a, b], numbers([3, 5])))).toEqual(['Gemm', 'Gemm'])
  })
})

it('a matrix that a whole batch shares makes one product of it', () => {
  const f = (): tf.Tensor[] => [tf.matMul(numbers([6, 3, 4]), numbers([1, 5, 4]), false, true)]
  expect(operators(f)).toEqual(['Reshape', 'Reshape', 'Gemm', 'Reshape'])
})

it('vectors and dot products', () => {
  expectGradientsAgree((a, b) => tf.dot(a, b), [5], [5])
  expectGradientsAgree((a, b) => tf.dot(a, b), [3, 5], [5])
  expectGradientsAgree((a, b) => tf.outerProduct(a as tf.Tensor1D, b as tf.Tensor1D), [3], [5])
})

describe('einsum', () => {
  it.each([
    ['ij,jk->ik', [3, 4], [4, 5]],
    ['ij,jk->ki', [3, 4], [4, 5]],
    ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
    ['bhqd,bhkd->bhqk', [2, 3, 4, 5], [2, 3, 6, 5]],
    ['bqhd,bkhd->bhqk', [2, 4, 3, 5], [2, 6, 3, 5]],
    ['i,j->ij', [3], [4]],
    ['i,i->', [4], [4]],
    ['ij,kl->ijkl', [2, 3], [3, 2]],
    ['ijl,jk->ik', [2, 3, 4], [3, 5]],
    ['ij,ij->ij', [2, 3], [2, 3]],
    ['ij,ij->j', [2, 3], [2, 3]],
    ['abc,cd->abd', [2, 3, 4], [4, 5]],
    ['ij, jk -> ik', [3, 0], [0, 5]],
  ])('%s', (equation, a, b) => {
    expectAgreement((x, y) => tf.einsum(equation, x, y), a, b)
  })

  it.each([
    ['ij->ji', [3, 4]],
    ['ij->', [3, 4]],
    ['ijk->ki', [3, 4, 5]],
    ['i->i', [3]],
  ])('%s', (equation, a) => {
    expectAgreement(x => tf.einsum(equation, x), a)
  })

  it('refuses axes of different sizes', () => {
    expect(() => on('onnx', () => tf.einsum('ij,jk->ik', numbers([3, 4]), numbers([3, 5])))).toThrow(/dimension/)
  })
})

it('Gram-Schmidt, which is made of products', () => {
  const f = () => tf.linalg.gramSchmidt(numbers([3, 4]) as tf.Tensor2D) as tf.Tensor2D
  expectClose(on('onnx', f), on('cpu', f), 1e-5)
})
