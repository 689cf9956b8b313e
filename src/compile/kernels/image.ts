/**
 * Image kernels, channels-last: [n, height, width, channels].
 *
 * Interpolation is linear in the image and separable: y = R x C^T with one matrix for the rows and one for the columns,
 * and its gradient is R^T dy C. The matrices are constants where the sizes alone decide them.
 */
import * as tf from '@tensorflow/tfjs'
import {
  add,
  cast,
  elementwise,
  fill,
  gather,
  like,
  literal,
  matMul,
  mul,
  reduce,
  reshape,
  slice,
  sub,
  where,
} from '../ops.js'
import { ints, sizeOf, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

interface Resize {
  readonly alignCorners: boolean
  readonly halfPixelCenters: boolean
}

/** Where each of `to` pixels lies among `from`: the distance of pixels is `scale`. */
function scaleOf(from: number, to: number, { alignCorners }: Resize): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to
}

/** The pixel that each of `to` pixels copies. */
function nearest(from: number, to: number, mode: Resize): number[] {
  const scale = scaleOf(from, to, mode)
  return Array.from({ length: to }, (_, i) => {
    const source = scale * (mode.halfPixelCenters ? i + 0.5 : i)
    return Math.min(from - 1, mode.alignCorners ? Math.round(source) : Math.floor(source))
  })
}

/** A [to, from] matrix, from its entries (row, column, value), which add up; or its transpose. */
function matrix(to: number, from: number, entries: readonly (readonly [number, number, number])[]): Value {
  const data = new Float64Array(to * from)
  for (const [i, j, value] of entries) data[i * from + j]! += value
  return literal(data, [to, from], 'float32')
}

type Entry = readonly [number, number, number]

/** Linear interpolation between the two pixels next to each position. */
function linear(from: number, to: number, mode: Resize): Entry[] {
  const scale = scaleOf(from, to, mode)
  return Array.from({ length: to }, (_, i) => i).flatMap(i => {
    const position = mode.halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i
    const source = Math.min(Math.max(position, 0), from - 1)
    const low = Math.floor(source)
    const high = Math.min(low + 1, from - 1)
    return [[i, low, 1 - (source - low)] as const, [i, high, source - low] as const]
  })
}

const transposed = (entries: readonly Entry[]): Entry[] => entries.map(([i, j, value]) => [j, i, value])

/** R x C^T for every image and channel; matrices [rows, height] and [columns, width], or one of each for every image. */
function separable(x: Value, rows: Value, columns: Value): Value {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const [h, w] = [rows.shape.at(-2)!, columns.shape.at(-2)!]
  const tall = reshape(matMul(rows, reshape(x, [n, height, width * channels])), [n, h, width, channels])
  const c = columns.shape.length === 3 ? reshape(columns, [n, 1, w, width]) : columns
  return matMul(c, tall)
}

function resizeBilinear(x: Value, [h, w]: [number, number], mode: Resize): Value {
  const [, height, width] = x.shape as [number, number, number]
  return separable(
    cast(x, 'float32'),
    matrix(h, height, linear(height, h, mode)),
    matrix(w, width, linear(width, w, mode)),
  )
}

function resizeGradient(dy: Value, x: Value, entries: (from: number, to: number) => Entry[]): Value {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const [, h, w] = dy.shape as [number, number, number]
  if (sizeOf(dy.shape) === 0) return fill([n, height, width, channels], 0, 'float32')
  return separable(
    dy,
    matrix(height, h, transposed(entries(height, h))),
    matrix(width, w, transposed(entries(width, w))),
  )
}

function resizeNearest(x: Value, [h, w]: [number, number], mode: Resize): Value {
  const [, height, width] = x.shape as [number, number, number]
  const rows = gather(x, ints(nearest(height, h, mode)), 1)
  return gather(rows, ints(nearest(width, w, mode)), 2)
}

/** Whole factors, as in networks that double their resolution: each pixel's copies are summed. */
function resizeNearestGradient(dy: Value, x: Value, mode: Resize): Value {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const [fh, fw] = [dy.shape[1]! / height, dy.shape[2]! / width]
  const whole = Number.isInteger(fh) && Number.isInteger(fw) && fh > 0 && fw > 0 && !mode.alignCorners
  if (whole) return reduce('ReduceSum', reshape(dy, [n, height, fh, width, fw, channels]), [2, 4], false)
  return resizeGradient(dy, x, (from, to) => nearest(from, to, mode).map((j, i) => [i, j, 1] as const))
}

/** Entry (box, i) is where row (or column) i of a crop lies, in pixels: evenly from `begin` to `end`, in units of size - 1. */
function cropPositions(begin: Value, end: Value, length: number, size: number): Value {
  const t = Float64Array.from({ length }, (_, i) => (length > 1 ? i / (length - 1) : 0.5))
  const along = literal(t, [1, length], 'float32')
  const between = add(mul(begin, sub(like(along, 1), along)), mul(end, along))
  return mul(between, like(between, size - 1))
}

/** For each box the matrix [length, size] that interpolates at `positions`: a hat around each, or its nearest pixel. */
function cropMatrix(positions: Value, size: number, method: 'bilinear' | 'nearest'): Value {
  const p = reshape(positions, [...positions.shape, 1])
  const pixels = literal(
    Float64Array.from({ length: size }, (_, i) => i),
    [size],
    'float32',
  )
  if (method === 'nearest') {
    const rounded = elementwise('Floor', [add(p, like(p, 0.5))])
    return cast(elementwise('Equal', [rounded, pixels], 'bool'), 'float32')
  }
  const distance = elementwise('Abs', [sub(p, pixels)])
  return elementwise('Relu', [sub(like(distance, 1), distance)])
}

const within = (p: Value, size: number): Value =>
  elementwise('And', [
    elementwise('GreaterOrEqual', [p, like(p, 0)], 'bool'),
    elementwise('LessOrEqual', [p, like(p, size - 1)], 'bool'),
  ])

type CropInputs = Readonly<Record<'image' | 'boxes' | 'boxInd', Value>>

function cropAndResize({ image, boxes, boxInd }: CropInputs, attributes: tf.CropAndResizeAttrs): Value {
  const { cropSize, method, extrapolationValue } = attributes
  const [batch, height, width, channels] = image.shape as [number, number, number, number]
  const [count, [h, w]] = [boxes.shape[0]!, cropSize]
  if (sizeOf(image.shape) * count === 0) return fill([count, h, w, channels], 0, 'float32')
  const edge = (i: number): Value => slice(boxes, [0, i], [count, 1])
  const rows = cropPositions(edge(0), edge(2), h, height)
  const columns = cropPositions(edge(1), edge(3), w, width)
  const known = elementwise('Less', [boxInd, like(boxInd, batch)], 'bool')
  const images = gather(cast(image, 'float32'), elementwise('Min', [boxInd, like(boxInd, batch - 1)]), 0)
  const crops = separable(images, cropMatrix(rows, height, method), cropMatrix(columns, width, method))
  const inside = elementwise('And', [
    reshape(within(rows, height), [count, h, 1, 1]),
    reshape(within(columns, width), [count, 1, w, 1]),
  ])
  const filled = where(inside, crops, like(crops, extrapolationValue))
  return where(reshape(known, [count, 1, 1, 1]), filled, like(crops, 0))
}

/** Each pixel is the nearest one of the image turned by an angle about a centre; the map is known beforehand. */
function rotate(x: Value, { radians, fillValue, center }: tf.RotateWithOffsetAttrs): Value {
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const [cx, cy] = tf.backend_util.getImageCenter(center, height, width)
  const [sin, cos] = [Math.sin(radians), Math.cos(radians)]
  const sources = Array.from({ length: height * width }, (_, k) => {
    const [dx, dy] = [(k % width) - cx, Math.floor(k / width) - cy]
    const column = Math.round(dx * cos - dy * sin + cx)
    const row = Math.round(dx * sin + dy * cos + cy)
    return row >= 0 && row < height && column >= 0 && column < width ? row * width + column : -1
  })
  const found = gather(reshape(x, [n, height * width, channels]), ints(sources.map(s => Math.max(s, 0))), 1)
  const isInside = literal(
    Uint8Array.from(sources, s => (s < 0 ? 0 : 1)),
    [height * width, 1],
    'bool',
  )
  const colours = Array.from({ length: channels }, (_, c) =>
    typeof fillValue === 'number' ? fillValue : c === 3 ? 255 : (fillValue[c] ?? 0),
  )
  const outside = cast(literal(Float64Array.from(colours), [channels], 'float32'), x.dtype)
  return reshape(where(isInside, found, outside), x.shape)
}

export const imageKernels: Readonly<Record<string, Kernel>> = {
  ResizeBilinear: kernel<tf.ResizeBilinearInputs, tf.ResizeBilinearAttrs>(({ images }, a) =>
    resizeBilinear(images, a.size, a),
  ),
  ResizeBilinearGrad: kernel<tf.ResizeBilinearGradInputs, tf.ResizeBilinearGradAttrs>(({ images, dy }, a) =>
    resizeGradient(dy, images, (from, to) => linear(from, to, a)),
  ),
  ResizeNearestNeighbor: kernel<tf.ResizeNearestNeighborInputs, tf.ResizeNearestNeighborAttrs>(({ images }, a) =>
    resizeNearest(images, a.size, a),
  ),
  ResizeNearestNeighborGrad: kernel<tf.ResizeNearestNeighborGradInputs, tf.ResizeNearestNeighborGradAttrs>(
    ({ images, dy }, a) => resizeNearestGradient(dy, images, a),
  ),
  CropAndResize: kernel<tf.CropAndResizeInputs, tf.CropAndResizeAttrs>(cropAndResize),
  FlipLeftRight: kernel<tf.FlipLeftRightInputs>(({ image }) =>
    slice(
      image,
      image.shape.map((d, i) => (i === 2 ? d - 1 : 0)),
      image.shape,
      image.shape.map((_, i) => (i === 2 ? -1 : 1)),
    ),
  ),
  RotateWithOffset: kernel<tf.RotateWithOffsetInputs, tf.RotateWithOffsetAttrs>(({ image }, a) => rotate(image, a)),
}
