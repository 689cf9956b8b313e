/** Pooling over two and three spatial axes. tfjs pools channels-last, ONNX channels-first. */
import * as tf from '@tensorflow/tfjs'
import { add, cast, div, elementwise, fill, greater, like, literal, mul, reshape, sub, where } from '../ops.js'
import { constant, node, nodes, sizeOf, type Shape, type Value } from '../value.js'
import { overlapAdd, padSpatial, patches, spread, window2d, window3d, windowOf, type Window } from '../windows.js'
import { channelsFirst, channelsLast } from './convolution.js'
import { kernel, type Kernel } from './kernel.js'

/** ONNX refuses padding as wide as the window, and cannot skip elements: then the input is padded beforehand. */
const withinWindow = ({ kernel: k, before, after }: Window): boolean =>
  k.every((d, i) => before[i]! >= 0 && before[i]! < d && after[i]! < d)

const unpadded = (w: Window): Window => ({ ...w, before: w.before.map(() => 0), after: w.after.map(() => 0) })

const attributesOf = ({ kernel: k, strides, before, after }: Window) => ({
  kernel_shape: k,
  strides,
  pads: [...before, ...after],
})

/** Less than anything pooled, but more than what ONNX Runtime's MaxPool begins with: it is found, and has a place. */
const LEAST = -3e38

/** What ONNX's MaxPool is given for x (channels-first): floats, padded beforehand where it cannot pad itself. */
function maxPoolInput(x: Value, w: Window): [Value, Window] {
  const floats = cast(x, 'float32')
  if (withinWindow(w)) return [floats, w]
  return [padSpatial(floats, w.before, w.after, 2, constant(LEAST, 'float32')), unpadded(w)]
}

/** `found`, but `none` where y is the maximum of padding alone. */
const whereAny = (y: Value, found: Value, none: number, w: Window): Value =>
  withinWindow(w) ? found : where(greater(y, like(y, LEAST)), found, like(found, none))

/** Windows of one element that keep the size: tfjs gives x itself, whatever the padding and strides. */
const isIdentity = (x: Value, w: Window): boolean =>
  w.kernel.every(k => k === 1) && w.output.every((d, i) => d === x.shape[i + 1])

const pooledShape = (x: Value, w: Window): Shape => [...x.shape.slice(0, 2), ...w.output]

function maxPool(x: Value, w: Window): Value {
  if (isIdentity(x, w)) return x
  const first = channelsFirst(x)
  const [source, window] = maxPoolInput(first, w)
  const y = node('MaxPool', [source], pooledShape(first, w), 'float32', { attributes: attributesOf(window) })
  return channelsLast(cast(whereAny(y, y, -Infinity, w), x.dtype))
}

interface Located {
  readonly source: Value
  readonly y: Value
  /** Where in `source`, as one axis, each maximum is: the first of equals. */
  readonly indices: Value
}

function locatedMaxPool(first: Value, w: Window): Located {
  const [source, window] = maxPoolInput(first, w)
  const shape = pooledShape(first, w)
  const outputs = [{ shape, dtype: 'float32' } as const, { shape, dtype: 'int64' } as const]
  const [y, indices] = nodes('MaxPool', [source], outputs, { attributes: attributesOf(window) }) as [Value, Value]
  return { source, y, indices }
}

/** Each dy goes to where its maximum was read. */
function maxPoolGradient(dy: Value, x: Value, w: Window): Value {
  if (sizeOf(dy.shape) === 0) return fill(x.shape, 0, 'float32')
  const first = channelsFirst(x)
  const { source, indices } = locatedMaxPool(first, w)
  const flat = (v: Value): Value => reshape(v, [sizeOf(v.shape)])
  const size = [sizeOf(source.shape)]
  const inputs = [fill(size, 0, 'float32'), flat(indices), flat(channelsFirst(dy))]
  const sum = node('ScatterElements', inputs, size, 'float32', { attributes: { axis: 0, reduction: 'add' } })
  return channelsLast(uncropped(reshape(sum, source.shape), first, w))
}

/** The part of a padded tensor that is x. */
function uncropped(padded: Value, x: Value, w: Window): Value {
  if (padded.shape.every((d, i) => d === x.shape[i])) return padded
  const back = (amounts: Shape): number[] => amounts.map(a => -a)
  const after = w.before.map((b, i) => x.shape[i + 2]! + b - padded.shape[i + 2]!)
  return padSpatial(padded, back(w.before), after)
}

/** Indices within [height, width, channels] (and the batch, where wanted) of each maximum, as tfjs counts them: not NaN. */
function maxPoolWithArgmax(x: Value, w: Window, includeBatch: boolean): Value[] {
  const isNaN = x.dtype === 'float32' ? elementwise('IsNaN', [x], 'bool') : null
  const first = channelsFirst(isNaN ? where(isNaN, like(x, LEAST), x) : x)
  const { source, y, indices } = locatedMaxPool(first, w)
  const [n, channels, height, width] = first.shape as [number, number, number, number]
  const [rows, columns] = source.shape.slice(2) as [number, number]
  const skipped = source === first || withinWindow(w) ? [0, 0] : w.before
  const mod = (a: Value, b: number): Value => elementwise('Mod', [a, like(a, b)])
  const position = mod(indices, rows * columns)
  const row = sub(div(position, like(position, columns)), like(position, skipped[0]!))
  const column = sub(mod(position, columns), like(position, skipped[1]!))
  const pixel = add(mul(row, like(row, width)), column)
  const counting = (length: number, shape: Shape, step: number): Value =>
    literal(
      BigInt64Array.from({ length }, (_, i) => BigInt(i * step)),
      shape,
      'int64',
    )
  const inImage = add(mul(pixel, like(pixel, channels)), counting(channels, [1, channels, 1, 1], 1))
  const index = includeBatch ? add(inImage, counting(n, [n, 1, 1, 1], height * width * channels)) : inImage
  const pooled = whereAny(y, y, -Infinity, w)
  return [channelsLast(cast(pooled, x.dtype)), channelsLast(cast(whereAny(y, index, -1, w), 'int32'))]
}

/** How many elements of the input each position of the window covers, on an axis. */
const covered = (w: Window, input: Shape, i: number): number[] =>
  Array.from({ length: w.output[i]! }, (_, o) => {
    const begin = o * w.strides[i]! - w.before[i]!
    return Math.max(0, Math.min(begin + w.kernel[i]!, input[i]!) - Math.max(begin, 0))
  })

/** The mean over what lies inside the input; `empty` is the least count to divide by. */
function averagePool(x: Value, w: Window, empty: 0 | 1): Value {
  if (isIdentity(x, w)) return x
  const first = channelsFirst(x)
  const shape = pooledShape(first, w)
  if (withinWindow(w)) {
    const attributes = { ...attributesOf(w), count_include_pad: 0 }
    return channelsLast(node('AveragePool', [first], shape, x.dtype, { attributes }))
  }
  const counts = w.output
    .map((_, i) => covered(w, first.shape.slice(2), i))
    .reduce((all, axis) => all.flatMap(a => axis.map(c => a * c)), [1])
  const divisor = Float64Array.from(counts, c => Math.max(c, empty))
  const sum = node('Sum', patches(first, w), shape, x.dtype)
  return channelsLast(div(sum, literal(divisor, w.output, 'float32')))
}

/**
 * tfjs' gradient of the average: dy / (size of the window) for every element that the window covers. At padded borders,
 * where the average itself is over fewer elements, that is not its derivative; tfjs' own tests ask for it.
 *
 * The sum over the windows that cover an element is again one over a window, by steps of 1, of dy spread out.
 */
function averagePoolGradient(dy: Value, x: Value, w: Window): Value {
  if (sizeOf(dy.shape) === 0) return fill(x.shape, 0, 'float32')
  const input = x.shape.slice(1, -1)
  const y = channelsFirst(dy)
  const spaced = spread(y, w.strides)
  const before = w.kernel.map((k, i) => k - 1 - w.before[i]!)
  const rest = w.kernel.map((k, i) => input[i]! - spaced.shape[i + 2]! + k - 1 - before[i]!)
  const [missing, surplus] = [rest.map(a => Math.max(a, 0)), rest.map(a => Math.min(a, 0))]
  const adjoint: Window = { ...w, strides: w.strides.map(() => 1), before, after: missing, output: input }
  if (!withinWindow(adjoint)) {
    const share = div(y, like(y, sizeOf(w.kernel)))
    return channelsLast(overlapAdd(new Array<Value>(sizeOf(w.kernel)).fill(share), w, input))
  }
  const attributes = { ...attributesOf(adjoint), count_include_pad: 1 }
  const used = padSpatial(spaced, w.before.map(() => 0), surplus) // prettier-ignore
  return channelsLast(node('AveragePool', [used], [...y.shape.slice(0, 2), ...input], dy.dtype, { attributes }))
}

type Shape4 = [number, number, number, number]
type Shape5 = [number, number, number, number, number]

const pool2d = (x: Value, a: tf.MaxPoolAttrs): Window =>
  window2d(tf.backend_util.computePool2DInfo(x.shape as Shape4, a.filterSize, a.strides, 1, a.pad, a.dimRoundingMode))

const pool3d = (x: Value, a: tf.MaxPool3DGradAttrs): Window =>
  window3d(
    tf.backend_util.computePool3DInfo(x.shape as Shape5, a.filterSize, a.strides, 1, a.pad, a.dimRoundingMode, 'NDHWC'),
  )

/** tfjs does not hand the rounding of the result's size to gradients: dy has it. */
const givingDy = (w: Window, x: Value, dy: Value): Window =>
  windowOf(x.shape.slice(1, -1), { ...w, output: dy.shape.slice(1, -1) })

export const poolingKernels: Readonly<Record<string, Kernel>> = {
  MaxPool: kernel<tf.MaxPoolInputs, tf.MaxPoolAttrs>(({ x }, a) => maxPool(x, pool2d(x, a))),
  MaxPool3D: kernel<tf.MaxPool3DInputs, tf.MaxPool3DAttrs>(({ x }, a) => maxPool(x, pool3d(x, a))),
  MaxPoolGrad: kernel<tf.MaxPoolGradInputs, tf.MaxPoolGradAttrs>(({ dy, input }, a) =>
    maxPoolGradient(dy, input, givingDy(pool2d(input, a), input, dy)),
  ),
  MaxPool3DGrad: kernel<tf.MaxPool3DGradInputs, tf.MaxPool3DGradAttrs>(({ dy, input }, a) =>
    maxPoolGradient(dy, input, givingDy(pool3d(input, a), input, dy)),
  ),
  MaxPoolWithArgmax: kernel<tf.MaxPoolWithArgmaxInputs, tf.MaxPoolWithArgmaxAttrs>(({ x }, a) =>
    maxPoolWithArgmax(x, pool2d(x, a), a.includeBatchInIndex),
  ),
  AvgPool: kernel<tf.AvgPoolInputs, tf.AvgPoolAttrs>(({ x }, a) => averagePool(x, pool2d(x, a), 0)),
  AvgPool3D: kernel<tf.AvgPool3DInputs, tf.AvgPool3DAttrs>(({ x }, a) => averagePool(x, pool3d(x, a), 1)),
  AvgPoolGrad: kernel<tf.AvgPoolGradInputs, tf.AvgPoolGradAttrs>(({ dy, input }, a) =>
    averagePoolGradient(dy, input, givingDy(pool2d(input, a), input, dy)),
  ),
  AvgPool3DGrad: kernel<tf.AvgPool3DGradInputs, tf.AvgPool3DGradAttrs>(({ dy, input }, a) =>
    averagePoolGradient(dy, input, givingDy(pool3d(input, a), input, dy)),
  ),
}
