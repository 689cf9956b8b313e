import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile } from '../../../src/compile/index.js'
import { fastTranspose } from '../../../src/compile/lower/transposes.js'
import { transpose } from '../../../src/compile/ops.js'
import { placeholder } from '../../../src/compile/value.js'

const steps = (shape: number[], perm: number[]) =>
  fastTranspose(transpose(placeholder('x', shape, 'float32', 'test'), perm).node!)

describe('permutations', () => {
  it.each([
    ['patches to channels', [16, 16, 4, 4, 4, 4], [0, 1, 3, 5, 2, 4]],
    ['channels to patches', [16, 16, 2, 2, 8, 8], [0, 1, 4, 2, 5, 3]],
    ['patches of three to channels', [4, 8, 10, 3, 11, 3], [0, 1, 3, 5, 2, 4]],
    ['channels to patches of three', [16, 3, 3, 10, 12], [0, 3, 1, 4, 2]],
    ['patches that are not square', [16, 16, 4, 2, 8, 4], [0, 1, 3, 5, 2, 4]],
    ['filters to blocks', [3, 3, 4, 16, 4, 16], [2, 4, 0, 1, 5, 3]],
    ['with axes of one element', [1, 16, 7, 1, 8, 9, 4], [3, 2, 5, 0, 1, 6, 4]],
    ['another', [20, 7, 8, 9, 4], [2, 4, 3, 1, 0]],
  ] as [string, number[], number[]][])('%s', async (_, shape, perm) => {
    expect(steps(shape, perm)).not.toBeNull()
    const size = shape.reduce((a, b) => a * b, 1)
    const x = ndarray(Float32Array.from({ length: size }, (_, i) => i), shape) // prettier-ignore
    const e = await compile(({ x }) => ({ y: tf.transpose(x!, perm) }), { x: shape })
    const { y } = await e.run({ x })
    await e.dispose()
    expect(y!.shape).toEqual(perm.map(p => shape[p]))
    const wanted = tf.transpose(tf.tensor(x.data, shape), perm).dataSync()
    expect(wanted.every((v, i) => y!.data[i] === v)).toBe(true)
  })

  it('are left to the engine where it moves runs or one axis, or where there is little to move', () => {
    expect(steps([16, 8, 8, 64], [0, 2, 1, 3])).toBeNull()
    expect(steps([64, 8, 8, 16], [0, 3, 1, 2])).toBeNull()
    expect(steps([2, 4, 4, 4, 2], [1, 0, 4, 3, 2])).toBeNull()
  })
})
