/**
 * A convolution to very few channels. The engine's kernels make a block of channels at a time; here the whole kernel is
 * one matrix product for each image, Z[(i, j, o), p] = sum_c W[o, c, i, j] x[c, p], and the shifted rows of Z are added
 * up by a convolution with a kernel of ones and zeros.
 */
import { matMul, reshape, transpose } from '../ops.js'
import { leaf, node, sizeOf, type Node, type Shape, type Value } from '../value.js'

/** Null where there are too many channels for it to pay. */
export function narrowConvolution({ inputs, attributes, outputs }: Node): readonly Value[] | null {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined]
  if (x.shape.length !== 4 || attributes.group !== 1) return null
  const [o, c, kh, kw] = w.shape as [number, number, number, number]
  const { strides, dilations } = attributes as Record<string, Shape>
  const plain = [...strides!, ...(dilations ?? [])].every(s => s === 1)
  if (!plain || kh * kw === 1 || o > 2 || c < 16) return null
  const [n, , height, width] = x.shape as [number, number, number, number]
  const rows = kh * kw * o
  const products = matMul(reshape(transpose(w, [2, 3, 0, 1]), [rows, c]), reshape(x, [n, c, height * width]))
  const given = [reshape(products, [n, rows, height, width]), shifts(o, kh, kw), ...(bias ? [bias] : [])]
  const { shape, dtype } = outputs[0]!
  return [node('Conv', given, shape, dtype, { attributes })]
}

/** [o, (i, j, o), kh, kw]: 1 where row (i, j) of the products belongs to the kernel's element (i, j). */
function shifts(o: number, kh: number, kw: number): Value {
  const shape = [o, kh * kw * o, kh, kw]
  const ones = new Float32Array(sizeOf(shape))
  for (let a = 0; a < o; a++) for (let k = 0; k < kh * kw; k++) ones[(a * shape[1]! + k * o + a) * kh * kw + k] = 1
  return { ...leaf(ones, shape, 'float32'), structural: true }
}
