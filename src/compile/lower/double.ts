/**
 * Operators that ONNX Runtime computes in single precision only, in terms of those it has in double. For checking
 * (orders, identities, gradients), not for speed.
 */
import { add, concat, div, exp, like, literal, matMul, neg, reshape, slice, transpose } from '../ops.js'
import { node, sizeOf, type Node, type Shape, type Value } from '../value.js'
import { overlapAdd, patches, type Window } from '../windows.js'
import { rewrite } from './rewrite.js'

/** The window of an ONNX node: its `pads` are all beginnings, then all ends. */
function windowOf({ attributes, outputs }: Node, kernel: Shape): Window {
  const { strides, pads, dilations } = attributes as Record<string, Shape>
  const r = kernel.length
  const output = outputs[0]!.shape.slice(2)
  const [before, after] = [pads!.slice(0, r), pads!.slice(r)]
  return { kernel, strides: strides!, dilations: dilations ?? kernel.map(() => 1), before, after, output }
}

/** W [out, in / group, ...kernel] times the patches of x, as one product for each image and group. */
function conv(n: Node): readonly Value[] {
  const [x, w, bias] = n.inputs as [Value, Value, Value | undefined]
  const group = n.attributes.group as number
  const [batch, channels, out] = [x.shape[0]!, x.shape[1]! / group, w.shape[0]! / group]
  const window = windowOf(n, w.shape.slice(2))
  const positions = sizeOf(window.output)
  const read = patches(x, window).map(p => reshape(p, [batch, group, channels, 1, positions]))
  const columns = reshape(concat(read, 3), [batch, group, channels * read.length, positions])
  const y = matMul(reshape(w, [group, out, channels * read.length]), columns)
  const shape = n.outputs[0]!.shape
  const shaped = reshape(y, shape)
  if (!bias) return [shaped]
  const along = reshape(bias, [group * out, ...window.output.map(() => 1)])
  return [node('Add', [shaped, along], shape, x.dtype)]
}

/** The adjoint: W^T x gives what each element of the kernel adds, which is then laid over the output. */
function convTranspose(n: Node): readonly Value[] {
  const [x, w] = n.inputs as [Value, Value]
  const group = n.attributes.group as number
  const [batch, channels, out] = [x.shape[0]!, x.shape[1]! / group, w.shape[1]!]
  const spatial = x.shape.slice(2)
  const kernel = w.shape.slice(2)
  const size = sizeOf(kernel)
  const wT = transpose(reshape(w, [group, channels, out, size]), [3, 0, 2, 1])
  const parts = matMul(
    reshape(wT, [1, size, group, out, channels]),
    reshape(x, [batch, 1, group, channels, sizeOf(spatial)]),
  )
  const each = Array.from({ length: size }, (_, k) => {
    const begin = parts.shape.map((_, i) => (i === 1 ? k : 0))
    const part = slice(parts, begin, parts.shape.map((d, i) => (i === 1 ? 1 : d))) // prettier-ignore
    return reshape(part, [batch, group * out, ...spatial])
  })
  const window = { ...windowOf(n, kernel), output: spatial }
  return [overlapAdd(each, window, n.outputs[0]!.shape.slice(2))]
}

/** The mean of the patches; padding counts where the node says so. */
function averagePool(n: Node): readonly Value[] {
  const [x] = n.inputs as [Value]
  const window = windowOf(n, n.attributes.kernel_shape as Shape)
  const total = (v: Value): Value => {
    const all = patches(v, window)
    return node('Sum', all, all[0]!.shape, v.dtype)
  }
  if (n.attributes.count_include_pad === 1) return [div(total(x), like(x, sizeOf(window.kernel)))]
  const ones = literal(new Float64Array(sizeOf(x.shape.slice(2))).fill(1), [1, 1, ...x.shape.slice(2)], x.dtype)
  return [div(total(x), total(ones))]
}

/** 1 / (1 + exp(-x)). ONNX Runtime would fuse x sigmoid(x) into an operator that has no double precision. */
function sigmoid({ inputs }: Node): readonly Value[] {
  const [x] = inputs as [Value]
  return [div(like(x, 1), add(like(x, 1), exp(neg(x))))]
}

const rules: Readonly<Record<string, (node: Node) => readonly Value[]>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  AveragePool: averagePool,
  Sigmoid: sigmoid,
}

export const lowerToDouble = (outputs: readonly Value[]): readonly Value[] =>
  rewrite(outputs, n => (n.domain === '' ? (rules[n.op]?.(n) ?? null) : null))
