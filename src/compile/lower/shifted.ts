/**
 * The filter gradient of a convolution of stride 1 and equal padding, without im2col.
 *
 * dW[i, j, c, o] = sum_{n, h, w} x[n, c, h + i - top, w + j - left] dy[n, o, h, w]. Shifting x along w for each j and dy along
 * h for each i makes all kh kw of them blocks of one matrix product of sizes (kw C) x (kh O), at the same arithmetic:
 * im2col moves kh kw copies of x, this kw copies of x and kh of dy, each as whole images. A shift by s elements is a
 * Concat with zeros before and behind; where it would carry the end of one row into the next, x is masked first.
 * Where one side has few channels, im2col of that side alone moves less.
 */
import { concat, matMul, mul, reshape, slice, transpose } from '../ops.js'
import { constant, leaf, node, type Attributes, type Node, type Shape, type Value } from '../value.js'

/** Null where it does not apply, or where the products of single images would outweigh what they are made of. */
export function shiftedFilterGradient({ inputs, attributes, outputs }: Node): readonly Value[] | null {
  const [x, dy] = inputs as [Value, Value]
  const { strides, dilations, pads, kernel } = attributes as Record<string, Shape>
  const plain = [...strides!, ...dilations!].every(s => s === 1) && x.shape.length === 4
  const equal = x.shape[2] === dy.shape[2] && x.shape[3] === dy.shape[3]
  if (!plain || !equal) return null
  const [kh, kw] = kernel as [number, number]
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const o = dy.shape[1]!
  if (kh * kw === 1 || kh * kw * c * o > h * w * (kw * c + kh * o) || kh * kw * c <= kh * o) return null
  if (kh * kw * o <= kw * c) return [transposedGradient(x, dy, attributes, outputs[0]!)]
  const [top, left] = pads as [number, number]

  const xs = shiftedImages(x, [kh, kw], [top, left])
  const dys = shiftedRows(dy, kh)
  const rows = h + kh - 1
  const product = node(
    'FusedMatMul',
    [reshape(xs, [n, c * kw, rows * w]), reshape(dys, [n, o * kh, rows * w])],
    [n, c * kw, o * kh],
    'float32',
    { domain: 'com.microsoft', attributes: { transA: 0, transB: 1 } },
  )
  // The sum over images as a product with ones: the engine's own reduction walks down the columns.
  const sum = matMul(constant(1, 'float32', [1, n]), reshape(product, [n, c * kw * o * kh]))
  // [c, kw, o, kh] to [kh, kw, c, o] in two transposes that the engine does by blocks, not one element by element.
  const byColumn = transpose(reshape(sum, [c, kw, o * kh]), [1, 0, 2])
  const byRow = transpose(reshape(byColumn, [kw * c * o, kh]), [1, 0])
  return [reshape(byRow, outputs[0]!.shape)]
}

/** The same sums with x and dy in each other's place: the kernel turned round, and in and out exchanged. */
function transposedGradient(x: Value, dy: Value, attributes: Attributes, { shape, dtype }: Value): Value {
  const { pads, kernel } = attributes as Record<string, Shape>
  const [kh, kw, c, o] = shape as [number, number, number, number]
  const turned = { ...attributes, pads: pads!.map((p, i) => kernel![i % 2]! - 1 - p) }
  const dw = node('ConvFilterGradient', [dy, x], [kh, kw, o, c], dtype, { domain: 'invdiff', attributes: turned })
  return transpose(slice(dw, [kh - 1, kw - 1, 0, 0], dw.shape, [-1, -1, 1, 1]), [0, 1, 3, 2])
}

/** [n c, kw (h + kh - 1) w]: for each j, x shifted left by j - left, `top` rows of zeros before it. */
function shiftedImages(x: Value, [kh, kw]: [number, number], [top, left]: [number, number]): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const flat = reshape(x, [n * c, h * w])
  const parts: Value[] = []
  let gap = 0
  for (let j = 0; j < kw; j++) {
    const shift = j - left
    gap += top * w - shift
    parts.push(zeros(n * c, gap), masked(flat, h, w, shift))
    gap = (kh - 1 - top) * w + shift
  }
  return concat(withoutEmpty([...parts, zeros(n * c, gap)]), 1)
}

/** [n o, kh (h + kh - 1) w]: for each i, i rows of zeros, dy, and the rest of zeros. */
function shiftedRows(dy: Value, kh: number): Value {
  const [n, o, h, w] = dy.shape as [number, number, number, number]
  const flat = reshape(dy, [n * o, h * w])
  const gap = zeros(n * o, kh * w)
  return concat(withoutEmpty(Array.from({ length: 2 * kh - 1 }, (_, i) => (i % 2 ? gap : flat))), 1)
}

/** x without the columns that a shift by `shift` would carry into a neighbouring row. */
function masked(flat: Value, h: number, w: number, shift: number): Value {
  if (shift === 0) return flat
  const kept = (column: number): boolean => (shift > 0 ? column >= shift : column < w + shift)
  const mask = Float32Array.from({ length: h * w }, (_, k) => (kept(k % w) ? 1 : 0))
  return mul(flat, leaf(mask, [1, h * w], 'float32'))
}

const zeros = (rows: number, columns: number): Value => constant(0, 'float32', [rows, columns])
const withoutEmpty = (values: readonly Value[]): Value[] => values.filter(v => v.shape[1]! > 0)
