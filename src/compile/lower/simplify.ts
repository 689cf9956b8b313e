/**
 * A smaller graph of the same results: what changes nothing is left out, and what is computed twice is computed once.
 *
 * tfjs records the forward pass again for each gradient. And ONNX Runtime 1.30 must meet no neutral operation: its own
 * elimination makes it refuse graphs such as (1/a) * ((b/c) - 0), with "Node input is not a graph input".
 */
import { sameShape } from '../ops.js'
import { nodes, type Data, type Node, type Value } from '../value.js'
import { rewrite } from './rewrite.js'

/**
 * Leaves out x + 0, x - 0, x * 1 and x / 1 where the constant does not broadcast x, and merges equal constants and equal
 * nodes (same operator, attributes and inputs). Results are the same numbers, NaN and infinities included; only x + 0, which
 * makes 0 of -0, becomes x.
 *
 * @param constants values of placeholders that never change.
 */
export function simplify(outputs: readonly Value[], constants: Readonly<Record<string, Data>> = {}): readonly Value[] {
  const same = merging()
  const known = new Map<string, readonly Value[]>()
  return rewrite(outputs, node => {
    const inputs = node.inputs.map(v => v && same.leaf(v))
    const neutral = withoutNeutral({ ...node, inputs }, constants)
    if (neutral) return [neutral]
    const key = text([node.domain, node.op, inputs.map(v => v && same.number(v)), node.attributes])
    const made = known.get(key) ?? nodes(node.op, inputs, node.outputs, node)
    known.set(key, made)
    return made
  })
}

/** JSON that tells infinities and NaN apart, which JSON itself writes as null, and 0 from -0. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, v: unknown) => (typeof v === 'number' ? (Object.is(v, -0) ? '-0' : String(v)) : v))

/** Operators with a neutral number, and whether it is neutral on the left side too. */
const neutrals: Readonly<Record<string, readonly [number: number, bothSides: boolean]>> = {
  Add: [0, true],
  Sub: [0, false],
  Mul: [1, true],
  Div: [1, false],
}

/** The operand that a node gives back unchanged; null where it does something. */
function withoutNeutral(
  { op, domain, inputs, outputs }: Node,
  constants: Readonly<Record<string, Data>>,
): Value | null {
  const rule = domain === '' ? neutrals[op] : undefined
  if (!rule) return null
  const [number, bothSides] = rule
  const [a, b] = inputs as [Value, Value]
  const unchanged = (x: Value, by: Value): boolean =>
    sameShape(x.shape, outputs[0]!.shape) && x.dtype === outputs[0]!.dtype && uniform(by, constants) === number
  if (unchanged(a, b)) return a
  return bothSides && unchanged(b, a) ? b : null
}

/** Operators whose results are elements of their first input. */
const arrangements: ReadonlySet<string> = new Set(['Reshape', 'Expand', 'Transpose', 'Tile', 'Slice', 'Identity'])

/** The number that all elements of a constant are; null where they differ, or are not known yet. */
function uniform(value: Value, constants: Readonly<Record<string, Data>>): number | null {
  if (value.node)
    return value.node.domain === '' && arrangements.has(value.node.op)
      ? uniform(value.node.inputs[0]!, constants)
      : null
  const data = value.placeholder ? constants[value.placeholder.name] : value.data
  const first = data?.[0]
  if (data === null || data === undefined || first === undefined) return null
  return (data as Float32Array).every(v => v === first) ? Number(first) : null
}

interface Merging {
  /** The first leaf with the same constant; the value itself where it is none. */
  leaf(value: Value): Value
  /** A number for each value. */
  number(value: Value): number
}

function merging(): Merging {
  const numbers = new Map<Value, number>()
  const leaves = new Map<Value, Value>()
  const alike = new Map<string, Value[]>()
  return {
    number: value => numbers.get(value) ?? (numbers.set(value, numbers.size), numbers.size - 1),
    leaf(value) {
      if (value.node || !value.data) return value
      const known = leaves.get(value)
      if (known) return known
      const bytes = bytesOf(value.data)
      const key = [
        value.dtype,
        value.structural,
        value.shape,
        value.data.constructor.name,
        bytes.subarray(0, 64),
      ].join()
      const candidates = alike.get(key) ?? []
      const first = candidates.find(v => bytesOf(v.data!).equals(bytes)) ?? value
      if (first === value) candidates.push(value)
      alike.set(key, candidates)
      leaves.set(value, first)
      return first
    },
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Data): Buffer => Buffer.from(buffer, byteOffset, byteLength)
