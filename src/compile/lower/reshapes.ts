/**
 * Element-wise arithmetic in the shape in which its operands lie already: a Reshape between two of them costs a node, and
 * axes of one element at the end make the engine broadcast a number element by element.
 */
import { reshape, sameShape } from '../ops.js'
import { node as makeNode, sizeOf, type Node, type Value } from '../value.js'

/** Operators that act on each element alone, or on elements of several values in the same place. */
export const elementwise: ReadonlySet<string> = new Set([
  ...['Add', 'Sub', 'Mul', 'Div', 'Sum', 'Max', 'Min', 'Neg', 'Abs', 'Sqrt', 'Reciprocal', 'Exp', 'Log', 'Tanh'],
  ...['Sigmoid', 'Relu', 'LeakyRelu', 'Elu', 'Erf', 'Softplus', 'Clip'],
])

/**
 * The node before the Reshape of its operands instead of after, and one Reshape for two; null where operands have none in
 * common.
 */
export function beforeReshape(node: Node): readonly Value[] | null {
  const { shape, dtype } = node.outputs[0]!
  if (isReshape(node) && isReshape(node.inputs[0]!.node)) return [reshape(node.inputs[0]!, shape)]
  if (node.domain !== '' || !elementwise.has(node.op)) return null
  const inputs = node.inputs as readonly Value[]
  const whole = inputs.filter(v => v.shape.length > 0 && sameShape(v.shape, shape))
  const numbers = inputs.filter(v => sizeOf(v.shape) === 1)
  if (whole.length === 0 || inputs.some(v => !whole.includes(v) && !numbers.includes(v))) return null
  const flat = numbers.length > 0 && shape.at(-1) === 1 ? [sizeOf(shape)] : null
  const common = flat ?? commonSource(whole)
  if (!common) return null
  const moved = inputs.map(v => reshape(v, whole.includes(v) ? common : []))
  return [reshape(makeNode(node.op, moved, common, dtype, node), shape)]
}

const isReshape = (node: Node | null): node is Node => node?.op === 'Reshape' && node.domain === ''

/** The shape that all were reshaped from. */
function commonSource(values: readonly Value[]): readonly number[] | null {
  const sources = values.map(({ node }) =>
    node?.op === 'Reshape' && node.domain === '' ? node.inputs[0]!.shape : null,
  )
  const [first] = sources
  return first && sources.every(s => s && sameShape(s, first)) ? first : null
}
