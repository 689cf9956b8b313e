/**
 * Permutations of axes that ONNX Runtime's Transpose does slowly, element by element.
 *
 * Square patches of pixels into channels, and back, have operators of their own. Anything else is done in two steps, since the
 * engine moves one axis, or whole runs of memory, several times faster than single elements. With L the last axis of x,
 * between `pre` and `post` in the result:
 *
 *   x -> [pre, post, L] -> [pre, L, post]       runs first, or
 *   x -> [.., .., q] -> result, q last          one axis first, with q the last axis of the result,
 *
 * whichever moves longer runs.
 */
import { reshape, sameShape, transpose } from '../ops.js'
import { node, sizeOf, type Node, type Shape, type Value } from '../value.js'

/** Smaller ones cost less than a second node. */
const LARGE = 2 ** 14

/** Null where the engine's way is as fast. */
export function fastTranspose({ inputs, attributes, outputs }: Node): Value | null {
  const x = inputs[0]!
  if (sizeOf(x.shape) < LARGE) return null
  const permutation = merged(x.shape, attributes.perm as Shape)
  const patches = x.dtype === 'float32' ? betweenPatches(x, permutation) : null
  return patches ? reshape(patches, outputs[0]!.shape) : inTwoSteps(x, permutation, outputs[0]!.shape)
}

/** [n, h, p, w, p] to [n, p, p, h, w] and back: each image with patches of p x p as channels, as one operator of the engine. */
function betweenPatches(x: Value, { sizes, order }: Permutation): Value | null {
  const record = (op: string, from: Shape, to: Shape, blocksize: number): Value =>
    node(op, [reshape(x, from)], to, x.dtype, { attributes: { blocksize } })
  if (sameShape(order, [0, 2, 4, 1, 3]) && sizes[2] === sizes[4]) {
    const [n, h, p, w] = sizes as [number, number, number, number]
    return record('SpaceToDepth', [n, 1, h * p, w * p], [n, p * p, h, w], p)
  }
  if (sameShape(order, [0, 3, 1, 4, 2]) && sizes[1] === sizes[2]) {
    const [n, p, , h, w] = sizes as [number, number, number, number, number]
    return record('DepthToSpace', [n, p * p, h, w], [n, 1, h * p, w * p], p)
  }
  return null
}

function inTwoSteps(x: Value, { sizes, order }: Permutation, shape: Shape): Value | null {
  const last = sizes.length - 1
  if (last < 3 || order[last] === last || movesOneAxis(order)) return null

  const at = order.indexOf(last)
  const [pre, post] = [order.slice(0, at), order.slice(at + 1)]
  const q = order[last]!
  const axes = order.map((_, i) => i)
  const [before, after] = [axes.slice(0, q), axes.slice(q + 1)]
  const sizeOfAll = (some: Shape): number => sizeOf(some.map(a => sizes[a]!))
  const runsFirst = [...pre, ...post, last]
  const axisFirst = [...before, ...after, q]
  const permOf = (from: Shape, to: Shape): number[] => to.map(a => from.indexOf(a))
  const whole = reshape(x, sizes)
  if (run(axes, runsFirst, sizes) >= run(axisFirst, order, sizes)) {
    const moved = transpose(whole, runsFirst)
    const three = reshape(moved, [sizeOfAll(pre), sizeOfAll(post), sizes[last]!])
    return reshape(transpose(three, [0, 2, 1]), shape)
  }
  const three = transpose(reshape(whole, [sizeOfAll(before), sizes[q]!, sizeOfAll(after)]), [0, 2, 1])
  const moved = reshape(three, axisFirst.map(a => sizes[a]!)) // prettier-ignore
  return reshape(transpose(moved, permOf(axisFirst, order)), shape)
}

/** Sizes of the axes, and the axis that comes at each place of the result. */
interface Permutation {
  readonly sizes: Shape
  readonly order: Shape
}

/** The permutation with axes of size 1 left out, and axes that stay neighbours as one. */
function merged(shape: Shape, perm: Shape): Permutation {
  const kept = [...perm].sort((a, b) => a - b).filter(a => shape[a] !== 1)
  const groups: number[][] = []
  for (const axis of perm.filter(a => shape[a] !== 1).map(a => kept.indexOf(a))) {
    const group = groups.at(-1)
    if (group?.at(-1) === axis - 1) group.push(axis)
    else groups.push([axis])
  }
  const sorted = [...groups].sort((a, b) => a[0]! - b[0]!)
  const sizes = sorted.map(group => sizeOf(group.map(k => shape[kept[k]!]!)))
  return { sizes, order: groups.map(group => sorted.indexOf(group)) }
}

const movesOneAxis = (order: Shape): boolean =>
  order.some(axis => {
    const rest = order.filter(a => a !== axis)
    return sameShape(rest, [...rest].sort((a, b) => a - b)) // prettier-ignore
  })

/** Elements that lie together before and after: the axes at the end that follow one another in both orders. */
function run(from: Shape, to: Shape, sizes: Shape): number {
  let size = 1
  for (let i = to.length - 1; i >= 0 && from[from.length - to.length + i] === to[i]; i--) size *= sizes[to[i]!]!
  return size
}
