/**
 * Group normalisation and its gradient, in a few passes over the data, whatever the memory layout.
 *
 * For x [n, c, ...] in G groups of N elements each, with the group's mean and r = 1 / sqrt(variance + epsilon):
 *   y  = (r gamma) (x - mean) + beta,
 *   dx = (r gamma) dy - r^3 M(gamma S2) (x - mean) - r M(gamma S1),
 * where S1 = sum dy and S2 = sum dy (x - mean) are taken for each image and channel, and M is the sum over a group's
 * channels divided by N. So all that touches every element is a sum over a channel's pixels, or a factor and an offset for
 * each channel. The variance is E[x^2] - mean^2, with a relative rounding error of 1e-7 (1 + mean^2 / variance).
 * Source: Wu, He 2018, arXiv 1803.08494.
 */
import { add, div, elementwise, like, max, mul, neg, reduce, reshape, sub } from '../ops.js'
import { constant, sizeOf, type Node, type Shape, type Value } from '../value.js'

/** What a memory layout must do; `a`, `b` and the sums are [n, c]. */
export interface ChannelAlgebra {
  /** Sums over the pixels of each channel. */
  readonly sum: (x: Value) => Value
  /** a x + b. */
  readonly affine: (x: Value, a: Value, b: Value) => Value
  /** a x + z, for a tensor z like x. */
  readonly affineSum: (x: Value, a: Value, z: Value) => Value
}

/** How [n, c] falls into groups. */
interface Groups {
  readonly n: number
  readonly c: number
  readonly groups: number
  /** Elements in a group. */
  readonly size: number
}

function groupsOf(shape: Shape, groups: number): Groups {
  const [n, c] = shape as [number, number]
  return { n, c, groups, size: sizeOf(shape.slice(1)) / groups }
}

const ones = (shape: Shape): Value => constant(1, 'float32', shape)

/** [n, c] summed over each group's channels and divided by its size: [n, G, 1]. */
function groupMean(x: Value, { n, c, groups, size }: Groups): Value {
  const sum = reduce('ReduceSum', reshape(x, [n, groups, c / groups]), [2], true)
  return div(sum, like(sum, size))
}

/** [n, G, 1] times gamma [c] (or 1), as [n, c]. */
function perChannel(x: Value, { n, c, groups }: Groups, gamma: Value = ones([c])): Value {
  return reshape(mul(x, reshape(gamma, [1, groups, c / groups])), [n, c])
}

/** y, the means and r, both [n, G, 1], from x, gamma and beta. */
export function groupNorm({ inputs, attributes }: Node, { sum, affine }: ChannelAlgebra): [Value, Value, Value] {
  const [x, gamma, beta] = inputs as [Value, Value, Value]
  const g = groupsOf(x.shape, attributes.groups as number)
  const { float: epsilon } = attributes.epsilon as { float: number }
  const mean = groupMean(sum(x), g)
  const square = sub(groupMean(sum(mul(x, x)), g), mul(mean, mean))
  const variance = max(square, like(square, 0))
  const r = elementwise('Reciprocal', [elementwise('Sqrt', [add(variance, like(variance, epsilon))])])
  const offset = sub(reshape(beta, [1, g.c]), perChannel(mul(mean, r), g, gamma))
  return [affine(x, perChannel(r, g, gamma), offset), mean, r]
}

/** dL/dx, dL/dgamma and dL/dbeta, from dL/dy, x, the means, r and gamma. */
export function groupNormGradient(node: Node, { sum, affine, affineSum }: ChannelAlgebra): [Value, Value, Value] {
  const [dy, x, mean, r, gamma] = node.inputs as [Value, Value, Value, Value, Value]
  const g = groupsOf(dy.shape, node.attributes.groups as number)
  const s1 = sum(dy)
  const s2 = sub(sum(mul(dy, x)), mul(perChannel(mean, g), s1))
  const weight = reshape(gamma, [1, g.c])
  const slope = neg(mul(mul(r, mul(r, r)), groupMean(mul(s2, weight), g)))
  const offset = sub(neg(mul(r, groupMean(mul(s1, weight), g))), mul(slope, mean))
  return [
    affineSum(dy, perChannel(r, g, gamma), affine(x, perChannel(slope, g), perChannel(offset, g))),
    reduce('ReduceSum', mul(s2, perChannel(r, g)), [0], false),
    reduce('ReduceSum', s1, [0], false),
  ]
}

const column = (a: Value, x: Value): Value => reshape(a, [...a.shape, ...x.shape.slice(2).map(() => 1)])

/** Channels-first, in operators of the standard. */
export const plainAlgebra: ChannelAlgebra = {
  sum(x) {
    const [n, c] = x.shape as [number, number]
    return reduce('ReduceSum', reshape(x, [n, c, sizeOf(x.shape) / (n * c)]), [2], false)
  },
  affine: (x, a, b) => add(mul(x, column(a, x)), column(b, x)),
  affineSum: (x, a, z) => add(mul(x, column(a, x)), z),
}
