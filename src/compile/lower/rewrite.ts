import { nodes, topological, type Node, type Value } from '../value.js'

/** What replaces a node's outputs; null keeps the node. The node's inputs have been rewritten already. */
export type Rule = (node: Node) => readonly Value[] | null

/** A copy of the graph in which every node has been through `rule`; what does not change is shared with the original. */
export function rewrite(outputs: readonly Value[], rule: Rule): readonly Value[] {
  const done = new Map<Value, Value>()
  const current = (value: Value): Value => done.get(value) ?? value
  for (const node of topological(outputs)) {
    const inputs = node.inputs.map(v => v && current(v))
    const changed = inputs.some((v, i) => v !== node.inputs[i])
    const now = changed ? { ...node, inputs } : node
    const results = rule(now) ?? (changed ? nodes(node.op, inputs, node.outputs, node) : node.outputs)
    node.outputs.forEach((v, i) => done.set(v, results[i]!))
  }
  return outputs.map(current)
}
