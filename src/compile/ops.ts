/**
 * ONNX operators as functions of values, with their shapes worked out: the vocabulary that kernels are written in.
 * Standard operators of opset 21 only (https://onnx.ai/onnx/operators); what changes nothing adds no node.
 */
import {
  constant,
  ints,
  leaf,
  node,
  nodes,
  sizeOf,
  type Attributes,
  type Data,
  type DType,
  type Shape,
  type Value,
} from './value.js'

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((d, i) => d === b[i])

/** The shape that ONNX's (and NumPy's) broadcasting gives. */
export function broadcast(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(...shapes.map(s => s.length))
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map(s => s[s.length - rank + i] ?? 1).filter(d => d !== 1)
    const size = sizes[0] ?? 1
    if (sizes.some(d => d !== size))
      throw new Error(`shapes ${shapes.map(s => `[${s.join(', ')}]`).join(' and ')} do not broadcast`)
    return size
  })
}

/**
 * An element-wise operator; the result has the type of the last input unless `dtype` says otherwise. What was expanded is
 * taken as it was before: the operator broadcasts by itself, and what does not need all elements is done with few.
 */
export function elementwise(op: string, inputs: readonly Value[], dtype?: DType, attributes?: Attributes): Value {
  const few = inputs.map(v => (v.node?.op === 'Expand' && v.node.domain === '' ? v.node.inputs[0]! : v))
  const type = dtype ?? inputs[inputs.length - 1]!.dtype
  const y = node(op, few, broadcast(...few.map(v => v.shape)), type, attributes && { attributes })
  return expand(y, broadcast(...inputs.map(v => v.shape)))
}

export const add = (a: Value, b: Value): Value => elementwise('Add', [a, b])
export const sub = (a: Value, b: Value): Value => elementwise('Sub', [a, b])
export const mul = (a: Value, b: Value): Value => elementwise('Mul', [a, b])
export const div = (a: Value, b: Value): Value => elementwise('Div', [a, b])
export const neg = (x: Value): Value => elementwise('Neg', [x])
export const abs = (x: Value): Value => elementwise('Abs', [x])
export const exp = (x: Value): Value => elementwise('Exp', [x])
export const log = (x: Value): Value => elementwise('Log', [x])
export const max = (a: Value, b: Value): Value => elementwise('Max', [a, b])
export const min = (a: Value, b: Value): Value => elementwise('Min', [a, b])
export const and = (a: Value, b: Value): Value => elementwise('And', [a, b], 'bool')
export const or = (a: Value, b: Value): Value => elementwise('Or', [a, b], 'bool')
export const equal = (a: Value, b: Value): Value => elementwise('Equal', [a, b], 'bool')
export const less = (a: Value, b: Value): Value => elementwise('Less', [a, b], 'bool')
export const greater = (a: Value, b: Value): Value => elementwise('Greater', [a, b], 'bool')
export const not = (x: Value): Value => elementwise('Not', [x], 'bool')
export const where = (condition: Value, a: Value, b: Value): Value => elementwise('Where', [condition, a, b], a.dtype)

/** A constant of rank 0 of x's type. */
export const like = (x: Value, value: number): Value => constant(value, x.dtype)

/** Numbers that belong to the graph: always written into it. Floats are given in double. */
export const literal = (data: Data, shape: Shape, dtype: DType): Value => ({
  ...leaf(data, shape, dtype),
  structural: true,
})

export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : node('Cast', [x], x.shape, dtype, { attributes: { to: { dtype } } })
}

export function reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x
  const source = x.node?.op === 'Reshape' && x.node.domain === '' ? x.node.inputs[0]! : x
  if (sameShape(source.shape, shape)) return source
  // allowzero: a 0 in the shape means an empty axis, never "as in the input".
  return node('Reshape', [source, ints(shape)], shape, x.dtype, { attributes: { allowzero: 1 } })
}

export function transpose(x: Value, perm: readonly number[]): Value {
  if (perm.every((p, i) => p === i)) return x
  if (x.node?.op === 'Transpose' && x.node.domain === '') {
    const inner = x.node.attributes.perm as readonly number[]
    return transpose(
      x.node.inputs[0]!,
      perm.map(p => inner[p]!),
    )
  }
  const shape = perm.map(p => x.shape[p]!)
  return node('Transpose', [x], shape, x.dtype, { attributes: { perm } })
}

/** x[begin, begin + size) on every axis, by steps of `stride` (which may be negative). */
export function slice(x: Value, begin: readonly number[], size: readonly number[], stride?: readonly number[]): Value {
  const steps = stride ?? begin.map(() => 1)
  const whole = begin.map((b, i) => b === 0 && size[i] === x.shape[i] && steps[i] === 1)
  const axes = begin.map((_, i) => i).filter(i => !whole[i])
  if (axes.length === 0) return x
  // An end before the first element, going backwards, is written as a number below -size.
  const end = axes.map(i => {
    const last = begin[i]! + size[i]! * steps[i]!
    return last < 0 ? -x.shape[i]! - 1 : last
  })
  const inputs = [x, ints(axes.map(i => begin[i]!)), ints(end), ints(axes), ints(axes.map(i => steps[i]!))]
  return node('Slice', inputs, size, x.dtype)
}

export function concat(xs: readonly Value[], axis: number): Value {
  if (xs.length === 1) return xs[0]!
  const first = xs[0]!
  const total = xs.reduce((sum, x) => sum + x.shape[axis]!, 0)
  return node(
    'Concat',
    xs,
    first.shape.map((d, i) => (i === axis ? total : d)),
    first.dtype,
    { attributes: { axis } },
  )
}

/** x tiled to a larger shape that it broadcasts to. */
export function expand(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : node('Expand', [x, ints(shape)], shape, x.dtype)
}

export function tile(x: Value, reps: readonly number[]): Value {
  if (reps.every(r => r === 1)) return x
  return node(
    'Tile',
    [x, ints(reps)],
    x.shape.map((d, i) => d * reps[i]!),
    x.dtype,
  )
}

export type PadMode = 'constant' | 'reflect' | 'edge'

export function pad(
  x: Value,
  before: readonly number[],
  after: readonly number[],
  value: Value | null = null,
  mode: PadMode = 'constant',
): Value {
  if ([...before, ...after].every(p => p === 0)) return x
  const shape = x.shape.map((d, i) => d + before[i]! + after[i]!)
  const inputs = [x, ints([...before, ...after]), ...(value ? [value] : [])]
  return node('Pad', inputs, shape, x.dtype, { attributes: { mode } })
}

export type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceMin' | 'ReduceProd'

export function reduce(op: Reduction, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const shape = keepDims
    ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
    : x.shape.filter((_, i) => !axes.includes(i))
  if (axes.length === 0) return x
  return node(op, [x, ints(axes)], shape, x.dtype, { attributes: { keepdims: keepDims ? 1 : 0 } })
}

/** Rows of x along an axis, by int indices (negative ones count from the end). */
export function gather(x: Value, indices: Value, axis: number): Value {
  const shape = [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)]
  return node('Gather', [x, indices], shape, x.dtype, { attributes: { axis } })
}

/** Matrix product of the last two axes, the leading ones broadcast. */
export function matMul(a: Value, b: Value): Value {
  const lead = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2))
  return node('MatMul', [a, b], [...lead, a.shape[a.shape.length - 2]!, b.shape[b.shape.length - 1]!], a.dtype)
}

/** op(a) op(b) + c for matrices; op transposes where asked. */
export function gemm(a: Value, b: Value, c: Value | null, transA = false, transB = false): Value {
  const shape = [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!]
  const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0 }
  return node('Gemm', c ? [a, b, c] : [a, b], shape, a.dtype, { attributes })
}

export function argReduce(op: 'ArgMax' | 'ArgMin', x: Value, axis: number): Value {
  const shape = x.shape.filter((_, i) => i !== axis)
  return node(op, [x], shape, 'int64', { attributes: { axis, keepdims: 0 } })
}

/** The k largest along the last axis: values and int64 indices. */
export function topK(x: Value, k: number, sorted: boolean): [Value, Value] {
  const shape = [...x.shape.slice(0, -1), k]
  const outputs = [{ shape, dtype: x.dtype } as const, { shape, dtype: 'int64' } as const]
  return nodes('TopK', [x, ints([k])], outputs, { attributes: { sorted: sorted ? 1 : 0 } }) as [Value, Value]
}

/** Zeros (or any number) of a shape, without storing them in the graph. */
export function fill(shape: Shape, value: number, dtype: DType): Value {
  return sizeOf(shape) < 64 ? constant(value, dtype, shape) : expand(constant(value, dtype), shape)
}
