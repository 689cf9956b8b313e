/** Compares the `onnx` backend with tfjs' `cpu` backend, on the same numbers. */
import * as tf from '@tensorflow/tfjs'
import { expect } from 'vitest'
import '../../../src/compile/index.js'

export type TensorMap = (...xs: tf.Tensor[]) => tf.Tensor

/** Numbers in (-1, 1), all different, the same each time: fractional parts of multiples of the golden ratio. */
export function numbers(shape: readonly number[], seed = 0): tf.Tensor {
  const values = Float32Array.from(
    { length: tf.util.sizeFromShape([...shape]) },
    (_, i) => 2 * (((i + 1 + 17 * seed) * 0.6180339887498949) % 1) - 1,
  )
  return tf.tensor(values, [...shape])
}

export interface Result {
  readonly shape: number[]
  readonly dtype: string
  readonly values: number[]
}

/** What `f` gives on a backend; its inputs are made there. */
export function on(backend: 'cpu' | 'onnx', f: () => tf.Tensor | tf.Tensor[]): Result[] {
  void tf.setBackend(backend)
  expect(tf.getBackend()).toBe(backend)
  return tf.tidy(() => [f()].flat().map(t => ({ shape: t.shape, dtype: t.dtype, values: Array.from(t.dataSync()) })))
}

/**
 * Equal up to `tolerance` times the largest number: both backends add the same products in float32 (unit roundoff 6e-8),
 * in another order, so that the error of a sum of n terms is some sqrt(n) roundings of its largest partial sums.
 */
export function expectClose(actual: readonly Result[], expected: readonly Result[], tolerance = 2e-6): void {
  expect(actual.length).toBe(expected.length)
  expected.forEach((e, i) => {
    const a = actual[i]!
    expect(a.shape).toEqual(e.shape)
    expect(a.dtype).toBe(e.dtype)
    const scale = Math.max(1e-30, ...e.values.filter(Number.isFinite).map(Math.abs))
    const wrong = e.values.findIndex((v, k) => !(Object.is(v, a.values[k]) || Math.abs(v - a.values[k]!) <= tolerance * scale)) // prettier-ignore
    if (wrong >= 0) expect(`element ${wrong}: ${a.values[wrong]!}`).toBe(`element ${wrong}: ${e.values[wrong]!}`)
  })
}

/** `f` of numbers of the given shapes, on both backends. */
export function expectAgreement(f: (...xs: tf.Tensor[]) => tf.Tensor | tf.Tensor[], ...shapes: number[][]): void {
  const run = (backend: 'cpu' | 'onnx'): Result[] => on(backend, () => f(...shapes.map((s, i) => numbers(s, i + 1))))
  expectClose(run('onnx'), run('cpu'))
}

/** `f` and its gradients by every input, for an output gradient of numbers too. */
export function expectGradientsAgree(f: TensorMap, ...shapes: number[][]): void {
  expectAgreement(
    (...xs) => {
      const y = f(...xs)
      return [y, ...tf.grads(f)(xs, numbers(y.shape, 9))]
    },
    ...shapes,
  )
}
