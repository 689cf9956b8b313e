/** Matrix products. */
import * as tf from '@tensorflow/tfjs'
import { add, broadcast, fill, gemm, matMul, mul, reduce, reshape, transpose } from '../ops.js'
import { sizeOf, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

const swapLast = (x: Value): Value => {
  const axes = x.shape.map((_, i) => i)
  const r = axes.length
  return transpose(x, [...axes.slice(0, -2), r - 1, r - 2])
}

/** The last two axes alone, where all before them are 1. */
const asMatrix = (x: Value): Value | null =>
  x.shape.slice(0, -2).every(d => d === 1) ? reshape(x, x.shape.slice(-2)) : null

function checkShapes(a: Value, b: Value, transposeA: boolean, transposeB: boolean): void {
  const shapes = `[${a.shape.join(', ')}]${transposeA ? ' transposed' : ''} and [${b.shape.join(', ')}]${transposeB ? ' transposed' : ''}`
  if (a.shape.length < 2 || b.shape.length < 2)
    throw new Error(`matMul: ${shapes} are not both matrices: reshape a vector to one row or one column`)
  if (a.shape.at(transposeA ? -2 : -1) !== b.shape.at(transposeB ? -1 : -2))
    throw new Error(`matMul: the columns of the first and the rows of the second differ: ${shapes}`)
}

/** A bias for each column (or one for all), as Gemm adds it, whatever the rows are; else null. */
const asRow = (bias: Value | null): Value | null =>
  bias?.shape.slice(0, -1).every(d => d === 1) ? reshape(bias, bias.shape.slice(-1)) : null

/**
 * op(a) op(b) + bias over the last two axes, the leading ones broadcast; op transposes where asked.
 *
 * A right-hand matrix that all of a's matrices share makes one product of them: their rows follow one another. Gemm
 * takes the transposes along; it knows floats only.
 */
export function product(a: Value, b: Value, transposeA = false, transposeB = false, bias: Value | null = null): Value {
  checkShapes(a, b, transposeA, transposeB)
  const [m, k] = transposeA ? [a.shape.at(-1)!, a.shape.at(-2)!] : [a.shape.at(-2)!, a.shape.at(-1)!]
  const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), m, b.shape.at(transposeB ? -2 : -1)!]
  const plus = (y: Value): Value => (bias ? add(y, bias) : y)
  if (k === 0) return plus(fill(shape, 0, a.dtype))
  // A column times a row, element by element.
  if (k === 1) return plus(mul(transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b))
  const right = a.dtype === 'float32' ? asMatrix(b) : null
  const left = right && (asMatrix(a) ?? (transposeA ? null : reshape(a, [sizeOf(a.shape) / k, k])))
  if (!left) return plus(matMul(transposeA ? swapLast(a) : a, transposeB ? swapLast(b) : b))
  // A^T b for one column b: as the row b^T A, which walks along A's rows.
  if (transposeA && right.shape[transposeB ? 0 : 1] === 1)
    return plus(reshape(gemm(reshape(right, [1, k]), left, null), shape))
  const row = asRow(bias)
  const y = reshape(gemm(left, right, row, transposeA, transposeB), shape)
  return row ? y : plus(y)
}

/** One term of an equation: a label for each axis. */
interface Term {
  readonly x: Value
  readonly labels: readonly string[]
}

const permuted = ({ x, labels }: Term, order: readonly string[]): Value =>
  transpose(
    x,
    order.map(l => labels.indexOf(l)),
  )

/** Sums the axes whose labels nobody else needs. */
function summed({ x, labels }: Term, needed: readonly string[]): Term {
  const axes = labels.map((_, i) => i).filter(i => !needed.includes(labels[i]!))
  return { x: reduce('ReduceSum', x, axes, false), labels: labels.filter(l => needed.includes(l)) }
}

/** Two terms as one product: batch axes (in both and the result), rows, columns, and the axes summed over. */
function contraction(a: Term, b: Term, result: readonly string[]): Value {
  const shared = a.labels.filter(l => b.labels.includes(l))
  const batch = shared.filter(l => result.includes(l))
  const inner = shared.filter(l => !result.includes(l))
  const rows = a.labels.filter(l => !shared.includes(l))
  const columns = b.labels.filter(l => !shared.includes(l))
  const sizes = (labels: readonly string[]): number[] =>
    labels.map(l => a.x.shape[a.labels.indexOf(l)] ?? b.x.shape[b.labels.indexOf(l)]!)
  const [n, m, k, c] = [batch, rows, inner, columns].map(l => sizeOf(sizes(l))) as [number, number, number, number]
  const y = product(
    reshape(permuted(a, [...batch, ...rows, ...inner]), [n, m, k]),
    reshape(permuted(b, [...batch, ...inner, ...columns]), [n, k, c]),
  )
  const labels = [...batch, ...rows, ...columns]
  return permuted({ x: reshape(y, sizes(labels)), labels }, result)
}

function einsum(xs: readonly Value[], equation: string): Value {
  const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, xs.length)
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, xs as unknown as tf.Tensor[])
  const result = Array.from(equation.replace(/\s/g, '').split('->')[1]!)
  const terms: Term[] = xs.map((x, i) => ({ x, labels: idDims[i]!.map(d => allDims[d]!) }))
  const [a, b] = terms.map((t, i) => summed(t, [...result, ...(terms[1 - i]?.labels ?? [])]))
  return b ? contraction(a!, b, result) : permuted(a!, result)
}

export const matrixKernels: Readonly<Record<string, Kernel>> = {
  BatchMatMul: kernel<tf.BatchMatMulInputs, tf.BatchMatMulAttrs>(({ a, b }, { transposeA, transposeB }) =>
    product(a, b, transposeA, transposeB),
  ),
  Einsum: (inputs, { equation }) => einsum(Object.values(inputs), equation as string),
}
