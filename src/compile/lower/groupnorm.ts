/**
 * Group normalisation and its gradient, in a few passes over the data, whatever the memory layout.
 *
 * For x [n, c, ...] in groups of N elements each, with the group's mean and r = 1 / sqrt(variance + epsilon):
 *   y  = (r gamma) (x - mean) + beta,
 *   dx = (r gamma) dy - r^3 M(gamma S2) (x - mean) - r M(gamma S1),
 * where S1 = sum dy and S2 = sum dy (x - mean) are taken for each image and channel, and M is the sum over a group's
 * channels divided by N. So all that touches every element is a sum over a channel's pixels, or a factor and an offset for
 * each channel; the rest is arithmetic on [n, c], where M is a product with a matrix. The variance is E[x^2] - mean^2, with
 * a relative rounding error of 1e-7 (1 + mean^2 / variance). Source: Wu, He 2018, arXiv 1803.08494.
 */
import { add, elementwise, like, matMul, max, mul, neg, reduce, reshape, sub } from '../ops.js'
import { leaf, sizeOf, type Node, type Shape, type Value } from '../value.js'

/** What a memory layout must do; `a`, `b` and the sums are [n, c]. */
export interface ChannelAlgebra {
  /** Sums over the pixels of each channel. */
  readonly sum: (x: Value) => Value
  /** Sums of x y over the pixels of each channel. */
  readonly sumOfProducts: (x: Value, y: Value) => Value
  /** a x + b. */
  readonly affine: (x: Value, a: Value, b: Value) => Value
  /** a x + z, for a tensor z like x. */
  readonly affineSum: (x: Value, a: Value, z: Value) => Value
}

const averages = new Map<string, Value>()

/** M as a matrix [c, c]: 1 / N where two channels are in one group. The same value for the same sizes, so written once. */
function averageOf([, c, ...spatial]: Shape, groups: number): Value {
  const inGroup = c! / groups
  const size = inGroup * sizeOf(spatial)
  const name = [c, groups, size].join()
  const known = averages.get(name)
  if (known) return known
  const together = (k: number): boolean => Math.floor(Math.floor(k / c!) / inGroup) === Math.floor((k % c!) / inGroup)
  const matrix = Float64Array.from({ length: c! * c! }, (_, k) => (together(k) ? 1 / size : 0))
  const made = { ...leaf(matrix, [c!, c!], 'float32'), structural: true }
  averages.set(name, made)
  return made
}

const row = (v: Value): Value => reshape(v, [1, v.shape[0]!])

/** What group normalisation does to x: y = a x + b. All are [n, c]. */
export interface GroupFactors {
  readonly a: Value
  readonly b: Value
  readonly mean: Value
  readonly r: Value
}

/** From x, gamma and beta. */
export function groupFactors({ inputs, attributes }: Node, { sum, sumOfProducts }: ChannelAlgebra): GroupFactors {
  const [x, gamma, beta] = inputs as [Value, Value, Value]
  const average = averageOf(x.shape, attributes.groups as number)
  const { float: epsilon } = attributes.epsilon as { float: number }
  const mean = matMul(sum(x), average)
  const variance = sub(matMul(sumOfProducts(x, x), average), mul(mean, mean))
  const positive = add(max(variance, like(variance, 0)), like(variance, epsilon))
  const r = elementwise('Reciprocal', [elementwise('Sqrt', [positive])])
  const a = mul(r, row(gamma))
  return { a, b: sub(row(beta), mul(mean, a)), mean, r }
}

/** y, the means and r from x, gamma and beta. */
export function groupNorm(node: Node, algebra: ChannelAlgebra): [Value, Value, Value] {
  const { a, b, mean, r } = groupFactors(node, algebra)
  return [algebra.affine(node.inputs[0]!, a, b), mean, r]
}

/** dL/dx, dL/dgamma and dL/dbeta, from dL/dy, x, the means, r and gamma. */
export function groupNormGradient(node: Node, algebra: ChannelAlgebra): [Value, Value, Value] {
  const { sum, sumOfProducts, affine, affineSum } = algebra
  const [dy, x, mean, r, gamma] = node.inputs as [Value, Value, Value, Value, Value]
  const average = averageOf(dy.shape, node.attributes.groups as number)
  const s1 = sum(dy)
  const s2 = sub(sumOfProducts(dy, x), mul(mean, s1))
  const m1 = mul(r, matMul(mul(s1, row(gamma)), average))
  const m2 = mul(mul(r, mul(r, r)), matMul(mul(s2, row(gamma)), average))
  const rest = affine(x, neg(m2), sub(mul(m2, mean), m1))
  return [
    affineSum(dy, mul(r, row(gamma)), rest),
    reduce('ReduceSum', mul(s2, r), [0], false),
    reduce('ReduceSum', s1, [0], false),
  ]
}

function plainSum(x: Value): Value {
  const [n, c] = x.shape as [number, number]
  return reduce('ReduceSum', reshape(x, [n, c, sizeOf(x.shape) / (n * c)]), [2], false)
}

const column = (a: Value, x: Value): Value => reshape(a, [...a.shape, ...x.shape.slice(2).map(() => 1)])

/** Channels-first, in operators of the standard. */
export const plainAlgebra: ChannelAlgebra = {
  sum: plainSum,
  sumOfProducts: (x, y) => plainSum(mul(x, y)),
  affine: (x, a, b) => add(mul(x, column(a, x)), column(b, x)),
  affineSum: (x, a, z) => add(mul(x, column(a, x)), z),
}
