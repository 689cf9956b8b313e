/** Whether a problem is stated as it should be; errors name the wrong field by its path. */
import { shapeText } from '../io/array.js'
import { shapeOfSpace } from '../operators/operator.js'
import type { OperatorFamily, ProblemDefinition, ProblemParts, Varying } from './types.js'

/** Throws a TypeError: `problem 'x': noise.low is -1; wants ...`. */
export type Fail = (field: string, found: unknown, wanted: string) => never

export const failing =
  (where: string): Fail =>
  (field, found, wanted) => {
    const shown =
      typeof found === 'function'
        ? 'a function'
        : typeof found === 'number'
          ? String(found)
          : ((JSON.stringify(found) as string | undefined) ?? String(found))
    throw new TypeError(`${where}: ${field} is ${shown}; wants ${wanted}`)
  }

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== ''
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
const lacks = (owner: object, method: string): boolean =>
  typeof (owner as Record<string, unknown>)[method] !== 'function'

export function checkDefinition(definition: ProblemDefinition, fail: Fail): void {
  if (!isObject(definition)) fail('the definition', definition, 'an object')
  const known = ['name', 'title', 'describe', 'shape', 'build', 'training', 'test']
  for (const field of Object.keys(definition))
    if (!known.includes(field)) fail(field, undefined, `no such field; fields are ${known.join(', ')}`)
  const { name, title, describe, shape, build, test } = definition
  for (const [field, value] of Object.entries({ name, title, describe }))
    if (!isText(value)) fail(field, value, 'a text')
  if (!Array.isArray(shape) || shape.length < 1 || !shape.every(n => Number.isSafeInteger(n) && n >= 1))
    fail('shape', shape, 'positive integers, [nx] or [nx, ny]')
  if (lacks(definition, 'build')) fail('build', build, 'a function of the shape')
  if (test && !(Number.isSafeInteger(test.seed) && test.seed >= 0)) fail('test.seed', test.seed, 'an integer from 0')
  if (test && !(Number.isSafeInteger(test.count) && test.count >= 1))
    fail('test.count', test.count, 'an integer from 1')
}

/** Throws RangeError: the shape comes from whoever builds the problem, not from its definition. */
export function checkShape(shape: readonly number[], { name, shape: own }: ProblemDefinition): void {
  if (shape.length === own.length && shape.every(n => Number.isSafeInteger(n) && n >= 1)) return
  const wanted = own.length === 1 ? 'one positive integer' : `${own.length} positive integers`
  throw new RangeError(`problem '${name}': shape is ${shapeText(shape)}; wants ${wanted}, such as ${shapeText(own)}`)
}

export function checkParts(parts: ProblemParts, shape: readonly number[], fail: Fail): void {
  for (const field of ['unknown', 'prior', 'physics', 'state', 'operators', 'noise'] as const)
    if (!isObject(parts[field])) fail(field, parts[field], 'an object')
  const { unknown, prior, physics, state, operators, noise } = parts
  if (unknown.grid.shape.join() !== shape.join())
    fail('unknown.grid.shape', unknown.grid.shape, `the shape that was asked for, ${shapeText(shape)}`)
  for (const [name, quantity] of Object.entries({ unknown, state })) {
    if (!isText(quantity.name)) fail(`${name}.name`, quantity.name, 'a text')
    if (!isText(quantity.units)) fail(`${name}.units`, quantity.units, "units as mathjs writes them, or '1'")
  }
  if (lacks(prior, 'sample')) fail('prior.sample', undefined, 'a function of key, n and start')
  if (lacks(physics, 'solve')) fail('physics.solve', undefined, 'a function of the parameters')
  for (const [name, parameter] of Object.entries(physics.parameters))
    checkVarying(parameter, `physics.parameters.${name}`, fail)
  checkVarying(noise, 'noise', fail)
  if (!(noise.low > 0)) fail('noise.low', noise.low, 'a positive standard deviation')
  if (!Array.isArray(operators) || operators.length === 0)
    fail('operators', operators, 'at least one family of operators')
  ;(operators as readonly OperatorFamily[]).forEach(({ name, spec, weight = 1 }, k) => {
    if (!isText(name)) fail(`operators[${k}].name`, name, 'a text')
    if (!isText(spec.kind)) fail(`operators[${k}].spec.kind`, spec.kind, 'the name of an operator')
    if (!(weight > 0)) fail(`operators[${k}].weight`, weight, 'a positive number')
  })
  const defaults = Object.entries(physics.parameters).map(([name, { default: value }]) => [name, value] as const)
  const { inputShape, outputShape } = physics.solve(Object.fromEntries(defaults))
  if (inputShape.join() !== shape.join())
    fail('physics.solve(defaults).inputShape', inputShape, `the shape of the unknown, ${shapeText(shape)}`)
  if (outputShape.join() !== shapeOfSpace(state).join())
    fail(
      'physics.solve(defaults).outputShape',
      outputShape,
      `the shape of the state, ${shapeText(shapeOfSpace(state))}`,
    )
}

function checkVarying(value: Varying, field: string, fail: Fail): void {
  if (!isObject(value)) fail(field, value, 'an object')
  const { describe, units, low, high, default: usual, log } = value
  if (!isText(describe)) fail(`${field}.describe`, describe, 'a text')
  if (!isText(units)) fail(`${field}.units`, units, "units as mathjs writes them, or '1'")
  if (!Number.isFinite(low)) fail(`${field}.low`, low, 'a number')
  if (!(Number.isFinite(high) && high >= low)) fail(`${field}.high`, high, `a number from ${low}`)
  if (!(usual >= low && usual <= high)) fail(`${field}.default`, usual, `a number from ${low} to ${high}`)
  if (log && !(low > 0)) fail(`${field}.low`, low, 'a positive number, as it varies in the logarithm')
}
