/**
 * Sliding windows: the geometry that convolutions and poolings share, and the linear maps it defines.
 *
 * On each spatial axis, position o of the window reads x[o stride - before + k dilation] for k = 0 .. kernel - 1; what
 * lies outside of x is padding.
 */
import * as tf from '@tensorflow/tfjs'
import { concat, pad, reshape, slice } from './ops.js'
import { node, type Shape, type Value } from './value.js'

/** One entry for each spatial axis. */
export interface Window {
  readonly kernel: Shape
  readonly strides: Shape
  readonly dilations: Shape
  /** Padding; negative where the first elements are skipped. */
  readonly before: Shape
  readonly after: Shape
  /** How many positions there are. */
  readonly output: Shape
}

/** How far the window reaches: (kernel - 1) dilation + 1. */
export const extent = ({ kernel, dilations }: Pick<Window, 'kernel' | 'dilations'>): number[] =>
  kernel.map((k, i) => (k - 1) * dilations[i]! + 1)

/** A window with the least trailing padding that gives exactly `output` positions, whatever rounding led there. */
export function windowOf(input: Shape, w: Omit<Window, 'after'>): Window {
  const reach = extent(w)
  const after = w.output.map((o, i) => Math.max(0, (o - 1) * w.strides[i]! + reach[i]! - input[i]! - w.before[i]!))
  return { ...w, after }
}

/** The window that tfjs works out for two spatial axes. */
export const window2d = (c: tf.backend_util.Conv2DInfo): Window =>
  windowOf([c.inHeight, c.inWidth], {
    kernel: [c.filterHeight, c.filterWidth],
    strides: [c.strideHeight, c.strideWidth],
    dilations: [c.dilationHeight, c.dilationWidth],
    before: [c.padInfo.top, c.padInfo.left],
    output: [c.outHeight, c.outWidth],
  })

/** The window that tfjs works out for three spatial axes. */
export const window3d = (c: tf.backend_util.Conv3DInfo): Window =>
  windowOf([c.inDepth, c.inHeight, c.inWidth], {
    kernel: [c.filterDepth, c.filterHeight, c.filterWidth],
    strides: [c.strideDepth, c.strideHeight, c.strideWidth],
    dilations: [c.dilationDepth, c.dilationHeight, c.dilationWidth],
    before: [c.padInfo.front, c.padInfo.top, c.padInfo.left],
    output: [c.outDepth, c.outHeight, c.outWidth],
  })

/** Pads (or crops, where negative) the spatial axes, of which `first` is the first. */
export function padSpatial(x: Value, before: Shape, after: Shape, first = 2, value: Value | null = null): Value {
  const around = (amounts: Shape): number[] => {
    const all = x.shape.map(() => 0)
    amounts.forEach((a, i) => (all[first + i] = a))
    return all
  }
  return pad(x, around(before), around(after), value)
}

/** The offsets of the window's elements, in row-major order. */
export function offsets({ kernel, dilations }: Pick<Window, 'kernel' | 'dilations'>): number[][] {
  return kernel.reduce<number[][]>(
    (all, k, i) => all.flatMap(offset => Array.from({ length: k }, (_, j) => [...offset, j * dilations[i]!])),
    [[]],
  )
}

/** What each element of the window reads, at all positions: one value (spatial axes: `output`) for each offset. */
export function patches(x: Value, w: Window, first = 2, padding: Value | null = null): Value[] {
  const padded = padSpatial(x, w.before, w.after, first, padding)
  const spatial = <T>(outside: (i: number) => T, inside: readonly T[]): T[] =>
    x.shape.map((_, i) => inside[i - first] ?? outside(i))
  const size = spatial(i => x.shape[i]!, w.output)
  const strides = spatial(() => 1, w.strides)
  return offsets(w).map(offset => {
    const begin = spatial(() => 0, offset)
    return slice(padded, begin, size, strides)
  })
}

/** The adjoint of `patches`: adds one value for each offset up where it was read, into spatial axes of sizes `input`. */
export function overlapAdd(parts: readonly Value[], w: Window, input: Shape, first = 2): Value {
  const placed = offsets(w).map((offset, k) => {
    const part = spread(parts[k]!, w.strides, first)
    const before = offset.map((o, i) => o - w.before[i]!)
    const after = before.map((b, i) => input[i]! - b - part.shape[first + i]!)
    return padSpatial(part, before, after, first)
  })
  return placed.length === 1 ? placed[0]! : node('Sum', placed, placed[0]!.shape, placed[0]!.dtype)
}

/** x with stride - 1 zeros after each element of its spatial axes. */
export function spread(x: Value, strides: Shape, first = 2): Value {
  if (strides.every(s => s === 1)) return x
  const stride = (i: number): number => strides[i - first] ?? 1
  const fine = reshape(
    x,
    x.shape.flatMap((d, i) => (i < first ? [d] : [d, 1])),
  )
  const after = x.shape.flatMap((_, i) => (i < first ? [0] : [0, stride(i) - 1]))
  const padded = pad(
    fine,
    after.map(() => 0),
    after,
  )
  return reshape(
    padded,
    x.shape.map((d, i) => (i < first ? d : d * stride(i))),
  )
}

/** Values joined along a new axis. */
export const stack = (xs: readonly Value[], axis: number): Value =>
  concat(
    xs.map(x => reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)])),
    axis,
  )
