/** Kernels that take elements by indices, or put them there. */
import * as tf from '@tensorflow/tfjs'
import { cast, equal, expand, fill, gather, less, like, literal, not } from '../ops.js'
import { or, reduce, reshape, slice, transpose, where } from '../ops.js'
import { constant, node, sizeOf, type Shape, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'
import { info } from './shape.js'

const { backend_util, util } = tf

const iota = (n: number): Value =>
  literal(
    Int32Array.from({ length: n }, (_, i) => i),
    [n],
    'int32',
  )

/** Indices [..., axes] whose values are known are checked when recorded; the engine checks the others when it runs. */
function checkIndices(kernelName: string, indices: Value, shape: Shape, axes = 1): void {
  indices.data?.forEach((v: number | bigint, i: number) => {
    const bound = shape[i % axes]!
    if (v < 0 || v >= bound) throw new Error(`${kernelName}: the index value ${v} is not in [0, ${bound - 1}]`)
  })
}

/** How many axes the indices of a point are for: tfjs writes those of one axis without a last axis of 1. */
const axesOf = (indices: Value): number => (indices.shape.length < 2 ? 1 : indices.shape[indices.shape.length - 1]!)

/** Indices as a list of points [..., axes]. */
const points = (indices: Value): Value =>
  indices.shape.length < 2 ? reshape(indices, [sizeOf(indices.shape), 1]) : indices

/** Whether each index, compared with 0 .. depth - 1 on a new last axis, is that number. */
const oneHot = (indices: Value, depth: number): Value => equal(reshape(indices, [...indices.shape, 1]), iota(depth))

function gatherNd(x: Value, indices: Value, shape: Shape, batchDims = 0): Value {
  return node('GatherND', [x, cast(indices, 'int64')], shape, x.dtype, { attributes: { batch_dims: batchDims } })
}

/** Rows for each batch its own: x [B, O, D, S] and indices [B, I] give [B, O, I, S]. */
function batchedGather(x: Value, indices: Value, axis: number, batchDims: number): Value {
  const of = backend_util.segment_util.collectGatherOpShapeInfo(info(x), info(indices), axis, batchDims)
  const { batchSize: B, outerSize: O, dimSize: D, sliceSize: S } = of
  const I = sizeOf(indices.shape) / B
  const rows = transpose(reshape(x, [B, O, D, S]), [0, 2, 1, 3])
  const taken = gatherNd(rows, reshape(indices, [B, I, 1]), [B, I, O, S], 1)
  return reshape(transpose(taken, [0, 2, 1, 3]), of.outputShape)
}

/** `updates` put (or added, in order) into `x` at `indices` [..., k] of its first k axes. */
function scatter(x: Value, indices: Value, updates: Value, reduction: 'none' | 'add'): Value {
  if (sizeOf(indices.shape) === 0 || sizeOf(updates.shape) === 0) return x
  const k = indices.shape[indices.shape.length - 1]!
  const slices = expand(updates, [...indices.shape.slice(0, -1), ...x.shape.slice(k)])
  const inputs = [x, cast(indices, 'int64'), slices]
  return node('ScatterND', inputs, x.shape, x.dtype, { attributes: { reduction } })
}

/** Sums of rows of x by their segment; rows of no segment go nowhere. */
function segmentSum(x: Value, ids: Value, segments: number): Value {
  const numbers = x.dtype === 'bool' ? cast(x, 'int32') : x
  const zeros = fill([segments + 1, ...x.shape.slice(1)], 0, numbers.dtype)
  const outside = or(less(ids, like(ids, 0)), not(less(ids, like(ids, segments))))
  const rows = where(outside, like(ids, segments), ids)
  const sums = scatter(zeros, points(rows), numbers, 'add')
  return slice(sums, [0, ...x.shape.slice(1).map(() => 0)], [segments, ...x.shape.slice(1)])
}

const flat = (x: Value): Value => (x.shape.length === 1 ? x : reshape(x, [sizeOf(x.shape)]))

/** How often (or with what total weight, or whether at all) each number below `size` is in the last axis of x. */
function count(x: Value, weights: Value, size: number, binary: boolean): Value {
  const shape = [...x.shape.slice(0, -1), size]
  if (sizeOf(x.shape) === 0) return fill(shape, 0, weights.dtype)
  if (x.data?.some((v: number | bigint) => v < 0)) throw new Error('Input x must be non-negative!')
  const hits = oneHot(x, size)
  const axis = [x.shape.length - 1]
  if (binary) return cast(reduce('ReduceMax', hits, axis, false), weights.dtype)
  const each = sizeOf(weights.shape) > 0 ? reshape(weights, [...x.shape, 1]) : like(weights, 1)
  return reduce('ReduceSum', where(hits, each, like(weights, 0)), axis, false)
}

export const indexingKernels: Readonly<Record<string, Kernel>> = {
  GatherV2: kernel<tf.GatherV2Inputs, tf.GatherV2Attrs>(({ x, indices }, { axis, batchDims }) => {
    const along = util.parseAxisParam(axis, [...x.shape])[0]!
    checkIndices('GatherV2', indices, [x.shape[along]!])
    if (batchDims) return batchedGather(x, indices, along, batchDims)
    return gather(x, cast(indices, 'int32'), along)
  }),
  GatherNd: kernel<tf.GatherNdInputs>(({ params, indices }) => {
    const [shape] = backend_util.prepareAndValidate(info(params), info(indices))
    checkIndices('GatherNd', indices, params.shape, indices.shape[indices.shape.length - 1])
    return gatherNd(params, indices, shape)
  }),
  ScatterNd: kernel<tf.ScatterNdInputs, tf.ScatterNdAttrs>(({ indices, updates }, { shape }) => {
    checkIndices('ScatterNd', indices, shape, axesOf(indices))
    return scatter(fill(shape, 0, updates.dtype), points(indices), updates, 'add')
  }),
  TensorScatterUpdate: kernel<tf.TensorScatterUpdateInputs>(({ tensor, indices, updates }) => {
    checkIndices('TensorScatterUpdate', indices, tensor.shape, axesOf(indices))
    return scatter(tensor, points(indices), updates, 'none')
  }),
  SparseToDense: kernel<tf.SparseToDenseInputs, tf.SparseToDenseAttrs>((inputs, { outputShape }) => {
    const { sparseIndices, sparseValues, defaultValue } = inputs
    checkIndices('SparseToDense', sparseIndices, outputShape, axesOf(sparseIndices))
    return scatter(expand(defaultValue, outputShape), points(sparseIndices), sparseValues, 'none')
  }),
  OneHot: kernel<tf.OneHotInputs, tf.OneHotAttrs>(({ indices }, { dtype, depth, onValue, offValue }) => {
    const hits = oneHot(indices, depth)
    if (dtype === 'bool') return onValue && !offValue ? hits : not(hits)
    const of = (value: number): Value => constant(value, dtype as 'float32' | 'int32')
    return where(hits, of(onValue), of(offValue))
  }),
  UnsortedSegmentSum: kernel<tf.UnsortedSegmentSumInputs, tf.UnsortedSegmentSumAttrs>(
    ({ x, segmentIds }, { numSegments }) => segmentSum(x, segmentIds, numSegments),
  ),
  Bincount: kernel<tf.BincountInputs, tf.BincountAttrs>(({ x, weights }, { size }) =>
    count(flat(x), flat(weights), size, false),
  ),
  DenseBincount: kernel<tf.DenseBincountInputs, tf.DenseBincountAttrs>(({ x, weights }, { size, binaryOutput }) =>
    count(x, weights, size, binaryOutput ?? false),
  ),
}
