import * as tf from '@tensorflow/tfjs'
import ndarray, { type NdArray } from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile, type TensorFunction } from '../../../src/compile/index.js'
import { blockSize } from '../../../src/compile/lower/blocked.js'
import { lowerForCpu } from '../../../src/compile/lower/cpu.js'
import { trace } from '../../../src/compile/trace.js'
import { topological } from '../../../src/compile/value.js'
import { key, normal } from '../../../src/random.js'

const LARGE = 2 ** 14
const draw = (name: string, size: number): NdArray<Float32Array> =>
  ndarray(normal(key(3, name), new Float32Array(size)), [size])
const scalar = (value: number): NdArray<Float32Array> => ndarray(Float32Array.of(value), [])

/** The graph's operators, for vectors x and y and a number k. */
function operators(f: TensorFunction, size: number): string[] {
  const float32 = (shape: readonly number[]) => ({ shape, dtype: 'float32' as const })
  const graph = trace(f, { x: float32([size]), y: float32([size]), k: float32([]) }, 'float32')
  return topological(lowerForCpu(Object.values(graph))).map(n => n.op)
}

const cases: [string, TensorFunction, (x: number, y: number, k: number) => number][] = [
  ['y + 3 x', ({ x, y }) => ({ z: tf.add(y!, tf.mul(x!, 3)) }), (x, y) => y + 3 * x],
  ['3 x + y', ({ x, y }) => ({ z: tf.add(tf.mul(3, x!), y!) }), (x, y) => 3 * x + y],
  ['y - 3 x', ({ x, y }) => ({ z: tf.sub(y!, tf.mul(x!, 3)) }), (x, y) => y - 3 * x],
  ['y + k x', ({ x, y, k }) => ({ z: tf.add(y!, tf.mul(x!, k!)) }), (x, y, k) => y + k * x],
  ['y - k x', ({ x, y, k }) => ({ z: tf.sub(y!, tf.mul(k!, x!)) }), (x, y, k) => y - k * x],
  [
    'y - (k x) / (1 + |y|)',
    ({ x, y, k }) => ({ z: tf.sub(y!, tf.div(tf.mul(x!, k!), tf.add(tf.abs(y!), 1))) }),
    (x, y, k) => y - (k * x) / (1 + Math.abs(y)),
  ],
]

describe('sums with a multiple', () => {
  it.each(cases)('%s in one pass', async (_, f, exact) => {
    // 48 more: no power of two, and still a whole number of blocks.
    const size = LARGE + 48
    const inputs = { x: draw('x', size), y: draw('y', size), k: scalar(-1.75) }
    const e = await compile(f, { x: [size], y: [size], k: [] })
    const { z } = await e.run(inputs)
    await e.dispose()
    const wanted = Float64Array.from(inputs.x.data, (x, i) => exact(x, inputs.y.data[i]!, -1.75))
    // Three roundings of 6e-8 at most, of terms below 20.
    expect(Math.max(...wanted.map((w, i) => Math.abs(w - Number(z!.data[i]))))).toBeLessThan(20 * 3 * 6e-8)
    if (blockSize() >= 2) {
      const ops = operators(f, size)
      expect(ops).toContain('Conv')
      expect(ops).not.toContain('Sub')
    }
  })

  it('leaves small ones, and sizes that make no blocks, as they are', () => {
    expect(operators(cases[0]![1], 1024)).toEqual(['Mul', 'Add'])
    expect(operators(cases[0]![1], LARGE + 1)).toEqual(['Mul', 'Add'])
  })

  it('goes round as state, in the shape that was given', async () => {
    const shape = [64, 512]
    const momentum: TensorFunction = ({ m, g }) => ({ m: tf.add(tf.mul(m!, 0.5), g!) })
    const g = ndarray(draw('g', 2 ** 15).data, shape)
    const e = await compile(momentum, { g: shape }, { state: { m: ndarray(new Float32Array(2 ** 15), shape) } })
    for (let i = 0; i < 3; i++) await e.run({ g })
    const { m } = await e.state()
    await e.dispose()
    expect(m!.shape).toEqual(shape)
    // Multiplications by halves are exact: one rounding in each sum.
    expect(g.data.every((v, i) => Math.abs(Number(m!.data[i]) - 1.75 * v) <= 2e-7 * Math.abs(v))).toBe(true)
  })
})
