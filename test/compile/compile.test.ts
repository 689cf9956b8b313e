import * as tf from '@tensorflow/tfjs'
import ndarray from 'ndarray'
import { expect, it } from 'vitest'
import { compile } from '../../src/compile/index.js'

it('smoke', async () => {
  const loss = ({ x, w }: Record<string, tf.Tensor>) => {
    const { value, grads } = tf.valueAndGrads((w: tf.Tensor) => tf.mean(tf.square(tf.tanh(tf.matMul(x!, w)))))([w!])
    return { loss: value, w: tf.sub(w!, tf.mul(grads[0]!, 0.1)) }
  }
  const w = ndarray(
    Float32Array.from({ length: 6 }, (_, i) => i / 6),
    [3, 2],
  )
  const x = ndarray(
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
    [4, 3],
  )
  for (const options of [{}, { worker: true }, { engine: 'cpu' as const }, { precision: 'float64' as const }]) {
    const step = await compile(loss, { x: [4, 3] }, { state: { w }, ...options })
    for (let i = 0; i < 3; i++) console.log((await step.run({ x })).loss!.data)
    console.log((await step.state()).w!.data)
    await step.dispose()
  }
  await expect(compile(({ x }) => ({ y: tf.tensor(x!.dataSync()) }), { x: [2] })).rejects.toThrow(/value/)
  await tf.setBackend('onnx')
  const a = tf.tensor([1, 2, 3]),
    b = tf.mul(a, 2),
    c = tf.add(b, 1)
  console.log(await c.data(), b.dataSync())
})
