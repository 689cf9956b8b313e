/** Kernels that move elements and compute nothing. */
import * as tf from '@tensorflow/tfjs'
import { concat, expand, gather, like, literal, pad, reshape, slice, tile, transpose } from '../ops.js'
import { ints, leaf, nodes, sizeOf, type DType, type Shape, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

const { backend_util, slice_util, util } = tf

/** What tfjs' helpers read of a tensor. */
export const info = (x: Value): tf.TensorInfo => ({ dataId: {}, shape: [...x.shape], dtype: x.dtype as tf.DataType })

const axisOf = (x: Value, axis: number): number => util.parseAxisParam(axis, [...x.shape])[0]!

/** x with an axis of size 1 before axis `dim`. */
function expandDims(x: Value, dim: number): Value {
  const rank = x.shape.length
  if (dim < -(rank + 1) || dim > rank) throw new Error(`Axis must be in the interval [${-(rank + 1)}, ${rank}]`)
  return reshape(x, x.shape.toSpliced(dim < 0 ? dim + rank + 1 : dim, 0, 1))
}

/** x cut along an axis into parts of these sizes. */
function split(x: Value, sizes: readonly number[], axis: number): Value[] {
  const shapeOf = (size: number): Shape => x.shape.with(axis, size)
  if (sizes.every(size => size > 0) && sizeOf(x.shape) > 0)
    return nodes(
      'Split',
      [x, ints(sizes)],
      sizes.map(size => ({ shape: shapeOf(size), dtype: x.dtype })),
      { attributes: { axis } },
    )
  let start = 0
  return sizes.map(size => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0))
    start += size
    return slice(x, begin, shapeOf(size))
  })
}

/** Numbers from..to, exclusive, in steps. */
function range(start: number, stop: number, step: number, dtype: DType): Value {
  const empty = start === stop || (start < stop && step < 0) || (stop < start && step > 1)
  const n = empty ? 0 : Math.abs(Math.ceil((stop - start) / step))
  // A step of 1 is the default, and then means towards `stop`.
  const towards = stop < start && step === 1 ? -1 : step
  const values = Float64Array.from({ length: n }, (_, i) => start + i * towards)
  return leaf(dtype === 'int32' ? Int32Array.from(values) : values, [n], dtype)
}

const linspace = (start: number, stop: number, n: number): Value =>
  leaf(
    Float64Array.from({ length: n }, (_, i) => (i === 0 ? start : start + (i * (stop - start)) / (n - 1))),
    [n],
    'float32',
  )

/** A border that repeats the edge too (`symmetric`), which ONNX's Pad has not: rows by their indices. */
function padSymmetric(x: Value, paddings: readonly (readonly [number, number])[]): Value {
  return paddings.reduce((y, [before, after], axis) => {
    if (before === 0 && after === 0) return y
    const d = x.shape[axis]!
    const mirrored = (i: number): number => (i < 0 ? -i - 1 : i >= d ? 2 * d - i - 1 : i)
    const indices = Int32Array.from({ length: before + d + after }, (_, i) => mirrored(i - before))
    return gather(y, literal(indices, [indices.length], 'int32'), axis)
  }, x)
}

/** x [n] on the diagonal of zeros [n, n]: rows of n + 1 that begin with x, read as rows of n. */
function diagonal(x: Value): Value {
  const n = sizeOf(x.shape)
  const rows = pad(reshape(x, [n, 1]), [0, 0], [0, n], like(x, 0))
  const flat = slice(reshape(rows, [n * (n + 1)]), [0], [n * n])
  return reshape(flat, [...x.shape, ...x.shape])
}

export const shapeKernels: Readonly<Record<string, Kernel>> = {
  Reshape: kernel<tf.ReshapeInputs, tf.ReshapeAttrs>(({ x }, { shape }) =>
    reshape(x, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  ),
  ExpandDims: kernel<tf.ExpandDimsInputs, tf.ExpandDimsAttrs>(({ input }, { dim }) => expandDims(input, dim)),
  Transpose: kernel<tf.TransposeInputs, tf.TransposeAttrs>(({ x }, { perm }) => transpose(x, perm)),
  Slice: kernel<tf.SliceInputs, tf.SliceAttrs>(({ x }, { begin, size }) => {
    const [start, extent] = slice_util.parseSliceParams(info(x), begin, size) as [number[], number[]]
    slice_util.assertParamsValid(info(x), start, extent)
    return slice(x, start, extent)
  }),
  StridedSlice: kernel<tf.StridedSliceInputs, tf.StridedSliceAttrs>(({ x }, a) => {
    const masks = [a.beginMask, a.endMask, a.ellipsisMask, a.newAxisMask, a.shrinkAxisMask] as const
    const cut = slice_util.sliceInfo([...x.shape], a.begin, a.end, a.strides, ...masks)
    const size = slice_util.computeOutShape(cut.begin, cut.end, cut.strides).map(d => Math.max(0, d)) // no -0
    return reshape(slice(x, cut.begin, size, cut.strides), cut.finalShape)
  }),
  Reverse: kernel<tf.ReverseInputs, tf.ReverseAttrs>(({ x }, { dims }) => {
    const reversed = util.parseAxisParam(dims, [...x.shape]).filter(axis => x.shape[axis]! > 1)
    const of = (there: (axis: number) => number, elsewhere: number): number[] =>
      x.shape.map((_, i) => (reversed.includes(i) ? there(i) : elsewhere))
    return slice(x, of(i => x.shape[i]! - 1, 0), x.shape, of(() => -1, 1)) // prettier-ignore
  }),
  Concat: (inputs, attributes) => {
    const xs = Object.values(inputs)
    const axis = axisOf(xs[0]!, attributes.axis as number)
    backend_util.assertParamsConsistent(xs.map(x => [...x.shape]), axis) // prettier-ignore
    return concat(xs, axis)
  },
  Pack: (inputs, attributes) => {
    const axis = attributes.axis as number
    const given = Object.values(inputs)
    for (const { shape, dtype } of given) {
      const first = given[0]!
      util.assertShapesMatch([...first.shape], [...shape], 'All tensors passed to stack must have matching shapes: ')
      util.assert(dtype === first.dtype, () => `All tensors passed to stack must have matching dtypes: ${dtype}, ${first.dtype}`) // prettier-ignore
    }
    const xs = given.map(x => expandDims(x, axis))
    return concat(xs, axisOf(xs[0]!, axis))
  },
  SplitV: kernel<tf.SplitVInputs, tf.SplitVAttrs>(({ x }, { numOrSizeSplits, axis }) => {
    const along = axisOf(x, axis)
    return split(x, backend_util.prepareSplitSize(info(x), numOrSizeSplits, along), along)
  }),
  Unpack: kernel<tf.UnpackInputs, tf.UnpackAttrs>(({ value }, { axis }) => {
    const along = axisOf(value, axis)
    const ones = Array.from({ length: value.shape[along]! }, () => 1)
    return split(value, ones, along).map(part => reshape(part, part.shape.toSpliced(along, 1)))
  }),
  Tile: kernel<tf.TileInputs, tf.TileAttrs>(({ x }, { reps }) =>
    // Repeating what is there once only is broadcasting, which needs no copy where it is used.
    reps.every((r, i) => r === 1 || x.shape[i] === 1)
      ? expand(x, x.shape.map((d, i) => d * reps[i]!)) // prettier-ignore
      : tile(x, reps),
  ),
  PadV2: kernel<tf.PadV2Inputs, tf.PadV2Attrs>(
    ({ x }, { paddings, constantValue }) =>
    pad(x, paddings.map(p => p[0]), paddings.map(p => p[1]), like(x, constantValue)), // prettier-ignore
  ),
  MirrorPad: kernel<tf.MirrorPadInputs, tf.MirrorPadAttrs>(({ x }, { paddings, mode }) =>
    mode === 'reflect'
      ? pad(x, paddings.map(p => p[0]), paddings.map(p => p[1]), null, 'reflect') // prettier-ignore
      : padSymmetric(x, paddings),
  ),
  SpaceToBatchND: kernel<tf.SpaceToBatchNDInputs, tf.SpaceToBatchNDAttrs>(({ x }, { blockShape, paddings }) => {
    const whole = [[0, 0], ...paddings, ...x.shape.slice(1 + blockShape.length).map(() => [0, 0])] as [number, number][]
    const padded = pad(x, whole.map(p => p[0]), whole.map(p => p[1]), like(x, 0)) // prettier-ignore
    const block = sizeOf(blockShape)
    const split = backend_util.getReshaped([...padded.shape], blockShape, block, false)
    const perm = backend_util.getPermuted(split.length, blockShape.length, false)
    const merged = backend_util.getReshapedPermuted([...padded.shape], blockShape, block, false)
    return reshape(transpose(reshape(padded, split), perm), merged)
  }),
  BatchToSpaceND: kernel<tf.BatchToSpaceNDInputs, tf.BatchToSpaceNDAttrs>(({ x }, { blockShape, crops }) => {
    const block = sizeOf(blockShape)
    const split = backend_util.getReshaped([...x.shape], blockShape, block)
    const perm = backend_util.getPermuted(split.length, blockShape.length)
    const merged = backend_util.getReshapedPermuted([...x.shape], blockShape, block)
    const cropped = (axis: number): readonly [number, number] =>
      (crops[axis - 1] as [number, number] | undefined) ?? [0, 0]
    const begin = merged.map((_, i) => (i === 0 ? 0 : cropped(i)[0]))
    const size = merged.map((d, i) => (i === 0 ? d : d - cropped(i)[0] - cropped(i)[1]))
    return slice(reshape(transpose(reshape(x, split), perm), merged), begin, size)
  }),
  DepthToSpace: kernel<tf.DepthToSpaceInputs, tf.DepthToSpaceAttrs>(({ x }, { blockSize: b, dataFormat }) => {
    if (dataFormat === 'NCHW') {
      const [n, c, h, w] = x.shape as [number, number, number, number]
      const cells = transpose(reshape(x, [n, b, b, c / (b * b), h, w]), [0, 3, 4, 1, 5, 2])
      return reshape(cells, [n, c / (b * b), h * b, w * b])
    }
    const [n, h, w, c] = x.shape as [number, number, number, number]
    const cells = transpose(reshape(x, [n, h, w, b, b, c / (b * b)]), [0, 1, 3, 2, 4, 5])
    return reshape(cells, [n, h * b, w * b, c / (b * b)])
  }),
  Diag: kernel<tf.DiagInputs>(({ x }) => diagonal(x)),
  LinSpace: kernel<object, tf.LinSpaceAttrs>((_, { start, stop, num }) => linspace(start, stop, num)),
  Range: kernel<object, tf.RangeAttrs>((_, { start, stop, step, dtype }) => range(start, stop, step, dtype)),
}
