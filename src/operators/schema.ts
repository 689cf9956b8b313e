/**
 * Parameters as JSON schema (the part of draft 2020-12 that parameters need): one statement gives the type in TypeScript,
 * the check of a configuration, with the path of the wrong field, and what a listing shows.
 */
import { closest } from 'fastest-levenshtein'
import { shapeText, type NdArray } from '../io/array.js'

interface Numeric {
  readonly type: 'number' | 'integer'
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
}
interface Text {
  readonly type: 'string'
  readonly enum?: readonly string[]
}
interface Flag {
  readonly type: 'boolean'
}
interface List {
  readonly type: 'array'
  readonly items: Schema
  readonly minItems?: number
  readonly maxItems?: number
  /** An `ndarray` of this rank will do as well, in TypeScript. */
  readonly rank?: number
}
interface Fields {
  readonly type: 'object'
  /** Fields that have to be there; others are free, and as `additionalProperties` says. */
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties: Schema | true
}
interface Choice {
  readonly anyOf: readonly Schema[]
}
export type Schema = Numeric | Text | Flag | List | Fields | Choice

/** A parameter: its schema, what it is (with its unit), and its default, or that it has to be given. */
export type Parameter = Schema & { readonly description: string; readonly default?: unknown; readonly required?: true }
export type Parameters = Readonly<Record<string, Parameter>>

/** The type of what a schema accepts. */
export type ValueOf<S> = S extends { readonly anyOf: readonly (infer U)[] }
  ? ValueOf<U>
  : S extends { readonly type: 'number' | 'integer' }
    ? number
    : S extends { readonly type: 'string'; readonly enum: readonly (infer E)[] }
      ? E
      : S extends { readonly type: 'string' }
        ? string
        : S extends { readonly type: 'boolean' }
          ? boolean
          : S extends { readonly type: 'array'; readonly items: infer I }
            ? readonly ValueOf<I>[] | (S extends { readonly rank: number } ? NdArray : never)
            : S extends { readonly type: 'object'; readonly additionalProperties: infer V }
              ? Readonly<Record<string, V extends true ? unknown : ValueOf<V>>>
              : never

type Given<P> = { [K in keyof P]: P[K] extends { readonly default: unknown } | { readonly required: true } ? K : never }[keyof P] // prettier-ignore

/** The checked parameters: those with a default or that are required are there. */
export type ValuesOf<P extends Parameters> = { readonly [K in Given<P>]: ValueOf<P[K]> } & {
  readonly [K in Exclude<keyof P, Given<P>>]?: ValueOf<P[K]>
}

/**
 * The parameters of `given` (which may also have a `kind`), checked and completed by their defaults.
 *
 * @param where the path of `given`, which errors begin with.
 * @throws RangeError for an unknown parameter (with the nearest name), one that is missing, or a value out of its range.
 */
export function checkParameters<const P extends Parameters>(parameters: P, given: object, where: string): ValuesOf<P> {
  const names = Object.keys(parameters)
  const values: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(given)) {
    if (name === 'kind' || value === undefined) continue
    const parameter = Object.hasOwn(parameters, name) ? parameters[name] : undefined
    if (!parameter) throw unknownName(`${where}: unknown parameter`, name, names)
    if (!accepts(parameter, value)) throw new RangeError(faultOf(parameter, value, `${where}.${name}`))
    values[name] = value
  }
  for (const [name, parameter] of Object.entries(parameters)) {
    if (name in values) continue
    if (parameter.required) throw new RangeError(`${where}: ${name} is missing (${parameter.description})`)
    if (parameter.default !== undefined) values[name] = parameter.default
  }
  return values as ValuesOf<P>
}

/** The error for a name that is not known: says the nearest, and all. */
export function unknownName(what: string, name: string, known: readonly string[]): RangeError {
  if (known.length === 0) return new RangeError(`${what} '${name}'; there are none`)
  return new RangeError(`${what} '${name}'; did you mean '${closest(name, known)}'? Known: ${known.join(', ')}`)
}

const isNdArray = (value: unknown): value is NdArray =>
  typeof value === 'object' && value !== null && 'data' in value && 'shape' in value && 'stride' in value

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const lengthFits = ({ minItems = 0, maxItems = Infinity }: List, list: readonly unknown[]): boolean =>
  list.length >= minItems && list.length <= maxItems

function inRange(schema: Numeric, value: unknown): boolean {
  const { type, minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity } = schema
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  return (type === 'number' || Number.isSafeInteger(value)) && value >= minimum && value <= maximum && value > exclusiveMinimum // prettier-ignore
}

/** Whether a value is as a schema says. Makes no messages: configurations hold many numbers. */
export function accepts(schema: Schema, value: unknown): boolean {
  if ('anyOf' in schema) return schema.anyOf.some(choice => accepts(choice, value))
  switch (schema.type) {
    case 'number':
    case 'integer':
      return inRange(schema, value)
    case 'string':
      return typeof value === 'string' && (schema.enum?.includes(value) ?? true)
    case 'boolean':
      return typeof value === 'boolean'
    case 'array':
      if (isNdArray(value)) return value.shape.length === schema.rank
      return Array.isArray(value) && lengthFits(schema, value) && value.every(item => accepts(schema.items, item))
    case 'object': {
      const { properties = {}, additionalProperties: others } = schema
      if (!isObject(value)) return false
      if (!Object.entries(properties).every(([name, field]) => accepts(field, value[name]))) return false
      return others === true || Object.values(value).every(entry => accepts(others, entry))
    }
    default:
      return schema satisfies never
  }
}

/** What is wrong with a value that a schema does not accept: the innermost fault, with its path. */
function faultOf(schema: Schema, value: unknown, path: string): string {
  const plain = `${path} = ${shown(value)}; wants ${wants(schema)}`
  if ('anyOf' in schema) {
    // A fault inside a list says more than that the list is no number.
    const deep = schema.anyOf.map(choice => faultOf(choice, value, path)).find(fault => !fault.startsWith(`${path} = `))
    return deep ?? plain
  }
  if (schema.type === 'array') {
    if (isNdArray(value)) return `${path} is an ndarray ${shapeText(value.shape)}; wants ${schema.rank === undefined ? wants(schema) : `${schema.rank} axes`}` // prettier-ignore
    if (!Array.isArray(value) || !lengthFits(schema, value)) return plain
    const bad = value.findIndex(item => !accepts(schema.items, item))
    return faultOf(schema.items, value[bad], `${path}[${bad}]`)
  }
  if (schema.type !== 'object' || !isObject(value)) return plain
  const { properties = {}, additionalProperties: others } = schema
  for (const [name, field] of Object.entries(properties)) {
    if (!Object.hasOwn(value, name)) return `${path}: ${name} is missing`
    if (!accepts(field, value[name])) return faultOf(field, value[name], `${path}.${name}`)
  }
  const [name, entry] = Object.entries(value).find(([, entry]) => others !== true && !accepts(others, entry)) ?? ['', value] // prettier-ignore
  return others === true ? plain : faultOf(others, entry, `${path}.${name}`)
}

function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) as string | undefined) ?? String(value) // prettier-ignore
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/** What a schema accepts, in words. */
export function wants(schema: Schema): string {
  if ('anyOf' in schema) return schema.anyOf.map(wants).join(', or ')
  switch (schema.type) {
    case 'number':
    case 'integer': {
      const { minimum, maximum, exclusiveMinimum } = schema
      const low = minimum !== undefined ? ` from ${minimum}` : exclusiveMinimum !== undefined ? ` above ${exclusiveMinimum}` : '' // prettier-ignore
      return `${schema.type === 'integer' ? 'an integer' : 'a number'}${low}${maximum === undefined ? '' : ` up to ${maximum}`}`
    }
    case 'string':
      return schema.enum ? schema.enum.map(name => `'${name}'`).join(' or ') : 'a text'
    case 'boolean':
      return 'true or false'
    case 'array': {
      const { minItems, maxItems } = schema
      const size = minItems !== undefined && minItems === maxItems ? ` of ${minItems}` : minItems ? ` of at least ${minItems}` : '' // prettier-ignore
      return `a list${size}: each ${wants(schema.items)}`
    }
    case 'object':
      return schema.properties ? `an object with ${Object.keys(schema.properties).join(', ')}` : 'an object'
    default:
      return schema satisfies never
  }
}

/** The JSON schema of an object with these parameters. */
export function objectSchema(parameters: Parameters): Readonly<Record<string, unknown>> {
  const entries = Object.entries(parameters)
  const required = entries.filter(([, parameter]) => parameter.required).map(([name]) => name)
  const properties = entries.map(([name, { required: _, ...schema }]) => [name, schema] as const)
  return { type: 'object', properties: Object.fromEntries(properties), required, additionalProperties: false }
}
