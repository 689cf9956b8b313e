/** Whole training steps, traced and compiled: forward, backward and Adam in one graph. */
import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile, type Arrays, type TensorFunction } from '../../src/compile/index.js'
import { sizeOf } from '../../src/compile/value.js'

type Tensors = Record<string, tf.Tensor>

/** Numbers in (-1, 1): fractional parts of multiples of the golden ratio. */
const numbers = (shape: readonly number[], seed: number, scale = 1): ndarray.NdArray<Float32Array> =>
  ndarray(
    new Float32Array(sizeOf(shape)).map((_, i) => scale * (2 * (((i + 1 + 31 * seed) * 0.6180339887498949) % 1) - 1)),
    [...shape],
  )

const silu = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.sigmoid(x))

/** Weights by name, with their moments and the number of steps done. */
function initial(shapes: Record<string, number[]>): Arrays {
  const state: Record<string, ndarray.NdArray<Float32Array>> = { step: numbers([], 0, 0) }
  Object.entries(shapes).forEach(([name, shape], i) => {
    const fanIn = Math.max(1, sizeOf(shape.slice(0, -1)))
    state[name] = numbers(shape, i + 1, 1 / Math.sqrt(fanIn))
    state[`${name}.m`] = numbers(shape, 0, 0)
    state[`${name}.v`] = numbers(shape, 0, 0)
  })
  return state
}

/** One step of Adam (Kingma and Ba, 2015, arXiv:1412.6980) on `loss`, a function of all tensors. */
function adam(names: string[], loss: (tensors: Tensors) => tf.Scalar): TensorFunction {
  const [rate, b1, b2, epsilon] = [3e-3, 0.9, 0.999, 1e-8]
  return inputs => {
    const weights = names.map(name => inputs[name]!)
    const f = (...ws: tf.Tensor[]): tf.Scalar =>
      loss({ ...inputs, ...Object.fromEntries(names.map((name, i) => [name, ws[i]!])) })
    const { value, grads } = tf.valueAndGrads(f)(weights)
    const step = tf.add(inputs.step!, 1)
    const next: Tensors = { loss: value, step }
    names.forEach((name, i) => {
      const g = grads[i]!
      const m = tf.add(tf.mul(inputs[`${name}.m`]!, b1), tf.mul(g, 1 - b1))
      const v = tf.add(tf.mul(inputs[`${name}.v`]!, b2), tf.mul(tf.square(g), 1 - b2))
      const mHat = tf.div(m, tf.sub(1, tf.pow(b1, step)))
      const vHat = tf.div(v, tf.sub(1, tf.pow(b2, step)))
      next[name] = tf.sub(weights[i]!, tf.mul(rate, tf.div(mHat, tf.add(tf.sqrt(vHat), epsilon))))
      next[`${name}.m`] = m
      next[`${name}.v`] = v
    })
    return next
  }
}

interface Problem {
  readonly shapes: Record<string, number[]>
  readonly x: number[]
  readonly y: number[]
  readonly model: (tensors: Tensors) => tf.Tensor
}

const mlp: Problem = {
  shapes: { w1: [3, 32], b1: [32], w2: [32, 32], b2: [32], w3: [32, 1], b3: [1] },
  x: [64, 3],
  y: [64, 1],
  model({ x, w1, b1, w2, b2, w3, b3 }) {
    const h = silu(tf.add(tf.matMul(x!, w1!), b1!))
    return tf.add(tf.matMul(silu(tf.add(tf.matMul(h, w2!), b2!)), w3!), b3!)
  },
}

/** Channels-first. The cpu backend has convolutions channels-first too, so nothing needs a transpose. */
const convolve = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, stride = 1): tf.Tensor =>
  tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, 'same', 'NCHW'), tf.reshape(b, [-1, 1, 1]))

function groupNorm(x: tf.Tensor, groups: number, gain: tf.Tensor): tf.Tensor {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const grouped = tf.reshape(x, [n, groups, (c / groups) * h * w])
  const { mean, variance } = tf.moments(grouped, 2, true)
  const normal = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, 1e-5)))
  return tf.mul(tf.reshape(normal, [n, c, h, w]), tf.reshape(gain, [c, 1, 1]))
}

const convolutional: Problem = {
  shapes: {
    w1: [3, 3, 2, 8],
    b1: [8],
    g1: [8],
    w2: [3, 3, 8, 8],
    b2: [8],
    g2: [8],
    w3: [3, 3, 8, 8],
    b3: [8],
    w4: [1, 1, 8, 1],
    b4: [1],
  },
  x: [4, 2, 8, 8],
  y: [4, 1, 4, 4],
  model({ x, w1, b1, g1, w2, b2, g2, w3, b3, w4, b4 }) {
    const first = convolve(x!, w1!, b1!)
    const block = convolve(silu(groupNorm(first, 4, g1!)), w2!, b2!)
    const joined = tf.add(first, silu(groupNorm(block, 2, g2!)))
    return convolve(silu(convolve(joined, w3!, b3!, 2)), w4!, b4!)
  },
}

const problems: [string, Problem][] = [
  ['a multilayer perceptron', mlp],
  ['a convolutional network with group normalisation', convolutional],
]

type Options = NonNullable<Parameters<typeof compile>[2]>

async function train(
  { shapes, x, y, model }: Problem,
  options: Options,
  steps = 20,
): Promise<Record<string, number[]>> {
  const loss = (tensors: Tensors): tf.Scalar => tf.mean(tf.squaredDifference(model(tensors), tensors.y!))
  const step = await compile(adam(Object.keys(shapes), loss), { x, y }, { ...options, state: initial(shapes) })
  const losses: number[] = []
  for (let i = 0; i < steps; i++) {
    const outputs = await step.run({ x: numbers(x, 40 + i), y: numbers(y, 70 + i) })
    losses.push(outputs.loss!.data[0]!)
  }
  const state = await step.state()
  await step.dispose()
  return { losses, ...Object.fromEntries(Object.keys(shapes).map(name => [name, Array.from(state[name]!.data)])) }
}

function distance(a: readonly number[], b: readonly number[]): number {
  const difference = Math.hypot(...a.map((v, i) => v - b[i]!))
  return difference / Math.hypot(...b)
}

/**
 * Adam divides by the root of the second moment, so at the start each weight moves by the learning rate whatever its
 * gradient: rounding (6e-8 of the largest gradient) moves those weights most whose gradients are nearly zero. There are
 * few of them, so weights are compared as vectors. Seen: 1e-7 between the engines, 3e-6 from double.
 */
describe.each(problems)('20 steps of Adam on %s', (_, problem) => {
  it("end where tfjs' cpu backend does", async () => {
    const [onnx, cpu] = [await train(problem, {}), await train(problem, { engine: 'cpu' })]
    for (const name of Object.keys(cpu)) expect(distance(onnx[name]!, cpu[name]!), name).toBeLessThan(1e-5)
    expect(distance(cpu.w1!, Array.from(initial(problem.shapes).w1!.data))).toBeGreaterThan(1e-2)
  })

  it('agree with the same steps in double precision', async () => {
    const [single, double] = [await train(problem, {}), await train(problem, { precision: 'float64' })]
    for (const name of Object.keys(double)) expect(distance(single[name]!, double[name]!), name).toBeLessThan(1e-5)
  })
})

it('the gradient of a convolutional network in double precision is its derivative', async () => {
  const { shapes, x, y, model } = convolutional
  const state = initial(shapes)
  const weights = Object.fromEntries(Object.keys(shapes).map(name => [name, Float64Array.from(state[name]!.data)]))
  const names = Object.keys(shapes)
  const f = (inputs: Tensors): Tensors => {
    const loss = (...ws: tf.Tensor[]): tf.Scalar => {
      const tensors = { ...inputs, ...Object.fromEntries(names.map((name, i) => [name, ws[i]!])) }
      return tf.mean(tf.squaredDifference(model(tensors), inputs.y!))
    }
    const { value, grads } = tf.valueAndGrads(loss)(names.map(name => inputs[name]!))
    return { loss: value, ...Object.fromEntries(names.map((name, i) => [`d${name}`, grads[i]!])) }
  }
  const compiled = await compile(f, { x, y, ...shapes }, { precision: 'float64' })
  const run = (along: number): Promise<Record<string, { data: ArrayLike<number> }>> =>
    compiled.run({
      x: numbers(x, 40),
      y: numbers(y, 70),
      ...Object.fromEntries(
        names.map((name, i) => {
          const direction = numbers(shapes[name]!, 90 + i)
          return [
            name,
            ndarray(
              weights[name]!.map((w, k) => w + along * direction.data[k]!),
              shapes[name],
            ),
          ]
        }),
      ),
    })
  const h = 1e-4
  const [before, here, after] = [await run(-h), await run(0), await run(h)]
  const slope = (after.loss!.data[0]! - before.loss!.data[0]!) / (2 * h)
  let product = 0
  names.forEach((name, i) => {
    const direction = numbers(shapes[name]!, 90 + i)
    direction.data.forEach((d, k) => (product += d * here[`d${name}`]!.data[k]!))
  })
  await compiled.dispose()
  // Central differences: h^2 times a third derivative of order 10, and 1e-16 / h of rounding.
  expect(Math.abs(slope / product - 1)).toBeLessThan(1e-6)
})
