/**
 * Convolutions and their two gradients, for two and three spatial axes, dense and depthwise.
 *
 * All are recorded channels-first, as ONNX has them. tfjs' filters are [...kernel, in, out], depthwise ones
 * [...kernel, in, multiplier]: the convolution in `group` = in groups of channels.
 */
import * as tf from '@tensorflow/tfjs'
import { fill, reshape, slice, transpose } from '../ops.js'
import { node, sizeOf, type Shape, type Value } from '../value.js'
import { extent, padSpatial, window2d, window3d, type Window } from '../windows.js'
import { kernel, type Kernel } from './kernel.js'

interface Convolution {
  readonly window: Window
  readonly group: number
  readonly channelsLast: boolean
}

const count = (rank: number): number[] => Array.from({ length: rank }, (_, i) => i)

/** [n, ...spatial, c] to [n, c, ...spatial]. */
export const channelsFirst = (x: Value): Value => {
  const last = x.shape.length - 1
  return transpose(x, [0, last, ...count(last).slice(1)])
}

/** [n, c, ...spatial] to [n, ...spatial, c]. */
export const channelsLast = (x: Value): Value => transpose(x, [0, ...count(x.shape.length).slice(2), 1])

const inward = (x: Value, c: Convolution): Value => (c.channelsLast ? channelsFirst(x) : x)
const outward = (x: Value, c: Convolution): Value => (c.channelsLast ? channelsLast(x) : x)

const attributesOf = ({ window: { strides, before, after, dilations }, group }: Convolution) => ({
  strides,
  pads: [...before, ...after],
  dilations,
  group,
})

/** A filter as ONNX has it: [out, in / group, ...kernel]. */
function weights(filter: Value, { group }: Convolution): Value {
  const r = filter.shape.length - 2
  if (group === 1) return transpose(filter, [r + 1, r, ...count(r)])
  const [channels, multiplier] = filter.shape.slice(r)
  return reshape(transpose(filter, [r, r + 1, ...count(r)]), [channels! * multiplier!, 1, ...filter.shape.slice(0, r)])
}

/** The filter of the adjoint: [in, out / group, ...kernel], turned round. */
function adjointWeights(filter: Value): Value {
  const r = filter.shape.length - 2
  const turned = slice(
    filter,
    filter.shape.map((d, i) => (i < r ? d - 1 : 0)),
    filter.shape,
    filter.shape.map((_, i) => (i < r ? -1 : 1)),
  )
  return transpose(filter.shape.slice(0, r).every(k => k === 1) ? filter : turned, [r, r + 1, ...count(r)])
}

/** y = filter * x (+ bias [out]). */
export function convolution(x: Value, filter: Value, c: Convolution, bias: Value | null = null): Value {
  const { before, after, output } = c.window
  const out = filter.shape[filter.shape.length - 1]! * c.group
  const shape = [x.shape[0]!, out, ...output]
  if (sizeOf(x.shape) * sizeOf(filter.shape) === 0) return outward(fill(shape, 0, x.dtype), c)
  const cropped = before.some(b => b < 0)
    ? padSpatial(inward(x, c), before.map(b => Math.min(b, 0)), after.map(() => 0)) // prettier-ignore
    : inward(x, c)
  const window = { ...c.window, before: before.map(b => Math.max(b, 0)) }
  const attributes = attributesOf({ ...c, window })
  const inputs = [cropped, weights(filter, c), ...(bias ? [bias] : [])]
  return outward(node('Conv', inputs, shape, x.dtype, { attributes }), c)
}

/** The gradient by x, of shape `input`: the adjoint of the convolution, applied to dy. */
function inputGradient(dy: Value, filter: Value, input: Shape, c: Convolution): Value {
  if (sizeOf(dy.shape) * sizeOf(filter.shape) === 0) return fill(input, 0, dy.dtype)
  const whole = inward(dy, c)
  // tfjs takes a dy that is larger than the convolution's result, and reads the beginning of it.
  const y = slice(whole, whole.shape.map(() => 0), [...whole.shape.slice(0, 2), ...c.window.output]) // prettier-ignore
  const spatial = c.channelsLast ? input.slice(1, -1) : input.slice(2)
  const channels = input[c.channelsLast ? input.length - 1 : 1]!
  const record = c.window.strides.every(s => s === 1) ? byConvolution : byTransposedConvolution
  return outward(record(y, filter, [input[0]!, channels, ...spatial], c), c)
}

function byConvolution(y: Value, filter: Value, shape: Shape, c: Convolution): Value {
  const reach = extent(c.window)
  const before = reach.map((e, i) => e - 1 - c.window.before[i]!)
  const after = reach.map((e, i) => shape[i + 2]! - y.shape[i + 2]! + e - 1 - before[i]!)
  const negative = (amounts: Shape): number[] => amounts.map(a => Math.min(a, 0))
  const positive = (amounts: Shape): number[] => amounts.map(a => Math.max(a, 0))
  const cropped = padSpatial(y, negative(before), negative(after))
  const window = { ...c.window, before: positive(before), after: positive(after) }
  const attributes = attributesOf({ ...c, window })
  return node('Conv', [cropped, adjointWeights(filter)], shape, y.dtype, { attributes })
}

function byTransposedConvolution(y: Value, filter: Value, shape: Shape, c: Convolution): Value {
  const { before, after, strides, output } = c.window
  const skipped = before.map(b => Math.max(-b, 0))
  const size = shape.map((d, i) => d - (skipped[i - 2] ?? 0))
  const reach = extent(c.window)
  const begin = before.map(b => Math.max(b, 0))
  const rest = output.map(
    (o, i) => size[i + 2]! - ((o - 1) * strides[i]! + reach[i]! - begin[i]! - after[i]!), // prettier-ignore
  )
  const attributes = { ...attributesOf({ ...c, window: { ...c.window, before: begin } }), output_padding: rest }
  const x = node('ConvTranspose', [y, weights(filter, c)], size, y.dtype, { attributes })
  return padSpatial(x, skipped, skipped.map(() => 0)) // prettier-ignore
}

/**
 * The gradient by the filter. An operator of our own (src/compile/lower/portable.ts): inputs x and dy channels-first,
 * result as tfjs' filter.
 */
function filterGradient(x: Value, dy: Value, filterShape: Shape, c: Convolution): Value {
  if (sizeOf(x.shape) * sizeOf(dy.shape) === 0) return fill(filterShape, 0, dy.dtype)
  const { group, ...rest } = attributesOf(c)
  const attributes = { ...rest, kernel: c.window.kernel, ...(group === 1 ? {} : { group }) }
  const op = group === 1 ? 'ConvFilterGradient' : 'DepthwiseFilterGradient'
  return node(op, [inward(x, c), inward(dy, c)], filterShape, dy.dtype, { domain: 'invdiff', attributes })
}

/** Gradients have no dilations, and some callers give null. */
type Geometry<A extends { dataFormat: unknown; dilations: unknown }> = Omit<A, 'dataFormat' | 'dilations'> & {
  readonly dataFormat?: A['dataFormat']
  readonly dilations?: A['dilations'] | null
}
type Attributes2d = Geometry<tf.Conv2DAttrs>
type Attributes3d = Geometry<tf.Conv3DAttrs>
type Of<A> = (input: Shape, filter: Shape, attributes: A) => Convolution

const of2d =
  (depthwise: boolean): Of<Attributes2d> =>
  (input, filter, { strides, pad, dilations, dimRoundingMode, dataFormat = 'NHWC' }) => {
    const format = tf.backend_util.convertConv2DDataFormat(dataFormat)
    const shapes = [input, filter] as [[number, number, number, number], [number, number, number, number]]
    const info = tf.backend_util.computeConv2DInfo(
      ...shapes,
      strides,
      dilations ?? 1,
      pad,
      dimRoundingMode,
      depthwise,
      format,
    )
    return { window: window2d(info), group: depthwise ? filter[2]! : 1, channelsLast: dataFormat === 'NHWC' }
  }
export const dense2d = of2d(false)
export const depthwise2d = of2d(true)

type Shape5 = [number, number, number, number, number]

const dense3d: Of<Attributes3d> = (input, filter, { strides, pad, dilations, dataFormat = 'NDHWC' }) => {
  const format = dataFormat === 'NDHWC' ? 'channelsLast' : 'channelsFirst'
  const shapes = [input, filter] as [Shape5, Shape5]
  const info = tf.backend_util.computeConv3DInfo(...shapes, strides, dilations ?? 1, pad, false, format)
  return { window: window3d(info), group: 1, channelsLast: dataFormat === 'NDHWC' }
}

const forward = <A>(of: Of<A>): Kernel =>
  kernel<tf.Conv2DInputs, A>(({ x, filter }, attributes) =>
    convolution(x, filter, of(x.shape, filter.shape, attributes)),
  )
const byInput = <A>(of: Of<A>): Kernel =>
  kernel<tf.Conv2DBackpropInputInputs, A & { inputShape: number[] }>(({ dy, filter }, attributes) =>
    inputGradient(dy, filter, attributes.inputShape, of(attributes.inputShape, filter.shape, attributes)),
  )
const byFilter = <A>(of: Of<A>): Kernel =>
  kernel<tf.Conv2DBackpropFilterInputs, A & { filterShape: number[] }>(({ x, dy }, attributes) =>
    filterGradient(x, dy, attributes.filterShape, of(x.shape, attributes.filterShape, attributes)),
  )

export const convolutionKernels: Readonly<Record<string, Kernel>> = {
  Conv2D: forward(dense2d),
  Conv2DBackpropInput: byInput(dense2d),
  Conv2DBackpropFilter: byFilter(dense2d),
  DepthwiseConv2dNative: forward(depthwise2d),
  DepthwiseConv2dNativeBackpropInput: byInput(depthwise2d),
  DepthwiseConv2dNativeBackpropFilter: byFilter(depthwise2d),
  Conv3D: forward(dense3d),
  Conv3DBackpropInputV2: byInput(dense3d),
  Conv3DBackpropFilterV2: byFilter(dense3d),
}
