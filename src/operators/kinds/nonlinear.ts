/** Detectors that do not answer in proportion: logarithmic, saturating, or by a formula. */
import { formula } from '../../expression.js'
import { cellCoordinates } from '../../physics/grid.js'
import { defineEntry, type Domain } from '../entry.js'
import { pointwise } from './pointwise.js'

/** y = ln(x + offset). Output: the shape of the input. Throws RangeError where x + offset is not positive. */
export const log = defineEntry({
  name: 'log',
  description: 'The logarithm of each value, ln(x + offset)',
  parameters: {
    offset: { description: 'added before the logarithm, in the units of x', type: 'number', minimum: 0, default: 1 },
  },
  create: ({ offset }, { domain }) =>
    pointwise(
      'log',
      domain,
      (x, y) => {
        for (let i = 0; i < x.length; i++) {
          if (!(x[i]! + offset > 0)) throw new RangeError(`log: x + offset = ${x[i]! + offset} at element ${i}; a logarithm wants a positive number: take an offset above ${-x[i]!}`) // prettier-ignore
          y[i] = Math.log(x[i]! + offset)
        }
      },
      (x, y) => x.forEach((value, i) => (y[i] = 1 / (value + offset))),
      [0.5, 1.5],
    ),
})

/** y = limit tanh(x / limit): the identity for small x, never beyond the limit. Output: the shape of the input. */
export const saturating = defineEntry({
  name: 'saturating',
  description: 'Each value as a detector that saturates shows it, limit tanh(x / limit)',
  parameters: {
    limit: { description: 'largest answer, in the units of x', type: 'number', exclusiveMinimum: 0, default: 1 },
  },
  create: ({ limit }, { domain }) =>
    pointwise(
      'saturating',
      domain,
      (x, y) => x.forEach((value, i) => (y[i] = limit * Math.tanh(value / limit))),
      (x, y) => x.forEach((value, i) => (y[i] = 1 - Math.tanh(value / limit) ** 2)),
    ),
})

/** The coordinates of each value: those of its cell, and its time; 0 where the input is no field. */
function coordinates({ shape, space }: Domain): Readonly<Record<'x' | 'y' | 't', Float64Array>> {
  const size = shape.reduce((a, b) => a * b, 1)
  const at = (f: (k: number) => number): Float64Array => Float64Array.from({ length: size }, (_, k) => f(k))
  if (!space) return { x: at(() => 0), y: at(() => 0), t: at(() => 0) }
  const { x, y } = cellCoordinates(space.grid)
  const n = space.grid.size
  return { x: at(k => x[k % n]!), y: at(k => y[k % n]!), t: at(k => space.times?.[Math.floor(k / n)] ?? 0) }
}

/** y = f(c, x, y, t) of each value c at its place and time. Output: the shape of the input. */
export const expression = defineEntry({
  name: 'expression',
  description: 'A formula of each value c, of its place x, y and of its time t',
  parameters: {
    formula: {
      description: 'such as c^2 / (1 + c^2), in c, x, y, t and the constants',
      type: 'string',
      required: true,
    },
    constants: {
      description: 'numbers by name',
      type: 'object',
      additionalProperties: { type: 'number' },
      default: {},
    },
    range: {
      description: 'lowest and highest c that the formula is meant for; its laws are checked there',
      type: 'array',
      items: { type: 'number' },
      minItems: 2,
      maxItems: 2,
    },
  },
  create({ formula: text, constants, range }, { domain }) {
    const f = formula(text, { variables: ['c', 'x', 'y', 't'], constants })
    const slope = f.derivative('c')
    const places = coordinates(domain)
    return pointwise(
      'expression',
      domain,
      (c, y) => void f.values({ ...places, c }, y),
      (c, y) => void slope.values({ ...places, c }, y),
      range && [range[0]!, range[1]!],
    )
  },
})
