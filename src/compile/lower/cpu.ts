/** What the CPU does faster in another form than standard ONNX's: ONNX Runtime's own operators and layouts. */
import { topological, type Node, type Value } from '../value.js'
import { blockedConvolution, blockSize } from './blocked.js'
import { lowerPortably } from './portable.js'
import { rewrite } from './rewrite.js'
import { shiftedFilterGradient } from './shifted.js'

/** `constants` names the placeholders whose values are written into the model. */
export function lowerForCpu(outputs: readonly Value[], constants: ReadonlySet<string> = new Set()): readonly Value[] {
  const fixed = constantValues(outputs, constants)
  const lowered = rewrite(outputs, node => {
    if (node.domain === 'invdiff' && node.op === 'ConvFilterGradient') return shiftedFilterGradient(node)
    // Weights that are constant the engine blocks itself, and better: once.
    if (node.domain === '' && node.op === 'Conv' && !fixed.has(node.inputs[1]!))
      return blockedConvolution(node, blockSize())
    return null
  })
  return lowerPortably(lowered)
}

/** Values that depend on nothing that is given at run time. */
function constantValues(outputs: readonly Value[], constants: ReadonlySet<string>): Set<Value> {
  const fixed = new Set<Value>()
  const isFixed = (v: Value | null): boolean =>
    v === null || fixed.has(v) || (v.node === null && (v.placeholder ? constants.has(v.placeholder.name) : true))
  const visit = (node: Node): void => {
    if (node.inputs.every(isFixed)) node.outputs.forEach(v => fixed.add(v))
  }
  topological(outputs).forEach(visit)
  return fixed
}
