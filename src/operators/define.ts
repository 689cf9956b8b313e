/** A user's own operators: stated in a file of their own, or registered by name. */
import { shapeText } from '../io/array.js'
import { messageOf } from '../io/error.js'
import type { Domain } from './entry.js'
import type { NoiseSpec } from './noise.js'
import type { MeasurementOperator, Space } from './operator.js'
import { operators } from './registry.js'

/** An operator as its author states it. */
export interface OperatorDefinition extends MeasurementOperator {
  /** One line, for listings. */
  readonly description?: string
  /** The noise that its measurements come with. */
  readonly noise?: NoiseSpec
}

/** An operator, or what makes one for any space. */
export type UserOperator = OperatorDefinition | ((space: Space) => OperatorDefinition)

/**
 * States an operator of one's own; the default export of a file that `invdiff operators check` is given:
 *
 *     export default defineOperator({
 *       name: 'column-sums',
 *       inputShape: [32, 32],
 *       outputShape: [32],
 *       apply: itemwise([32, 32], [32], (x, y) => { for (let k = 0; k < 1024; k++) y[k % 32] += x[k] }),
 *     })
 *
 * or a function of the space that returns such an object, for any grid. Linear operators add `adjoint`, others may add
 * `derivative`.
 *
 * @throws TypeError for a field that is missing or of the wrong type, naming it.
 */
export function defineOperator<U extends UserOperator>(definition: U): U {
  if (typeof definition !== 'function') assertOperator(definition, 'defineOperator')
  return definition
}

const isShape = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(n => Number.isSafeInteger(n) && (n as number) >= 1)

/** Throws TypeError unless a value has the fields of an operator, of the right types. */
export function assertOperator(value: unknown, where: string): asserts value is OperatorDefinition {
  if (typeof value !== 'object' || value === null)
    throw new TypeError(`${where}: ${value === null ? 'null' : typeof value} is no operator; state one with defineOperator({ name, inputShape, outputShape, apply })`) // prettier-ignore
  const fields = value as Readonly<Record<string, unknown>>
  const want = (name: string, holds: boolean, what: string): void => {
    if (holds) return
    const found = fields[name]
    throw new TypeError(`${where}: ${name} ${found === undefined ? 'is missing' : `is ${typeof found === 'object' ? JSON.stringify(found) : typeof found}`}; wants ${what}`) // prettier-ignore
  }
  want('name', typeof fields.name === 'string' && fields.name !== '', 'a name')
  for (const name of ['inputShape', 'outputShape']) want(name, isShape(fields[name]), 'a shape of positive integers, such as [32, 32]') // prettier-ignore
  want('apply', typeof fields.apply === 'function', 'a function of arrays')
  want('adjoint', ['function', 'undefined'].includes(typeof fields.adjoint), 'a function of arrays')
  if (fields.derivative === undefined) return
  const { apply, adjoint } = (fields.derivative ?? {}) as Readonly<Record<string, unknown>>
  want('derivative', typeof apply === 'function' && typeof adjoint === 'function', 'two functions, apply(x, v) and adjoint(x, w)') // prettier-ignore
}

/** What a user's own operator is in a domain. Throws TypeError for what is none, RangeError where it takes another shape. */
export function resolveOperator(definition: unknown, { shape, space }: Domain, where: string): OperatorDefinition {
  if (typeof definition === 'function' && !space)
    throw new RangeError(
      `${where} is a function of a space, but what comes before it gives numbers ${shapeText(shape)}`,
    )
  const made = typeof definition === 'function' ? calledWith(definition as (space: Space) => unknown, space!, where) : definition // prettier-ignore
  assertOperator(made, where)
  if (shapeText(made.inputShape) !== shapeText(shape))
    throw new RangeError(`${where} takes ${shapeText(made.inputShape)}, but the field is ${shapeText(shape)}`)
  return made
}

function calledWith(make: (space: Space) => unknown, space: Space, where: string): unknown {
  try {
    return make(space)
  } catch (cause) {
    throw new Error(`${where}: its function of the space threw: ${messageOf(cause)}`, { cause })
  }
}

/**
 * Gives a user's own operator a name that configurations can say: `{ kind: name }`.
 *
 * @throws RangeError when the name is taken.
 */
export function registerOperator(name: string, definition: UserOperator): void {
  operators.register({
    name,
    description: (typeof definition === 'function' ? undefined : definition.description) ?? 'a user-defined operator',
    parameters: {},
    create: (_: never, { domain, path }) => resolveOperator(definition, domain, `${path} ('${name}')`),
  })
}
