/**
 * SiLU and its gradient. For y = x s with s = sigmoid(x), dy/dx = s + s (1 - s) x = s (1 + x - y). s is computed again where
 * the gradient needs it: that costs less than to write it, keep it and fetch it back.
 */
import { add, elementwise, like, mul, sub } from '../ops.js'
import { node, type Node, type Value } from '../value.js'

/** In standard operators. */
export const plainSilu = (x: Value): Value => mul(x, elementwise('Sigmoid', [x]))

/** In one pass: ONNX Runtime's x sigmoid(alpha x). */
export const fusedSilu = (x: Value): Value =>
  node('QuickGelu', [x], x.shape, x.dtype, { domain: 'com.microsoft', attributes: { alpha: { float: 1 } } })

/** 1 + x - y: one pass where the device can do it in one. */
export type OnePlusDifference = (x: Value, y: Value) => Value

export const plainOnePlusDifference: OnePlusDifference = (x, y) => add(sub(x, y), like(x, 1))

/** dL/dx from dL/dy, x and y. */
export function siluGradient({ inputs }: Node, difference: OnePlusDifference): Value {
  const [dy, x, y] = inputs as [Value, Value, Value]
  return mul(dy, mul(elementwise('Sigmoid', [x]), difference(x, y)))
}
