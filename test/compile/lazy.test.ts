import * as tf from '@tensorflow/tfjs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import '../../src/compile/index.js'
import * as evaluation from '../../src/compile/evaluate.js'
import * as session from '../../src/compile/session.js'
import { floats } from './steps.js'

vi.mock('../../src/compile/evaluate.js', { spy: true })
vi.mock('../../src/compile/session.js', { spy: true })
/** How many graphs have been run since the last call, and how many values each gave. */
const graphs = (): number[] => {
  const sizes = vi.mocked(evaluation.evaluate).mock.calls.map(([values]) => values.length)
  vi.mocked(evaluation.evaluate).mockClear()
  return sizes
}

beforeEach(async () => {
  await tf.setBackend('onnx')
  tf.engine().startScope()
  graphs()
  vi.mocked(session.openSession).mockClear()
})
afterEach(() => {
  tf.engine().endScope()
})

const tensor = (shape: number[], seed = 0): tf.Tensor => tf.tensor(floats(shape, seed).data, shape)
const list = (t: tf.Tensor): number[] => Array.from(t.dataSync())

describe('lazy evaluation', () => {
  it('computes what is read, when it is read', async () => {
    const a = tf.tensor([1, 2, 3])
    const b = tf.mul(a, 2)
    const c = tf.add(b, 1)
    const unread = tf.exp(c)
    expect(graphs()).toEqual([])
    expect(Array.from(await c.data())).toEqual([3, 5, 7])
    // With c all that is held: b, and what nobody has read yet.
    expect(graphs()).toEqual([3])
    expect(list(unread)[1]).toBeCloseTo(Math.exp(5), 3)
    expect(graphs()).toEqual([])
  })

  it('computes once what is held, and not at all what is not', () => {
    const a = tf.tensor([1, 2, 3])
    const b = tf.square(a)
    const c = tf.tidy(() => tf.add(tf.neg(tf.exp(b)), 1))
    list(c)
    // Of b, exp, neg and c only b and c are still held.
    expect(graphs()).toEqual([2])
    expect(list(b)).toEqual([1, 4, 9])
    list(c)
    expect(graphs()).toEqual([])
    list(tf.add(b, c))
    expect(graphs()).toEqual([1])
  })

  it('leaves the fault of one tensor to who reads that one', () => {
    const wrong = tf.gather(tf.tensor([1, 2]), tf.add(tf.tensor1d([9], 'int32'), tf.scalar(0, 'int32')))
    expect(list(tf.neg(tf.tensor([1, 2])))).toEqual([-1, -2])
    expect(() => wrong.dataSync()).toThrow(/ind(ex|ices)/)
  })

  it('is not disturbed by what a program writes into its arrays later', () => {
    const data = new Float32Array([1, 2])
    const y = tf.mul(tf.tensor1d(data), 10)
    data.fill(0)
    expect(list(y)).toEqual([10, 20])
  })

  it('gives back tensors with tidy and dispose', () => {
    const before = tf.memory().numDataBuffers
    const kept = tf.tidy(() => {
      const x = tensor([4, 4])
      return tf.sum(tf.matMul(x, tf.tanh(x)))
    })
    expect(tf.memory().numDataBuffers).toBe(before + 1)
    list(kept)
    const view = tf.reshape(kept, [1, 1])
    kept.dispose()
    expect(view.dataSync().length).toBe(1)
    view.dispose()
    expect(tf.memory().numDataBuffers).toBe(before)
    expect(() => kept.dataSync()).toThrow(/disposed/)
  })

  it('runs a program that reads nothing, before it has recorded too much', () => {
    const w = tf.variable(tf.scalar(0))
    for (let i = 0; i < 4500; i++) tf.tidy(() => w.assign(tf.add(w, 1)))
    const runs = graphs().length
    expect(runs).toBeGreaterThan(0)
    expect(runs).toBeLessThan(10)
    expect(list(w)).toEqual([4500])
    w.dispose()
  })

  it('moves tensors between backends, both ways', async () => {
    const x = tensor([3], 1)
    const expected = list(tf.exp(x))
    const lazy = tf.square(tf.exp(x))
    await tf.setBackend('cpu')
    const there = tf.sqrt(lazy)
    list(there).forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5))
    await tf.setBackend('onnx')
    list(tf.log(there)).forEach((v, i) => expect(v).toBeCloseTo(list(x)[i]!, 5))
  })

  it('gives booleans and integers as tfjs does', () => {
    expect(tf.greater(tensor([4]), 0).dataSync()).toBeInstanceOf(Uint8Array)
    expect(tf.cast(tf.mul(tensor([4]), 5), 'int32').dataSync()).toBeInstanceOf(Int32Array)
    expect(tf.argMax(tf.tensor([1, 5, 2])).arraySync()).toBe(1)
  })
})

describe('a training loop', () => {
  const [x, y] = [floats([32, 3], 1), floats([32, 1], 2)]

  /** Losses and final weights of a two-layer network with tfjs' own optimiser, on a backend. */
  async function train(backend: string, make: () => tf.Optimizer) {
    await tf.setBackend(backend)
    return tf.tidy(() => {
      const [inputs, targets] = [tf.tensor2d(x.data as Float32Array, [32, 3]), tf.tensor2d(y.data as Float32Array, [32, 1])] // prettier-ignore
      const w = [tensor([3, 16], 3), tensor([16], 4), tensor([16, 1], 5)].map(t => tf.variable(t))
      const optimizer = make()
      const loss = (): tf.Scalar =>
        tf.mean(tf.square(tf.sub(tf.matMul(tf.tanh(tf.add(tf.matMul(inputs, w[0]!), w[1]!)), w[2]!), targets)))
      const losses: number[] = []
      const buffers: number[] = []
      for (let i = 0; i < 20; i++) {
        losses.push(tf.tidy(() => optimizer.minimize(loss, true)!.dataSync()[0]!))
        buffers.push(tf.memory().numDataBuffers)
      }
      const weights = w.flatMap(v => list(v))
      w.forEach(v => v.dispose())
      optimizer.dispose()
      return { losses, weights, buffers }
    })
  }

  it.each([
    ['sgd', () => tf.train.sgd(0.1)],
    ['momentum', () => tf.train.momentum(0.05, 0.9)],
    ['adam', () => tf.train.adam(0.02)],
    ['rmsprop', () => tf.train.rmsprop(0.01)],
  ])('with %s agrees with cpu, and holds as many tensors after 20 steps as after 2', async (_, make) => {
    const ours = await train('onnx', make)
    const [runs, sessions] = [graphs(), vi.mocked(session.openSession).mock.calls.length]
    const theirs = await train('cpu', make)
    expect(ours.losses[19]).toBeLessThan(ours.losses[0]! * 0.9)
    // 20 steps of some tens of roundings each (6e-8).
    ours.losses.forEach((v, i) => expect(Math.abs(v / theirs.losses[i]! - 1)).toBeLessThan(1e-4))
    ours.weights.forEach((v, i) => expect(Math.abs(v - theirs.weights[i]!)).toBeLessThan(1e-4))
    expect(ours.buffers[19]).toBe(ours.buffers[1])
    // One graph for each step, its weights and moments with the loss: the first, the second like all others, one spare.
    expect(runs.length).toBe(20)
    expect(new Set(runs.slice(1)).size).toBe(1)
    expect(sessions).toBeLessThanOrEqual(3)
  })
})
