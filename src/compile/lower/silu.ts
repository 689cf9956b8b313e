/** The gradient of SiLU. For y = x s with s = sigmoid(x), dy/dx = s + s (1 - s) x = s (1 + x - y). */
import { add, like, mul, sub } from '../ops.js'
import type { Node, Value } from '../value.js'

/** 1 + x - y: one pass where the device can do it in one. */
export type OnePlusDifference = (x: Value, y: Value) => Value

export const plainOnePlusDifference: OnePlusDifference = (x, y) => add(sub(x, y), like(x, 1))

/** dL/dx from dL/dy, x, y and s. */
export function siluGradient({ inputs }: Node, difference: OnePlusDifference): Value {
  const [dy, x, y, s] = inputs as [Value, Value, Value, Value]
  return mul(dy, mul(s, difference(x, y)))
}
