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
import { constant, leaf, node, sizeOf, type Attributes, type Node, type Shape, type Value } from '../value.js'

/** Null where it does not apply, or would not pay. */
export function shiftedFilterGradient(gradient: Node): readonly Value[] | null {
  const { inputs, attributes, outputs } = gradient
  const [x, dy] = inputs as [Value, Value]
  const way = shifts(gradient)
  if (!way) return null
  if (way === 'transposed') return [transposedGradient(x, dy, attributes, outputs[0]!)]
  if (way === 'stacked') {
    const images = stacking(gradient)
    return shiftedFilterGradient({ ...gradient, inputs: [stacked(x, images), stacked(dy, images)] })
  }
  const { pads, kernel } = attributes as Record<string, Shape>
  const [kh, kw] = kernel as [number, number]
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const o = dy.shape[1]!
  const [top, left] = pads as [number, number]

  const xs = shiftedImages(x, [kh, kw], [top, left])
  const dys = shiftedRows(reshape(dy, [n * o, h * w]), kh, w)
  const rows = h + kh - 1
  const product = node(
    'FusedMatMul',
    [reshape(xs, [n, c * kw, rows * w]), reshape(dys, [n, o * kh, rows * w])],
    [n, c * kw, o * kh],
    'float32',
    { domain: 'com.microsoft', attributes: { transA: 0, transB: 1 } },
  )
  const sum = sumOverImages(product)
  // [c, kw, o, kh] to [kh, kw, c, o] in two transposes that the engine does by blocks, not one element by element.
  const byColumn = transpose(reshape(sum, [c, kw, o * kh]), [1, 0, 2])
  const byRow = transpose(reshape(byColumn, [kw * c * o, kh]), [1, 0])
  return [reshape(byRow, outputs[0]!.shape)]
}

/**
 * The same for a dy in blocks of channels: each block of each shift is a matrix [(h + kh - 1) w, block] that the product
 * takes as it lies in memory, without the transposition that it would make of channels-first rows. x is plain. Null where
 * the sums are better taken from a plain dy.
 */
export function blockedFilterGradient(gradient: Node, block: number): readonly Value[] | null {
  const { inputs, attributes, outputs } = gradient
  const [x, dy] = inputs as [Value, Value]
  const way = shifts(gradient)
  if (way === 'stacked') {
    const images = stacking(gradient)
    return blockedFilterGradient({ ...gradient, inputs: [stacked(x, images), stacked(dy, images, block)] }, block)
  }
  if (way !== 'both') return null
  const { pads, kernel } = attributes as Record<string, Shape>
  const [kh, kw] = kernel as [number, number]
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const blocks = dy.shape[1]! / block
  const [top, left] = pads as [number, number]

  const rows = (h + kh - 1) * w
  const xs = reshape(shiftedImages(x, [kh, kw], [top, left]), [n, 1, c * kw, rows])
  const dys = shiftedRows(reshape(dy, [n * blocks, h * w * block]), kh, w * block)
  const sum = sumOverImages(matMul(xs, reshape(dys, [n, blocks * kh, rows, block])))
  const byRow = transpose(reshape(sum, [blocks, kh, c, kw, block]), [1, 3, 2, 0, 4])
  return [reshape(byRow, outputs[0]!.shape)]
}

/** How small images are put together: so many in one tall image, each followed by so many rows of zeros. */
interface Stacking {
  readonly many: number
  readonly gap: number
}

/** What a core keeps at hand: the shifted images of one product should fit. */
const CACHE_BYTES = 2 ** 20

/** As many images as fit in the cache with their shifts. */
function stacking({ inputs, attributes }: Node): Stacking {
  const [n, c, h, w] = inputs[0]!.shape as [number, number, number, number]
  const [before, , after] = attributes.pads as [number, number, number]
  const gap = Math.max(before, after)
  const bytes = 4 * c * (attributes.kernel as Shape)[1]! * (h + gap) * w
  let many = n
  while (many % 2 === 0 && many * bytes > CACHE_BYTES) many /= 2
  return { many, gap }
}

/**
 * A batch of small images as fewer tall ones, [n, c, h, w] to [n / many, c, many (h + gap), w]: few large products instead of
 * many small ones, whose results would have to be summed. Channels lie in blocks of `block`; 1 is channels-first.
 */
function stacked(x: Value, { many, gap }: Stacking, block = 1): Value {
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const images = transpose(reshape(x, [n / many, many, c / block, h * w * block]), [0, 2, 1, 3])
  const rows = reshape(images, [(n * c) / block, h * w * block])
  const spaced = concat([rows, zeros(rows.shape[0]!, gap * w * block)], 1)
  return reshape(spaced, [n / many, c, many * (h + gap), w])
}

/**
 * What is shifted: both sides, both after the images were stacked, dy alone (x and dy in each other's place), or nothing
 * because it would not pay.
 */
function shifts({ inputs, attributes }: Node): 'both' | 'stacked' | 'transposed' | null {
  const [x, dy] = inputs as [Value, Value]
  const { strides, dilations, kernel } = attributes as Record<string, Shape>
  const plain = [...strides!, ...dilations!].every(s => s === 1) && x.shape.length === 4
  const equal = x.shape[2] === dy.shape[2] && x.shape[3] === dy.shape[3]
  if (!plain || !equal) return null
  const [kh, kw] = kernel as [number, number]
  const [n, c, h, w] = x.shape as [number, number, number, number]
  const o = dy.shape[1]!
  // Kernels of one row leave no rows of zeros between the shifts along w.
  if (kh === 1 || kh * kw * c <= kh * o) return null
  if (kh * kw * o <= kw * c) return 'transposed'
  // The product of one image against what it is made of.
  return n > 1 && kh * kw * c * o > h * w * (kw * c + kh * o) ? 'stacked' : 'both'
}

/** [n, ...] to [1, ...] as a product with ones: the engine's own reduction walks down the columns. */
function sumOverImages(x: Value): Value {
  const n = x.shape[0]!
  return matMul(constant(1, 'float32', [1, n]), reshape(x, [n, sizeOf(x.shape) / n]))
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

/** [m, kh (h + kh - 1) width] from dy [m, h width]: for each i, i rows of zeros, dy, and the rest of zeros. */
function shiftedRows(flat: Value, kh: number, width: number): Value {
  const gap = zeros(flat.shape[0]!, kh * width)
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
