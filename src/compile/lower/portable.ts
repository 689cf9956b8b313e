/**
 * Operators of ours (domain `invdiff`) in terms of standard ONNX. A kernel records one where the best standard form
 * depends on the device; a device's own lowering (cpu.ts) goes first, this one takes what is left.
 */
import { concat, gemm, matMul, reduce, reshape, transpose } from '../ops.js'
import { sizeOf, type Node, type Shape, type Value } from '../value.js'
import { patches, type Window } from '../windows.js'
import { groupNorm, groupNormGradient, plainAlgebra } from './groupnorm.js'
import { rewrite } from './rewrite.js'
import { plainOnePlusDifference, plainSilu, siluGradient } from './silu.js'

/**
 * dL/dW [...kernel, in / group, out] of a convolution, from x [n, in, ...] and dL/dy [n, out, ...]: for each element k of
 * the kernel, sum_p x[., p stride + k dilation] dL/dy[., p]^T. The patches that the kernel's elements read (im2col), times
 * dL/dy, is one matrix product for each image, whose results are summed. Where images have fewer positions than
 * channels, those results would outweigh the patches: the batch then becomes one more spatial axis, and the product one.
 */
function filterGradient({ inputs, attributes, outputs }: Node): readonly Value[] {
  const [x, dy] = inputs as [Value, Value]
  const { strides, pads, dilations, kernel, group } = attributes as Record<string, Shape> & { group?: number }
  const r = kernel!.length
  const window: Window = {
    kernel: kernel!,
    strides: strides!,
    dilations: dilations!,
    before: pads!.slice(0, r),
    after: pads!.slice(r),
    output: dy.shape.slice(2),
  }
  const merge = sizeOf(window.output) < dy.shape[1]!
  const dw = merge
    ? products(batchAsAxis(x), batchAsAxis(dy), withBatchAxis(window, x.shape[0]!), group ?? 1)
    : products(x, dy, window, group ?? 1)
  return [reshape(dw, outputs[0]!.shape)]
}

/** [...kernel (as one axis), in, out / group]. */
function products(x: Value, dy: Value, window: Window, group: number): Value {
  const [n, channels] = [x.shape[0]!, x.shape[1]! / group]
  const positions = sizeOf(window.output)
  const out = dy.shape[1]! / group
  const read = patches(x, window).map(p => reshape(p, [n, group, channels, positions]))
  const columns = concat(read, 2)
  const rows = read.length * channels
  if (n === 1 && group === 1)
    return gemm(reshape(columns, [rows, positions]), reshape(dy, [out, positions]), null, false, true)
  const dyT = transpose(reshape(dy, [n, group, out, positions]), [0, 1, 3, 2])
  const sum = reduce('ReduceSum', matMul(columns, dyT), [0], false)
  return transpose(reshape(sum, [group, read.length, channels, out]), [1, 0, 2, 3])
}

/** [n, c, ...spatial] as [1, c, n, ...spatial]. */
const batchAsAxis = (x: Value): Value => {
  const swapped = transpose(x, [1, 0, ...x.shape.map((_, i) => i).slice(2)])
  return reshape(swapped, [1, ...swapped.shape])
}

const withBatchAxis = (w: Window, n: number): Window => ({
  kernel: [1, ...w.kernel],
  strides: [1, ...w.strides],
  dilations: [1, ...w.dilations],
  before: [0, ...w.before],
  after: [0, ...w.after],
  output: [n, ...w.output],
})

/** A rule gives the values that replace a node's outputs. Inputs are rewritten already. */
const rules: Readonly<Record<string, (node: Node) => readonly Value[]>> = {
  ConvFilterGradient: filterGradient,
  DepthwiseFilterGradient: filterGradient,
  Silu: ({ inputs }) => [plainSilu(inputs[0]!)],
  SiluGradient: node => [siluGradient(node, plainOnePlusDifference)],
  GroupNorm: node => groupNorm(node, plainAlgebra),
  GroupNormGradient: node => groupNormGradient(node, plainAlgebra),
}

export const lowerPortably = (outputs: readonly Value[]): readonly Value[] =>
  rewrite(outputs, node => (node.domain === 'invdiff' ? rules[node.op]!(node) : null))
