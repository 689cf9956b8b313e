/** Operators that act on each value by itself: y_i = f(x_i). */
import { itemwise, itemwise2 } from '../itemwise.js'
import type { Derivative, MeasurementOperator } from '../operator.js'
import type { Domain } from '../entry.js'

/** Writes f(x) or f'(x), value by value. */
type Values = (x: Float64Array, y: Float64Array) => void

/** The operator of a function and its derivative. */
export function pointwise(
  name: string,
  { shape, space }: Domain,
  f: Values,
  slope: Values,
  inputRange?: readonly [number, number],
): MeasurementOperator {
  const slopes = new Float64Array(shape.reduce((a, b) => a * b, 1))
  const along = (where: string): Derivative['apply'] =>
    itemwise2(
      [shape, shape],
      shape,
      (x, v, y) => {
        slope(x, slopes)
        for (let i = 0; i < y.length; i++) y[i] = slopes[i]! * v[i]!
      },
      where,
    )
  return {
    ...{ name, inputShape: shape, outputShape: shape },
    apply: itemwise(shape, shape, f, name),
    derivative: { apply: along(`${name}: derivative`), adjoint: along(`${name}: derivative`) },
    ...(space && { outputSpace: space }),
    ...(inputRange && { inputRange }),
  }
}
