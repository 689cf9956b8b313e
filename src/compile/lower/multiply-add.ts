/**
 * Sums with a multiple, b + k x and b - k x for a number k, in one pass over memory instead of two: moving means, and steps
 * of an optimiser.
 */
import { div, neg, sameShape } from '../ops.js'
import { constant, sizeOf, type Node, type Value } from '../value.js'
import { scaledPlus } from './blocked.js'

/** Sums of fewer elements cost less than the nodes around the one pass. */
const LARGE = 2 ** 14

/** What replaces an Add or Sub; null where no side is a multiple, or it would not pay. */
export function scaledSum({ op, inputs, outputs }: Node, block: number): readonly Value[] | null {
  const [a, b] = inputs as [Value, Value]
  const { shape, dtype } = outputs[0]!
  if (dtype !== 'float32' || sizeOf(shape) < LARGE || !sameShape(a.shape, shape) || !sameShape(b.shape, shape))
    return null
  const right = multiple(b)
  const left = right || op === 'Sub' ? null : multiple(a)
  const found = right ?? left
  if (!found) return null
  const factor = op === 'Sub' ? negative(found.factor) : found.factor
  const sum = scaledPlus(found.of(), factor, 0, right ? a : b, block)
  return sum && [sum]
}

interface Multiple {
  readonly factor: Value
  readonly of: () => Value
}

/** v as k x; (k x) / y counts as k (x / y). */
function multiple(v: Value): Multiple | null {
  if (v.node?.domain !== '') return null
  const [a, b] = v.node.inputs as [Value, Value]
  if (v.node.op === 'Mul') {
    if (isNumber(b) && sameShape(a.shape, v.shape)) return { factor: b, of: () => a }
    return isNumber(a) && sameShape(b.shape, v.shape) ? { factor: a, of: () => b } : null
  }
  const numerator = v.node.op === 'Div' && sameShape(a.shape, v.shape) ? multiple(a) : null
  return numerator && { factor: numerator.factor, of: () => div(numerator.of(), b) }
}

const isNumber = (v: Value): boolean => sizeOf(v.shape) === 1

const negative = (k: Value): Value =>
  k.node || k.placeholder ? neg(k) : constant(-Number(k.data![0]), 'float32', k.shape)
