/**
 * The graph that a tfjs program becomes: values, and the nodes that make them.
 *
 * A value is either a *leaf* (it holds data, or it is a placeholder for an input) or the output of a node. There is no
 * "current graph": a program's graph is what can be reached from its results, so what nobody asks for costs nothing.
 */

/** Element types. `int64` appears in shapes and indices only; tfjs has none. */
export type DType = 'float32' | 'int32' | 'bool' | 'int64' | 'uint8'
export type Shape = readonly number[]
export type Data = Float32Array | Float64Array | Int32Array | Uint8Array | BigInt64Array

/** An attribute of an ONNX node. A plain number is an integer; floats and element types are marked as such. */
export type Attribute =
  number | string | readonly number[] | { float: number } | { floats: readonly number[] } | { dtype: DType }
export type Attributes = Readonly<Record<string, Attribute>>

export interface Node {
  readonly op: string
  readonly domain: string
  readonly inputs: readonly (Value | null)[]
  readonly attributes: Attributes
  readonly outputs: readonly Value[]
}

export interface Value {
  readonly shape: Shape
  readonly dtype: DType
  /** What makes it; `null` for a leaf, and again once it has been computed. */
  node: Node | null
  data: Data | null
  /** The name of an input of the function being traced. */
  readonly placeholder: { readonly name: string; readonly traced: string } | null
  /** A leaf that belongs to the graph's structure (a shape, axes): always written into the graph. */
  readonly structural: boolean
}

export const sizeOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1)

export function leaf(data: Data, shape: Shape, dtype: DType): Value {
  return { shape, dtype, data, node: null, placeholder: null, structural: false }
}

/** A one-dimensional int64 constant, as ONNX wants its shapes, axes and offsets. */
export function ints(values: readonly number[]): Value {
  const data = BigInt64Array.from(values, BigInt)
  return { shape: [values.length], dtype: 'int64', data, node: null, placeholder: null, structural: true }
}

/** A constant filled with one number; of rank 0 unless a shape is given. */
export function constant(value: number, dtype: DType, shape: Shape = []): Value {
  const data = dataOf(dtype, sizeOf(shape)).fill((dtype === 'int64' ? BigInt(value) : value) as never)
  return { shape, dtype, data, node: null, placeholder: null, structural: true }
}

/** Typed storage for n elements; float32 constants are kept in double, for graphs of double precision. */
function dataOf(dtype: DType, n: number): Float64Array | Int32Array | Uint8Array | BigInt64Array {
  if (dtype === 'float32') return new Float64Array(n)
  if (dtype === 'int32') return new Int32Array(n)
  if (dtype === 'bool' || dtype === 'uint8') return new Uint8Array(n)
  return new BigInt64Array(n)
}

export function placeholder(name: string, shape: Shape, dtype: DType, traced: string): Value {
  return { shape, dtype, data: null, node: null, placeholder: { name, traced }, structural: false }
}

export interface NodeOptions {
  readonly attributes?: Attributes
  readonly domain?: string
}

/**
 * A node with several outputs; `outputs` states the shape and type of each. Empty results need no computing: they are
 * leaves at once, so that no kernel of the engine ever has to make one.
 */
export function nodes(
  op: string,
  inputs: readonly (Value | null)[],
  outputs: readonly { shape: Shape; dtype: DType }[],
  { attributes = {}, domain = '' }: NodeOptions = {},
): Value[] {
  const made: Value[] = outputs.map(o => ({ ...o, data: null, node: null, placeholder: null, structural: false }))
  const node: Node = { op, domain, inputs, attributes, outputs: made }
  for (const value of made) {
    if (sizeOf(value.shape) > 0) value.node = node
    else value.data = dataOf(value.dtype, 0)
  }
  return made
}

/** A node with one output. */
export function node(
  op: string,
  inputs: readonly (Value | null)[],
  shape: Shape,
  dtype: DType,
  options?: NodeOptions,
): Value {
  return nodes(op, inputs, [{ shape, dtype }], options)[0]!
}

/** How many elements all nodes that `outputs` need make together: a measure of a graph's work and memory. */
export const elementsMade = (outputs: readonly Value[]): number =>
  topological(outputs).reduce((sum, n) => sum + n.outputs.reduce((s, v) => s + sizeOf(v.shape), 0), 0)

/** Every node that `outputs` need, each after those it reads. Iterative: graphs are deeper than the stack. */
export function topological(outputs: readonly Value[]): Node[] {
  const order: Node[] = []
  const state = new Map<Node, 'open' | 'done'>()
  const stack: Node[] = []
  const push = (value: Value | null): void => {
    if (value?.node && !state.has(value.node)) stack.push(value.node)
  }
  for (const output of outputs) {
    push(output)
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!
      if (state.has(top)) {
        stack.pop()
        if (state.get(top) === 'open') {
          state.set(top, 'done')
          order.push(top)
        }
        continue
      }
      state.set(top, 'open')
      top.inputs.forEach(push)
    }
  }
  return order
}
