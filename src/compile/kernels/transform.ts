/**
 * Projective transforms of images: pixel (x, y) of the result is read at
 * ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) with k = c0 x + c1 y + 1, from coefficients that are tensors.
 */
import * as tf from '@tensorflow/tfjs'
import { add, and, cast, div, elementwise, equal, fill, gather, greater, less, like, literal, max, min, mul, neg, reshape, slice, sub, where } from '../ops.js' // prettier-ignore
import { sizeOf, type Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

const floor = (x: Value): Value => elementwise('Floor', [x])
const plus = (x: Value, value: number): Value => add(x, like(x, value))
const times = (x: Value, value: number): Value => mul(x, like(x, value))
const clip = (x: Value, last: number): Value => min(max(x, like(x, 0)), like(x, last))
/** How often `period` goes into x, for x not negative. */
const turns = (x: Value, period: number): Value => floor(div(x, like(x, period)))

/** Where a coordinate outside of [0, length) is read instead. */
const folds: Readonly<Record<tf.TransformAttrs['fillMode'], (x: Value, length: number) => Value>> = {
  constant: x => x,
  nearest: (x, length) => clip(x, length - 1),
  /** [abcd] goes on as [dcba|abcd|dcba]. */
  reflect(x, length) {
    const period = 2 * length
    const below = add(x, times(turns(neg(x), period), period))
    const left = where(less(below, like(x, -length)), plus(below, period), plus(neg(below), -1))
    const above = sub(x, times(turns(x, period), period))
    const right = where(less(above, like(x, length)), above, plus(neg(above), period - 1))
    return clip(inside(x, length, left, right), length - 1)
  },
  /** [abcd] goes on as [abcd|abcd|abcd]. */
  wrap(x, length) {
    const left = add(x, times(plus(turns(neg(x), length - 1), 1), length))
    const right = sub(x, times(turns(x, length - 1), length))
    return clip(inside(x, length, left, right), length - 1)
  },
}

/** x where it is within the image, else what continues it on either side; an image of one pixel has only that. */
const inside = (x: Value, length: number, left: Value, right: Value): Value =>
  length <= 1 ? times(x, 0) : where(less(x, like(x, 0)), left, where(greater(x, like(x, length - 1)), right, x))

/** Reads pixels [n, positions, channels] at whole coordinates [n or 1, positions]; `colour` outside. */
function reader(image: Value, colour: number): (x: Value, y: Value) => Value {
  const [n, height, width, channels] = image.shape as [number, number, number, number]
  const pixels = reshape(image, [n * height * width, channels])
  const starts = literal(
    Int32Array.from({ length: n }, (_, i) => i * height * width),
    [n, 1],
    'int32',
  )
  return (x, y) => {
    const [column, row] = [clip(x, width - 1), clip(y, height - 1)]
    const known = and(equal(column, x), equal(row, y))
    const index = add(add(times(cast(row, 'int32'), width), cast(column, 'int32')), starts)
    const mask = reshape(known, [...known.shape, 1])
    return where(mask, gather(pixels, index, 0), like(image, colour))
  }
}

function transform(image: Value, transforms: Value, attributes: tf.TransformAttrs): Value {
  const [n, height, width, channels] = image.shape as [number, number, number, number]
  const [h, w] = attributes.outputShape ?? [height, width]
  if (n * h * w * channels * sizeOf(image.shape) === 0) return fill([n, h, w, channels], 0, image.dtype)
  const along = (of: (k: number) => number): Value =>
    literal(
      Float64Array.from({ length: h * w }, (_, k) => of(k)),
      [1, h * w],
      'float32',
    )
  const [outX, outY] = [along(k => k % w), along(k => Math.floor(k / w))]
  const coefficient = (k: number): Value => slice(transforms, [0, k], [transforms.shape[0]!, 1])
  const plane = (k: number): Value => add(mul(coefficient(k), outX), mul(coefficient(k + 1), outY))
  const projection = plus(plane(6), 1)
  const infinite = equal(projection, like(projection, 0))
  const divisor = where(infinite, like(projection, 1), projection)
  const fold = folds[attributes.fillMode]
  const x = fold(div(add(plane(0), coefficient(2)), divisor), width)
  const y = fold(div(add(plane(3), coefficient(5)), divisor), height)

  const read = reader(cast(image, 'float32'), attributes.fillValue)
  const values =
    attributes.interpolation === 'nearest' ? read(floor(plus(x, 0.5)), floor(plus(y, 0.5))) : bilinear(read, x, y)
  const filled = where(reshape(infinite, [...infinite.shape, 1]), like(values, attributes.fillValue), values)
  return cast(reshape(filled, [n, h, w, channels]), image.dtype)
}

function bilinear(read: (x: Value, y: Value) => Value, x: Value, y: Value): Value {
  const [left, top] = [floor(x), floor(y)]
  const weight = (at: Value, before: Value): Value => reshape(sub(at, before), [...at.shape, 1])
  const mix = (a: Value, b: Value, t: Value): Value => add(mul(a, sub(like(t, 1), t)), mul(b, t))
  const row = (at: Value): Value => mix(read(left, at), read(plus(left, 1), at), weight(x, left))
  return mix(row(top), row(plus(top, 1)), weight(y, top))
}

export const transformKernels: Readonly<Record<string, Kernel>> = {
  Transform: kernel<tf.TransformInputs, tf.TransformAttrs>(({ image, transforms }, attributes) =>
    transform(image, transforms, attributes),
  ),
}
