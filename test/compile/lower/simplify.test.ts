/** Simplified graphs: what changes nothing is left out, what is computed twice is computed once, and nothing else. */
import * as tf from '@tensorflow/tfjs'
import { beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../../../src/compile/index.js'
import { simplify } from '../../../src/compile/lower/simplify.js'
import { add, concat, div, like, literal, mul, reshape, sub } from '../../../src/compile/ops.js'
import { trace, type TensorFunction } from '../../../src/compile/trace.js'
import { constant, leaf, node, nodes, placeholder, topological, type Value } from '../../../src/compile/value.js'
import { array } from '../../../src/io/array.js'
import { paths } from '../../../src/pde/path.js'
import { diffusionProcess } from '../../../src/pde/process.js'
import { schedules } from '../../../src/pde/schedule.js'
import { sample, steps, timeGrids } from '../../../src/samplers/index.js'
import { gaussianDenoiser } from '../../../src/scores/exact/index.js'
import { mmps } from '../../../src/scores/guidance.js'

const x = placeholder('x', [4, 3], 'float32', 'f')
const i = placeholder('i', [4, 3], 'int32', 'f')
const count = (outputs: readonly Value[]): number => topological(outputs).length
const only = (value: Value): Value => simplify([value])[0]!

// vitest has no backend chosen before the first trace.
beforeAll(() => tf.setBackend('cpu'))

describe('neutral operations', () => {
  const zeros = constant(0, 'float32', [1, 3])
  it.each<[string, Value, Value]>([
    ['x - 0', sub(x, like(x, 0)), x],
    ['x + 0', add(x, zeros), x],
    ['0 + x', add(zeros, x), x],
    ['x * 1', mul(x, like(x, 1)), x],
    ['1 * x', mul(like(x, 1), x), x],
    ['x / 1', div(x, like(x, 1)), x],
    ['x - 0 of a full shape', sub(x, constant(0, 'float32', [4, 3])), x],
    ['x - 0 of a zero that was reshaped', sub(x, reshape(leaf(new Float32Array(3), [3], 'float32'), [1, 3])), x],
    ['whole numbers', mul(i, like(i, 1)), i],
    ['one after the other', sub(mul(add(x, like(x, 0)), like(x, 1)), zeros), x],
  ])('are left out: %s', (_, value, wanted) => {
    expect(only(value)).toBe(wanted)
  })

  const row = placeholder('row', [1, 3], 'float32', 'f')
  it.each<[string, Value]>([
    ['0 - x', sub(like(x, 0), x)],
    ['1 / x', div(like(x, 1), x)],
    ['x * 0, which is NaN where x is', mul(x, like(x, 0))],
    ['x + 1', add(x, like(x, 1))],
    ['x - [0, 0, 1]', sub(x, literal(Float64Array.of(0, 0, 1), [1, 3], 'float32'))],
    ['x - NaN', sub(x, like(x, NaN))],
    ['a row plus zeros of more rows', add(row, constant(0, 'float32', [4, 3]))],
    ['x - y', sub(x, placeholder('y', [4, 3], 'float32', 'f'))],
  ])('are not: %s', (_, value) => {
    expect(only(value).node?.op).toBe(value.node!.op)
    expect(only(value).shape).toEqual(value.shape)
  })

  it('are known from constants of the compiled function too', () => {
    const bias = placeholder('bias', [1, 3], 'float32', 'f')
    expect(simplify([add(x, bias)], { bias: new Float32Array(3) })[0]).toBe(x)
    expect(count(simplify([add(x, bias)], { bias: Float32Array.of(0, 0, 1) }))).toBe(1)
    expect(count(simplify([add(x, bias)]))).toBe(1)
  })
})

describe('what is computed twice', () => {
  it('is computed once, with all that is made of it', () => {
    const half = (): Value => mul(sub(x, like(x, 3)), leaf(Float32Array.of(0.5, 1, 2), [3], 'float32'))
    const [a, b] = simplify([half(), half()])
    expect(a).toBe(b)
    expect(count([a!, b!])).toBe(2)
  })

  it('is not what differs in operator, domain, attributes, inputs or constants', () => {
    const clip = (float: number): Value => node('Made', [x], [4, 3], 'float32', { attributes: { a: { float } } })
    const different = [
      ...[add(x, like(x, 2)), mul(x, like(x, 2)), add(x, like(x, 3)), sub(x, like(x, 2)), sub(like(x, 2), x)],
      ...[clip(1), clip(NaN), clip(Infinity), clip(-Infinity), clip(0), clip(-0)],
      ...[node('Made', [x], [4, 3], 'float32', { domain: 'invdiff' }), concat([x, x], 0), concat([x, x], 1)],
      ...[add(x, constant(2, 'float32', [1, 3])), div(x, like(x, 0)), div(x, like(x, -0))],
    ]
    expect(count(simplify(different))).toBe(different.length)
  })

  it('keeps the outputs of a node apart', () => {
    const split = (): Value[] =>
      nodes(
        'Split',
        [x],
        [
          { shape: [2, 3], dtype: 'float32' },
          { shape: [2, 3], dtype: 'float32' },
        ],
      )
    const [a, b, c, d] = simplify([...split(), ...split()])
    expect([a === c, b === d, a === b]).toEqual([true, true, false])
  })
})

describe('a compiled function', () => {
  /** Both derivatives of x exp(s x) / (1 + exp(s x)): the forward pass is recorded twice over. */
  const f: TensorFunction = ({ x, s }) => {
    const g = (u: tf.Tensor): tf.Tensor => {
      const e = tf.exp(tf.mul(s!, tf.sub(u, tf.zeros([1, 1]))))
      return tf.mul(tf.div(tf.scalar(1), tf.add(e, 1)), tf.mul(tf.mul(u, tf.ones([1, 1])), e))
    }
    const first = (u: tf.Tensor): tf.Tensor => tf.grad(g)(u)
    return { value: g(x!), first: first(x!), second: tf.grad(first)(x!) }
  }

  it.each(['float32', 'float64'] as const)('gives what tfjs gives (%s)', async precision => {
    const given = {
      x: array(Float64Array.of(-2, -0, 0.3, 5), [4, 1]),
      s: array(Float64Array.of(0.7), [1, 1]),
    }
    const signature = { x: [4, 1], s: [1, 1] }
    const [ours, theirs] = await Promise.all([
      compile(f, signature, { precision }),
      compile(f, signature, { engine: 'cpu' }),
    ])
    const [a, b] = [await ours.run(given), await theirs.run(given)]
    // Some 20 roundings of single precision, on values of order 1.
    for (const name of Object.keys(b))
      b[name]!.data.forEach((v, k) => {
        expect(a[name]!.data[k]).toBeCloseTo(v, 5)
      })
    const specs = { x: { shape: [4, 1], dtype: 'float32' }, s: { shape: [1, 1], dtype: 'float32' } } as const
    const recorded = Object.values(trace(f, specs, precision))
    expect(count(simplify(recorded))).toBeLessThan(0.75 * count(recorded))
    await ours.dispose()
    await theirs.dispose()
  })

  it('loads where ONNX Runtime, left to itself, makes a graph that it refuses', async () => {
    const g: TensorFunction = ({ a, b }) => ({
      y: tf.mul(tf.div(tf.scalar(1), tf.square(a!)), tf.sub(tf.div(tf.scalar(1), tf.square(b!)), tf.scalar(0))),
    })
    const compiled = await compile(g, { a: [2], b: [2] })
    const { y } = await compiled.run({ a: array(Float32Array.of(1, 2), [2]), b: array(Float32Array.of(0.5, 1), [2]) })
    expect([...y!.data]).toEqual([4, 0.25])
    await compiled.dispose()
  })
})

it('a guided sampler loads although the prior has mean zero', async () => {
  const prior = gaussianDenoiser({ mean: [0], covariance: 1 })
  const denoise = mmps(prior, { linear: true, variance: 0.1, apply: x => tf.reshape(x, [-1, 1]) })
  const schedule = schedules.create('geometric', { sigmaMax: 20 })
  const { x } = await sample({
    ...{ denoise, shape: [1], step: steps.create('heun'), n: 500 },
    process: diffusionProcess(schedule, paths.create('ve')),
    levels: timeGrids.create('karras')(schedule, 30),
    condition: { y: array(Float64Array.of(1.1), [1, 1]) },
  })
  // The posterior is N(1, 1/11): its mean within five standard errors.
  const mean = Array.from(x.data).reduce((sum, v) => sum + v / 500, 0)
  expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(1 / 11 / 500))
})
