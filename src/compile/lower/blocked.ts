/**
 * The blocked layout NCHWc of ONNX Runtime's CPU kernels: channels in blocks of one vector register, so that memory holds
 * [n, c / block, h, w, block]. Where weights are constant the engine goes there by itself, but not across normalisation;
 * where they are inputs (training) it does not at all. A value in this layout keeps its logical shape [n, c, h, w].
 */
import { expand, reduce, reshape, transpose } from '../ops.js'
import { emit } from '../emit.js'
import { openSession } from '../session.js'
import { tensorOf } from '../tensor.js'
import { constant, node, placeholder, sizeOf, type Node, type Shape, type Value } from '../value.js'
import type { ChannelAlgebra } from './groupnorm.js'

const domain = 'com.microsoft.nchwc'

/** Into the blocked layout. */
export const reorderInput = (x: Value): Value => node('ReorderInput', [x], x.shape, x.dtype, { domain })

/** Back to channels-first. */
export const reorderOutput = (x: Value): Value =>
  node('ReorderOutput', [x], x.shape, x.dtype, { domain, attributes: { channels: x.shape[1]! } })

/** Whether a convolution can give its result in blocks; one of few channels may read them plain. */
export function takesBlocks({ op, domain, inputs, attributes }: Node, block: number): 'blocked' | 'plain' | null {
  if (op !== 'Conv' || domain !== '' || block < 2 || attributes.group !== 1) return null
  const [o, i] = inputs[1]!.shape as [number, number]
  if (inputs[0]!.shape.length !== 4 || o % block !== 0) return null
  if (i % block === 0) return 'blocked'
  return i < block ? 'plain' : null
}

/** A convolution to the blocked layout, whose x is in the layout that `takesBlocks` says. */
export function blockedConvolution({ inputs, attributes, outputs }: Node, block: number): Value {
  const [x, w, bias] = inputs as [Value, Value, Value | undefined]
  const given = [x, blockedWeights(w, block), ...(bias ? [bias] : [])]
  const { shape, dtype } = outputs[0]!
  return node('Conv', given, shape, dtype, { domain, attributes: { ...attributes, kernel_shape: w.shape.slice(2) } })
}

/** z + a blocked convolution, added up where it is computed; null where `y` is none, or adds something already. */
export function convolutionPlus(y: Value, z: Value): Value | null {
  const conv = y.node
  if (conv?.op !== 'Conv' || conv.domain !== domain || conv.attributes.group !== 1 || conv.inputs.length > 3)
    return null
  const [x, w, bias = null] = conv.inputs as [Value, Value, Value | undefined]
  return node('Conv', [x, w, bias, z], y.shape, y.dtype, { domain, attributes: conv.attributes })
}

/**
 * z + the gradient of a group normalisation, which is a y + (b x + c): z goes into the inner sum. Null where it was
 * lowered in another way.
 */
export function gradientPlus(gradient: Value, z: Value): Value | null {
  const outer = throughReshape(gradient).node
  const rest = outer?.inputs[3]
  const inner = rest && throughReshape(rest)
  if (outer?.domain !== domain || inner?.node?.domain !== domain || inner.node.inputs.length !== 3) return null
  const sum = node('Conv', [...inner.node.inputs, reshape(z, inner.shape)], inner.shape, z.dtype, inner.node)
  const whole = node('Conv', [...outer.inputs.slice(0, 3), reshape(sum, rest!.shape)], rest!.shape, z.dtype, outer)
  return reshape(whole, gradient.shape)
}

const throughReshape = (v: Value): Value => (v.node?.op === 'Reshape' ? throughReshape(v.node.inputs[0]!) : v)

/** OIHW weights as [out blocks, in blocks, kh, kw, in, out] ([out blocks, in, kh, kw, out] for few channels). */
function blockedWeights(w: Value, block: number): Value {
  const [o, i, kh, kw] = w.shape as [number, number, number, number]
  if (i < block) return reshape(transpose(reshape(w, [o / block, block, i, kh, kw]), [0, 2, 3, 4, 1]), w.shape)
  const split = reshape(w, [o / block, block, i / block, block, kh, kw])
  return reshape(transpose(split, [0, 2, 4, 5, 3, 1]), w.shape)
}

/**
 * a x + b, or a x + b + z, in one pass: a depthwise 1x1 convolution of an image that has as many channels as there are
 * factors. a and b have one entry for each channel, whatever their shapes (absent: 1 and 0); x and z are taken as memory
 * holds them.
 */
export function multiplyAdd(x: Value, a: Value | undefined, b: Value | undefined, z: Value | null = null): Value {
  const channels = sizeOf((a ?? b)!.shape)
  const image = [1, channels, 1, sizeOf(x.shape) / channels]
  const each = (v: Value | undefined, otherwise: number, shape: Shape): Value =>
    v ? reshape(v, shape) : constant(otherwise, 'float32', shape)
  const inputs = [reshape(x, image), each(a, 1, [channels, 1, 1, 1]), each(b, 0, [channels])]
  const attributes = { kernel_shape: [1, 1], pads: [0, 0, 0, 0], group: channels }
  const all = z ? [...inputs, reshape(z, image)] : inputs
  return reshape(node('Conv', all, image, x.dtype, { domain, attributes }), x.shape)
}

/**
 * factor y + offset + x for numbers factor and offset, and values in the same layout, which one does not matter; null where
 * memory is no whole number of blocks.
 */
export function scaledPlus(y: Value, factor: Value, offset: number, x: Value, block: number): Value | null {
  const size = sizeOf(x.shape)
  if (block < 2 || size % block !== 0) return null
  // As many channels as give every thread some, while each is longer than its own overhead.
  let channels = block
  while (channels < 64 * block && size % (2 * channels) === 0 && size / channels > 512) channels *= 2
  const number = factor.node || factor.placeholder ? null : Number(factor.data![0])
  const factors = number === null ? expand(reshape(factor, [1]), [channels]) : constant(number, 'float32', [channels])
  return multiplyAdd(y, factors, constant(offset, 'float32', [channels]), x)
}

/** 1 + x - y, likewise. */
export const onePlusDifference = (x: Value, y: Value, block: number): Value | null =>
  scaledPlus(y, constant(-1, 'float32'), 1, x, block)

/**
 * The inner product of x and y on each of `channels` runs of `pixels`, in one pass that writes nothing: a depthwise
 * convolution of x whose kernel is y, as large as the image.
 */
function innerProducts(x: Value, y: Value, channels: number, pixels: number): Value {
  const inputs = [reshape(x, [1, channels, 1, pixels]), reshape(y, [channels, 1, 1, pixels])]
  const attributes = { kernel_shape: [1, pixels], pads: [0, 0, 0, 0], group: channels }
  return node('Conv', inputs, [1, channels, 1, 1], x.dtype, { domain, attributes })
}

/** In how many parts an image of so many pixels is summed: short runs overlap in a core, and round less. */
function partsOf(pixels: number): number {
  let parts = 1
  while (pixels % (2 * parts) === 0 && pixels / parts > 128) parts *= 2
  return parts
}

/** Sums, factors and offsets for each channel of a blocked value: the batch's images are so many more channels of one. */
export function blockedAlgebra(block: number): ChannelAlgebra {
  /** [n, c] from a value in which `pixels` follow one another for each block of channels. */
  const sum = (x: Value, n: number, c: number, pixels: number): Value =>
    pixels === 1
      ? reshape(x, [n, c])
      : reshape(reduce('ReduceSum', reshape(x, [(n * c) / block, pixels, block]), [1], false), [n, c])
  return {
    sum: x => sum(x, x.shape[0]!, x.shape[1]!, x.shape[2]! * x.shape[3]!),
    sumOfProducts(x, y) {
      const [n, c, h, w] = x.shape as [number, number, number, number]
      const parts = partsOf(h * w)
      return sum(innerProducts(x, y, n * c * parts, (h * w) / parts), n, c, parts)
    },
    affine: multiplyAdd,
    affineSum: (x, a, z) => multiplyAdd(x, a, undefined, z),
  }
}

let known: number | undefined

/** Channels in a block on this machine; 0 where the engine has no such layout. */
export function blockSize(): number {
  known ??= measureBlock()
  return known
}

/** Where channel 0 of the second pixel comes to lie, there the first block of channels ends. */
function measureBlock(): number {
  const shape: Shape = [1, 64, 1, 2]
  const model = emit({ y: reorderInput(placeholder('x', shape, 'float32', 'blockSize')) })
  const x = Float32Array.from({ length: 128 }, (_, k) => k)
  try {
    const session = openSession(model.bytes, { threads: 1 })
    const y = session.run({ x: tensorOf(x, shape, 'float32') }, { y: null }).y!.data as Float32Array
    session.dispose()
    return y.indexOf(1)
  } catch {
    return 0
  }
}
