import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { compile } from '../../src/compile/index.js'
import { adamw, packing, type AdamWOptions } from '../../src/training/adamw.js'

/** The published update, in plain numbers. */
function reference(theta: number[], gradients: number[][], rate: number, o: Required<AdamWOptions>): number[] {
  const m = theta.map(() => 0)
  const v = theta.map(() => 0)
  const x = [...theta]
  gradients.forEach((g, step) => {
    g.forEach((gi, i) => {
      m[i] = o.beta1 * m[i]! + (1 - o.beta1) * gi
      v[i] = o.beta2 * v[i]! + (1 - o.beta2) * gi * gi
      const mHat = m[i] / (1 - o.beta1 ** (step + 1))
      const vHat = v[i] / (1 - o.beta2 ** (step + 1))
      x[i] = x[i]! - rate * (mHat / (Math.sqrt(vHat) + o.epsilon) + o.weightDecay * x[i]!)
    })
  })
  return x
}

describe('adamw', () => {
  it.each([
    { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    { beta1: 0.5, beta2: 0.9, epsilon: 0.1, weightDecay: 0.3 },
  ])('takes the published steps: %o', async options => {
    const rate = 0.05
    const theta = [1, -2, 0.5]
    const gradients = [0, 1, 2, 3, 4].map(k => theta.map((_, i) => Math.sin(3 * k + i)))
    const step = ({ theta, m, v, t, g }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
      const next = adamw({ theta: [theta!], m: [m!], v: [v!], t: t! }, [g!], tf.scalar(rate), options)
      return { theta: next.theta[0]!, m: next.m[0]!, v: next.v[0]!, t: next.t }
    }
    const zeros = (): ndarray.NdArray<Float64Array> => ndarray(new Float64Array(3), [3])
    const state = {
      theta: ndarray(Float64Array.from(theta), [3]),
      m: zeros(),
      v: zeros(),
      t: ndarray(new Float64Array(1), []),
    }
    const executable = await compile(step, { g: [3] }, { state, precision: 'float64' })
    for (const g of gradients) await executable.run({ g: ndarray(Float64Array.from(g), [3]) })
    const found = [...((await executable.state()).theta!.data as Float64Array)]
    await executable.dispose()
    // Double precision, five steps of a dozen roundings; ONNX keeps attributes such as none here in single.
    reference(theta, gradients, rate, options).forEach((x, i) => expect(found[i]).toBeCloseTo(x, 13))
  })

  it('packs small parameters together and large ones alone, and unpacks them in their order', async () => {
    await tf.setBackend('cpu')
    const shapes = [[2, 3], [128, 128], [], [4], [200, 100]]
    const { lengths, pack, unpack } = packing(shapes)
    expect(lengths).toEqual([128 * 128, 20_000, 6 + 1 + 4])
    const parameters = shapes.map((s, i) => tf.add(tf.reshape(tf.range(0, tf.util.sizeFromShape(s)), s), i / 8))
    const back = unpack(pack(parameters))
    expect(back.map(p => p.shape)).toEqual(shapes)
    parameters.forEach((p, i) => expect([...back[i]!.dataSync()]).toEqual([...p.dataSync()]))
    expect(packing([[128, 128]]).lengths).toEqual([128 * 128])
  })
})
