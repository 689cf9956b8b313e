/** The combinations of operators, as configurations write them. */
import { derive, type Key } from '../../random.js'
import { composeOperators, scaleOperator, selectOutputs, stackOperators } from '../combine.js'
import { defineEntry, rangeOf, type Context, type Domain } from '../entry.js'
import type { MeasurementOperator, OperatorSpec } from '../operator.js'

const operator = { type: 'object', properties: { kind: { type: 'string' } }, additionalProperties: true } as const
const spec = (value: Readonly<Record<string, unknown>>): OperatorSpec => value as OperatorSpec

const listed = (description: string) =>
  ({ description, type: 'array', items: operator, minItems: 1, required: true }) as const
const inner = { description: 'the operator', ...operator, required: true } as const

type Specs = readonly Readonly<Record<string, unknown>>[]

/** Each part, built in the domain that the part before it gives. */
function chain(specs: Specs, { domain, path, build }: Context): MeasurementOperator[] {
  let at: Domain = domain
  return specs.map((part, k) => {
    const built = build(spec(part), at, `${path}.operators[${k}]`)
    at = rangeOf(built)
    return built
  })
}

export const compose = defineEntry({
  name: 'compose',
  description: 'Operators one after the other, in the order in which they act',
  parameters: { operators: listed('the operators, the first to act first') },
  create: ({ operators }, context) => composeOperators(...chain(operators, context)),
  random: {
    parameters: { operators: listed('the operators, random or not, the first to act first') },
    draw({ operators }, key: Key, { domain, path, build, draw }) {
      let at: Domain = domain
      const drawn = operators.map((part, k) => {
        const place = `${path}.operators[${k}]`
        const concrete = draw(spec(part), derive(key, k), at, place)
        if (k + 1 < operators.length) at = rangeOf(build(concrete, at, place))
        return concrete
      })
      return { kind: 'compose', operators: drawn }
    },
  },
})

export const stack = defineEntry({
  name: 'stack',
  description: 'The measurements of several operators of one field, one after the other',
  parameters: { operators: listed('the operators') },
  create: ({ operators }, { domain, path, build }) =>
    stackOperators(...operators.map((part, k) => build(spec(part), domain, `${path}.operators[${k}]`))),
  random: {
    parameters: { operators: listed('the operators, random or not') },
    draw: ({ operators }, key, { domain, path, draw }) => ({
      kind: 'stack',
      operators: operators.map((part, k) => draw(spec(part), derive(key, k), domain, `${path}.operators[${k}]`)),
    }),
  },
})

const factor = {
  description: 'the factor, or one for each measurement in C order',
  anyOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' }, minItems: 1 }],
  required: true,
} as const

export const scale = defineEntry({
  name: 'scale',
  description: 'The measurements of an operator times a factor',
  parameters: { operator: inner, factor },
  create: ({ operator, factor }, { domain, path, build }) =>
    scaleOperator(build(spec(operator), domain, `${path}.operator`), factor),
  random: {
    parameters: { operator: inner, factor },
    draw: ({ operator, factor }, key, { domain, path, draw }) => ({
      kind: 'scale',
      operator: draw(spec(operator), key, domain, `${path}.operator`),
      factor,
    }),
  },
})

const indices = {
  description: 'indices of the measurements that are kept, in C order',
  type: 'array',
  items: { type: 'integer', minimum: 0 },
  minItems: 1,
  required: true,
} as const

export const select = defineEntry({
  name: 'select',
  description: 'Some of the measurements of an operator',
  parameters: { operator: inner, indices },
  create: ({ operator, indices }, { domain, path, build }) =>
    selectOutputs(build(spec(operator), domain, `${path}.operator`), indices),
  random: {
    parameters: { operator: inner, indices },
    draw: ({ operator, indices }, key, { domain, path, draw }) => ({
      kind: 'select',
      operator: draw(spec(operator), key, domain, `${path}.operator`),
      indices,
    }),
  },
})
