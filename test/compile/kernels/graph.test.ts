/** How many nodes are recorded: what tfjs' gradients do in passing shall not cost passes over memory. */
import * as tf from '@tensorflow/tfjs'
import { expect, it } from 'vitest'
import { trace, type TensorFunction } from '../../../src/compile/trace.js'
import { topological } from '../../../src/compile/value.js'
import '../../../src/compile/index.js'

const x = { shape: [16, 8], dtype: 'float32' } as const
const opsOf = (f: TensorFunction): string[] =>
  topological(Object.values(trace(f, { x }, 'float32'))).map(({ op }) => op)

it('the gradient of a mean of squares is two products and a division', () => {
  const loss = (t: tf.Tensor): tf.Scalar => tf.mean(tf.square(t))
  const ops = opsOf(({ x }) => ({ dx: tf.grad(loss)(x!) }))
  expect(ops.filter(op => op !== 'Reshape').sort()).toEqual(['Div', 'Mul', 'Mul'])
})

it('the gradient of a relu takes one node more than its forward', () => {
  const ops = opsOf(({ x }) => ({ y: tf.relu(x!), dx: tf.grad(tf.relu)(x!, tf.exp(x!)) }))
  expect(ops.sort()).toEqual(['Exp', 'Mul', 'Relu', 'Relu', 'Sign']) // the engine finds the two Relus to be one
})

it('what was expanded is computed before, and expanded once where it must be', () => {
  const ops = opsOf(({ x }) => {
    const row = tf.sum(x!, 0)
    return { y: tf.add(tf.exp(tf.tile(row.reshape([1, 8]), [16, 1])), 1), z: tf.add(x!, tf.tile(row.reshape([1, 8]), [16, 1])) } // prettier-ignore
  })
  expect(ops.filter(op => op !== 'Reshape').sort()).toEqual(['Add', 'Add', 'Exp', 'Expand', 'ReduceSum'])
})
