/**
 * What the CPU does faster in another form than standard ONNX's: ONNX Runtime's own operators and its blocked layout.
 *
 * Convolutions give blocked values; what acts element by element, or channel by channel, stays in the layout of what it
 * reads, so that a residual block is reordered nowhere.
 */
import { constant, node as makeNode, nodes, topological, type Node, type Value } from '../value.js'
import { matMul, reshape, sameShape } from '../ops.js'
import {
  blockedAlgebra,
  blockedConvolution,
  blockSize,
  convolutionPlus,
  gradientPlus,
  onePlusDifference,
  takesBlocks,
} from './blocked.js'
import { byChannel, sumOfImage } from './channelwise.js'
import { groupFactors, groupNormGradient } from './groupnorm.js'
import { layouts, type Form, type Layouts } from './layouts.js'
import { scaledSum } from './multiply-add.js'
import { narrowConvolution } from './narrow.js'
import { lowerPortably } from './portable.js'
import { beforeReshape, elementwise } from './reshapes.js'
import { rewrite } from './rewrite.js'
import { blockedFilterGradient, shiftedFilterGradient } from './shifted.js'
import { fastTranspose } from './transposes.js'
import { fusedSilu, plainOnePlusDifference, siluGradient } from './silu.js'

export function lowerForCpu(outputs: readonly Value[]): readonly Value[] {
  const block = blockSize()
  const forms = layouts()
  const order = topological(outputs)
  const uses = countUses(order, outputs)
  for (const node of order) {
    const results = inBlocks(node, forms, block, uses) ?? plainForms(fromBlocks(node, forms, block) ?? fromPlain(node, forms, block)) // prettier-ignore
    node.outputs.forEach((v, i) => forms.set(v, results[i]!))
  }
  return rewrite(lowerPortably(outputs.map(v => forms.plain(v))), beforeReshape)
}

const plainForms = (results: readonly Value[]): Form[] => results.map(plain => ({ plain }))

function withInputs(node: Node, inputs: readonly (Value | null)[]): Node {
  if (inputs.every((v, i) => v === node.inputs[i])) return node
  return { ...node, inputs, outputs: nodes(node.op, inputs, node.outputs, node) }
}

function fromPlain(node: Node, forms: Layouts, block: number): readonly Value[] {
  const read = withInputs(node, node.inputs.map(v => v && forms.plain(v))) // prettier-ignore
  return inPlain(read, block) ?? read.outputs
}

/** What replaces a node that makes something plain of a blocked image; null where that stays plain too. */
function fromBlocks(node: Node, forms: Layouts, block: number): readonly Value[] | null {
  if (isOurs(node, 'ConvFilterGradient') && forms.isBlocked(node.inputs[1]!)) {
    const [x, dy] = node.inputs as [Value, Value]
    return blockedFilterGradient({ ...node, inputs: [forms.plain(x), forms.blocked(dy)] }, block)
  }
  if (node.domain !== '' || node.op !== 'ReduceSum' || !forms.isBlocked(node.inputs[0]!)) return null
  return asList(sumOfImage(node, forms, blockedAlgebra(block)))
}

/** What replaces a node where its images are or become blocked; null where all stay plain. */
function inBlocks(node: Node, forms: Layouts, block: number, uses: Uses): readonly Form[] | null {
  const plain = (from: number): Value[] => node.inputs.slice(from).map(v => forms.plain(v!))
  const way = takesBlocks(node, block)
  if (way) {
    const x = way === 'blocked' ? forms.blocked(node.inputs[0]!) : forms.plain(node.inputs[0]!)
    return [{ blocked: blockedConvolution({ ...node, inputs: [x, ...plain(1)] }, block) }]
  }
  if (!node.inputs.some(v => v && forms.isBlocked(v))) return null
  const images = (count: number): Value[] => node.inputs.slice(0, count).map(v => forms.blocked(v!))
  if (isOurs(node, 'GroupNorm')) {
    const [x] = images(1) as [Value]
    const { a, b, mean, r } = groupFactors({ ...node, inputs: [x, ...plain(1)] }, blockedAlgebra(block))
    return [{ affine: { x, a, b } }, { plain: mean }, { plain: r }]
  }
  if (isOurs(node, 'GroupNormGradient')) {
    const [dx, ...sums] = groupNormGradient({ ...node, inputs: [...images(2), ...plain(2)] }, blockedAlgebra(block))
    return [{ blocked: dx }, ...plainForms(sums)]
  }
  if (isOurs(node, 'Silu')) return [{ blocked: fusedSilu(images(1)[0]!) }]
  if (isOurs(node, 'SiluGradient')) return [{ blocked: cpuSiluGradient({ ...node, inputs: images(3) }, block) }]
  const affine = byChannel(node, forms)
  if (affine) return [{ affine }]
  const same = node.domain === '' && elementwise.has(node.op) ? blockedElementwise(node, forms, uses) : null
  return same && [{ blocked: same }]
}

const isOurs = (node: Node, op: string): boolean => node.domain === 'invdiff' && node.op === op

const cpuSiluGradient = (node: Node, block: number): Value =>
  siluGradient(node, (x, y) => onePlusDifference(x, y, block) ?? plainOnePlusDifference(x, y))

/** Where every input is an image of the result's shape, or one for the whole batch, or a single number. */
function blockedElementwise(node: Node, forms: Layouts, uses: Uses): Value | null {
  const { shape, dtype } = node.outputs[0]!
  const isNumber = (v: Value): boolean => v.shape.length === 0
  const fits = (v: Value | null): v is Value =>
    v !== null && (isNumber(v) || sameShape(v.shape, shape) || sameShape(v.shape, [1, ...shape.slice(1)]))
  if (!node.inputs.every(fits)) return null
  const inputs = node.inputs.map(v => (isNumber(v) ? forms.plain(v) : forms.blocked(v)))
  if (node.op === 'Add' && inputs.every(v => sameShape(v.shape, shape))) {
    const [a, b] = inputs as [Value, Value]
    const into = (i: number, y: Value, z: Value): Value | null => {
      const whole = node.inputs[i]!
      if (uses.get(whole) !== 1) return null
      return whole.node && isOurs(whole.node, 'GroupNormGradient') ? gradientPlus(y, z) : convolutionPlus(y, z)
    }
    const sum = into(1, b, a) ?? into(0, a, b)
    if (sum) return sum
  }
  return makeNode(node.op, inputs, shape, dtype, node)
}

type Uses = ReadonlyMap<Value, number>

/** How often each value is read. */
function countUses(order: readonly Node[], outputs: readonly Value[]): Uses {
  const uses = new Map<Value, number>()
  for (const v of [...order.flatMap(n => n.inputs), ...outputs]) if (v) uses.set(v, (uses.get(v) ?? 0) + 1)
  return uses
}

/** What replaces a node whose inputs are plain; null to keep it. */
function inPlain(node: Node, block: number): readonly Value[] | null {
  if (isOurs(node, 'ConvFilterGradient')) return shiftedFilterGradient(node)
  if (isOurs(node, 'Silu')) return [fusedSilu(node.inputs[0]!)]
  if (isOurs(node, 'SiluGradient')) return [cpuSiluGradient(node, block)]
  if (node.domain === '' && node.op === 'Conv') return narrowConvolution(node)
  if (node.domain === '' && node.op === 'ReduceSum') return columnSums(node)
  if (node.domain === '' && node.op === 'Transpose') return asList(fastTranspose(node))
  if (node.domain === '' && (node.op === 'Add' || node.op === 'Sub')) return scaledSum(node, block)
  return null
}

const asList = (v: Value | null): readonly Value[] | null => v && [v]

/** The sum of a matrix' rows (the gradient of a bias) as a product with ones: the engine's own walks down the columns. */
function columnSums({ inputs, outputs }: Node): readonly Value[] | null {
  const [x, axes] = inputs as [Value, Value]
  const rows = x.shape[0]!
  if (x.shape.length !== 2 || x.dtype !== 'float32' || String(axes.data) !== '0') return null
  return [reshape(matMul(constant(1, 'float32', [1, rows]), x), outputs[0]!.shape)]
}
