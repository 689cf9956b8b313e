import * as tf from '@tensorflow/tfjs'
import ndarray, { type NdArray } from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile, type CompileOptions, type TensorFunction } from '../../../src/compile/index.js'
import { groupNorm, layerNorm, silu } from '../../../src/compile/operations.js'
import { blockSize } from '../../../src/compile/lower/blocked.js'
import { lowerForCpu } from '../../../src/compile/lower/cpu.js'
import { trace } from '../../../src/compile/trace.js'
import { topological } from '../../../src/compile/value.js'
import { key, normal } from '../../../src/random.js'

type Shapes = Record<string, readonly number[]>
type Floats = NdArray<Float32Array>

const draw = (shapes: Shapes): Record<string, Floats> =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, s]) => {
      const size = s.reduce((a, b) => a * b, 1)
      return [name, ndarray(normal(key(7, name), new Float32Array(size)), [...s])]
    }),
  )

async function run(f: TensorFunction, shapes: Shapes, options: CompileOptions): Promise<Record<string, Float64Array>> {
  const executable = await compile(f, shapes, options)
  const outputs = await executable.run(draw(shapes))
  await executable.dispose()
  return Object.fromEntries(Object.entries(outputs).map(([k, v]) => [k, Float64Array.from(v.data as Float32Array)]))
}

/** The largest difference, relative to the largest element. */
function difference(a: Float64Array, b: Float64Array): number {
  expect(a.length).toBe(b.length)
  const scale = b.reduce((m, x) => Math.max(m, Math.abs(x)), 0)
  return a.reduce((m, x, i) => Math.max(m, Math.abs(x - b[i]!)), 0) / scale
}

/** Sums of up to 1e4 float32 products: rounding of some 1e-7, growing with the square root of their number. */
const ROUNDING = 2e-5

/** The CPU's own form against the standard's in double precision, whose convolutions are matrix products. */
async function expectAgreement(f: TensorFunction, shapes: Shapes): Promise<void> {
  const [ours, exact] = [await run(f, shapes, {}), await run(f, shapes, { precision: 'float64' })]
  for (const name of Object.keys(exact)) expect(difference(ours[name]!, exact[name]!), name).toBeLessThan(ROUNDING)
}

/** y and the gradients of sum(y z) for a fixed z, by every input. */
function withGradients(f: (inputs: tf.Tensor[]) => tf.Tensor, names: readonly string[]): TensorFunction {
  return inputs => {
    const given = names.map(n => inputs[n]!)
    const y = f(given)
    const gradients = tf.grads((...xs: tf.Tensor[]) => tf.sum(tf.mul(f(xs), inputs.z!)))(given)
    return { y, ...Object.fromEntries(names.map((n, i) => [`d${n}`, gradients[i]!])) }
  }
}

const conv = (x: tf.Tensor, w: tf.Tensor, pad: 'same' | 'valid' = 'same', stride = 1): tf.Tensor =>
  tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad, 'NCHW')

describe('convolutions in the blocked layout', () => {
  const cases: [name: string, x: number[], w: number[]][] = [
    ['whole blocks in and out', [2, 32, 9, 7], [3, 3, 32, 48]],
    ['few channels in', [3, 3, 8, 8], [3, 3, 3, 32]],
    ['channels that make no blocks', [2, 20, 6, 6], [3, 3, 20, 12]],
    ['one channel out', [2, 16, 8, 8], [3, 3, 16, 1]],
    ['two channels out, an oblong kernel', [2, 20, 7, 9], [3, 5, 20, 2]],
    ['an oblong kernel', [2, 16, 12, 10], [5, 3, 16, 16]],
    ['an even kernel', [2, 16, 12, 10], [2, 4, 16, 16]],
    ['1x1', [2, 32, 6, 5], [1, 1, 32, 16]],
    ['an image smaller than the kernel', [4, 16, 2, 2], [3, 3, 16, 16]],
    ['images too small for products of their own', [6, 32, 4, 5], [3, 3, 32, 32]],
    ['small images of channels that make no blocks', [6, 24, 4, 4], [3, 3, 24, 20]],
    ['small images and an oblong kernel', [4, 32, 6, 5], [5, 3, 32, 32]],
    ['small images and an even kernel', [4, 32, 6, 6], [2, 4, 32, 32]],
    ['a kernel of one row', [4, 16, 1, 8], [1, 3, 16, 32]],
  ]
  it.each(cases)('%s', async (_, x, w) => {
    const z = [x[0]!, w[3]!, x[2]!, x[3]!]
    await expectAgreement(
      withGradients(([x, w]) => conv(x!, w!), ['x', 'w']),
      { x, w, z },
    )
  })

  it('with stride, and without padding', async () => {
    const shapes = { x: [2, 16, 9, 9], w: [3, 3, 16, 32] }
    await expectAgreement(
      withGradients(([x, w]) => conv(x!, w!, 'same', 2), ['x', 'w']),
      { ...shapes, z: [2, 32, 5, 5] },
    )
    await expectAgreement(
      withGradients(([x, w]) => conv(x!, w!, 'valid'), ['x', 'w']),
      { ...shapes, z: [2, 32, 7, 7] },
    )
  })

  it.each([
    ['each image its own', [3, 32, 1, 1]],
    ['all images the same', [1, 32, 1, 1]],
    ['all channels the same', [3, 1, 1, 1]],
    ['fewer axes', [32, 1, 1]],
    ['one number', []],
    ['a whole image for the batch', [1, 32, 6, 5]],
    ['each column its own', [5]],
  ] as [string, number[]][])('take numbers of channels: %s', async (_, a) => {
    const c = 32
    const net = ([x, w, gamma, beta, a]: tf.Tensor[]): tf.Tensor => {
      const h = conv(x!, w!)
      const inner = tf.add(tf.mul(tf.add(a!, 1), groupNorm(h, gamma!, beta!, 4)), tf.square(a!))
      const turned = tf.sub(tf.sub(inner, a!), tf.mul(tf.sub(a!, h), a!))
      return conv(tf.mul(turned, inner), w!)
    }
    const x = [3, c, 6, 5]
    const shapes = { x, w: [3, 3, c, c], gamma: [c], beta: [c], a, z: x }
    await expectAgreement(withGradients(net, ['x', 'w', 'gamma', 'beta', 'a']), shapes)
  })

  it('apply the factors and offsets of a normalisation and of an embedding at once', () => {
    if (blockSize() < 2) return
    const film = ({ x, w, gamma, beta, a, b }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
      y: conv(tf.add(tf.mul(groupNorm(conv(x!, w!), gamma!, beta!, 4), a!), b!), w!),
    })
    const c = 32
    const shapes = { x: [2, c, 8, 8], w: [3, 3, c, c], gamma: [c], beta: [c], a: [2, c, 1, 1], b: [2, c, 1, 1] }
    const specs = Object.fromEntries(
      Object.entries(shapes).map(([k, shape]) => [k, { shape, dtype: 'float32' as const }]),
    )
    const ops = topological(lowerForCpu(Object.values(trace(film, specs, 'float32')))).map(n => n.op)
    expect(ops.filter(op => op.startsWith('Reorder'))).toEqual(['ReorderInput', 'ReorderOutput'])
    // Two convolutions, the squares, and one pass for all factors and offsets.
    expect(ops.filter(op => op === 'Conv').length).toBe(4)
  })

  it('are what this machine has, or the test says nothing', () => {
    expect([0, 1, 8, 16]).toContain(blockSize())
  })

  it('are reordered only where something else than an image is asked for', () => {
    if (blockSize() < 2) return
    const block = ({ x, w, gamma, beta }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
      const half = (h: tf.Tensor): tf.Tensor => conv(silu(groupNorm(h, gamma!, beta!, 4)), w!)
      const h = conv(x!, w!)
      return { y: tf.add(h, half(half(h))) }
    }
    const c = 32
    const shapes = { x: [2, c, 8, 8], w: [3, 3, c, c], gamma: [c], beta: [c] }
    const specs = Object.fromEntries(
      Object.entries(shapes).map(([k, shape]) => [k, { shape, dtype: 'float32' as const }]),
    )
    const ops = topological(lowerForCpu(Object.values(trace(block, specs, 'float32')))).map(n => n.op)
    expect(ops.filter(op => op.startsWith('Reorder'))).toEqual(['ReorderInput', 'ReorderOutput'])
    // Three convolutions; for each normalisation its squares, its factor and offset, and what it adds to a variance. The
    // residual sum is taken inside of a convolution.
    expect(ops.filter(op => op === 'Conv' || op === 'Add').length).toBe(3 + 2 + 2 + 2)
  })
})

describe('arithmetic between reshapes', () => {
  it.each([
    ['operands of one shape', [6, 4], [6, 4]],
    ['operands of different shapes', [6, 4], [3, 8]],
    ['axes of one element at the end', [24, 1], [24, 1]],
  ] as [string, number[], number[]][])('%s', async (_, x, y) => {
    const to = [2, 12, 1]
    const f = ([x, y, k]: tf.Tensor[]): tf.Tensor =>
      tf.tanh(tf.sub(tf.mul(tf.reshape(x!, to), k!), tf.add(tf.reshape(y!, to), tf.reshape(k!, [1, 1, 1]))))
    await expectAgreement(withGradients(f, ['x', 'y', 'k']), { x, y, k: [], z: to })
  })

  it('is done in the shape before, so that one reshape is left', () => {
    const f = ({ x, y }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
      const [u, v] = [tf.reshape(x!, [6]), tf.reshape(y!, [6])]
      return { z: tf.reshape(tf.sqrt(tf.add(tf.mul(u, 2), v)), [3, 2]) }
    }
    const spec = { shape: [2, 3], dtype: 'float32' as const }
    const ops = topological(lowerForCpu(Object.values(trace(f, { x: spec, y: spec }, 'float32')))).map(n => n.op)
    expect(ops).toEqual(['Mul', 'Add', 'Sqrt', 'Reshape'])
  })
})

describe('operations with gradients of their own', () => {
  it.each([
    ['groups of several channels', [3, 32, 5, 4], 8],
    ['one group', [2, 16, 4, 4], 1],
    ['each channel a group', [2, 16, 3, 3], 16],
    ['channels that make no blocks', [2, 6, 4, 4], 3],
    ['one spatial axis', [4, 8, 10], 2],
  ] as [string, number[], number][])('groupNorm: %s', async (_, x, groups) => {
    const shapes = { x, gamma: [x[1]!], beta: [x[1]!], z: x }
    const norm = ([x, gamma, beta]: tf.Tensor[]): tf.Tensor => groupNorm(x!, gamma!, beta!, groups)
    const f = withGradients(norm, ['x', 'gamma', 'beta'])
    await expectAgreement(f, shapes)
    // tfjs' cpu backend composes it and differentiates by the chain rule.
    const [ours, cpu] = [await run(f, shapes, {}), await run(f, shapes, { engine: 'cpu' })]
    for (const name of Object.keys(cpu)) expect(difference(ours[name]!, cpu[name]!), name).toBeLessThan(ROUNDING)
  })

  it('groupNorm in blocks, between convolutions, with its gradients', async () => {
    const c = 32
    const net = ([x, w, gamma, beta]: tf.Tensor[]): tf.Tensor => {
      const h = conv(x!, w!)
      return tf.add(h, conv(silu(groupNorm(h, gamma!, beta!, 4)), w!))
    }
    const shapes = { x: [2, c, 7, 6], w: [3, 3, c, c], gamma: [c], beta: [c], z: [2, c, 7, 6] }
    await expectAgreement(withGradients(net, ['x', 'w', 'gamma', 'beta']), shapes)
  })

  it('groupNorm refuses groups that do not divide the channels', () => {
    expect(() => groupNorm(tf.zeros([1, 6, 2, 2]), tf.ones([6]), tf.zeros([6]), 4)).toThrow(
      '6 channels do not divide into 4 groups',
    )
  })

  it.each([
    ['a matrix', [6, 24]],
    ['an image', [2, 16, 5, 5]],
    ['sizes that make no blocks', [3, 7]],
  ] as [string, number[]][])('silu: %s', async (_, x) => {
    const f = withGradients(([x]) => silu(x!), ['x'])
    await expectAgreement(f, { x, z: x })
    const [ours, cpu] = [await run(f, { x, z: x }, {}), await run(f, { x, z: x }, { engine: 'cpu' })]
    for (const name of Object.keys(cpu)) expect(difference(ours[name]!, cpu[name]!), name).toBeLessThan(ROUNDING)
  })

  it('layerNorm and silu', async () => {
    const shapes = { x: [6, 24], gamma: [24], beta: [24], z: [6, 24] }
    const norm = ([x, gamma, beta]: tf.Tensor[]): tf.Tensor => silu(layerNorm(x!, gamma!, beta!))
    const composed = ([x, gamma, beta]: tf.Tensor[]): tf.Tensor => {
      const { mean, variance } = tf.moments(x!, 1, true)
      const y = tf.add(tf.mul(tf.mul(tf.sub(x!, mean), tf.rsqrt(tf.add(variance, 1e-5))), gamma!), beta!)
      return tf.mul(y, tf.sigmoid(y))
    }
    const names = ['x', 'gamma', 'beta']
    const ours = await run(withGradients(norm, names), shapes, { precision: 'float64' })
    const exact = await run(withGradients(composed, names), shapes, { precision: 'float64' })
    // The same formulas in double precision: a hundred roundings of 1e-16.
    for (const name of Object.keys(exact)) expect(difference(ours[name]!, exact[name]!), name).toBeLessThan(1e-13)
  })
})
