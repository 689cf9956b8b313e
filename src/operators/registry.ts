/** Operators by name: one statement for a configuration file, the command line and TypeScript. */
import type { Key } from '../random.js'
import { domainOf, type Context, type Domain, type OperatorEntry } from './entry.js'
import { blockMean } from './kinds/block-mean.js'
import { blur } from './kinds/blur.js'
import { compose, scale, select, stack } from './kinds/combinations.js'
import { flux } from './kinds/flux.js'
import { fourier } from './kinds/fourier.js'
import { lineIntegral } from './kinds/line-integral.js'
import { mask } from './kinds/mask.js'
import { matrix } from './kinds/matrix.js'
import { expression, log, saturating } from './kinds/nonlinear.js'
import { sensorSeries, sensors } from './kinds/sensors.js'
import type { MeasurementOperator, OperatorSpec, Space } from './operator.js'
import { accepts, checkParameters, objectSchema, unknownName, type Parameters } from './schema.js'

const entries = new Map<string, OperatorEntry>(
  [sensors, sensorSeries, mask, blockMean, blur, lineIntegral, fourier, flux, matrix, log, saturating, expression, compose, stack, scale, select] // prettier-ignore
    .map(entry => [entry.name, entry]),
)

export const operators = {
  /** Every kind, in the order of registration. */
  list: (): readonly OperatorEntry[] => [...entries.values()],
  /** Adds a kind. Throws RangeError when the name is taken. */
  register(entry: OperatorEntry): void {
    if (entries.has(entry.name)) throw new RangeError(`operator '${entry.name}' is already registered`)
    entries.set(entry.name, entry)
  },
  has: (name: string): boolean => entries.has(name),
}

/** What a listing shows of a kind: its parameters, and those of a random one, as JSON schema. */
export interface OperatorListing {
  readonly name: string
  readonly description: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly random?: Readonly<Record<string, unknown>>
}

export const operatorListing = (): OperatorListing[] =>
  operators.list().map(({ name, description, parameters, random }) => ({
    ...{ name, description, parameters: objectSchema(parameters) },
    ...(random && { random: objectSchema(random.parameters) }),
  }))

function entryOf(spec: OperatorSpec, path: string): OperatorEntry {
  const { kind } = spec as { kind?: unknown }
  if (typeof kind !== 'string') throw new RangeError(`${path}.kind is missing; kinds: ${[...entries.keys()].join(', ')}`) // prettier-ignore
  const entry = entries.get(kind)
  if (!entry) throw unknownName(`${path}.kind: unknown operator`, kind, [...entries.keys()])
  return entry
}

const contextOf = (domain: Domain, path: string): Context => ({ domain, path, build, draw })

function build(spec: OperatorSpec, domain: Domain, path: string): MeasurementOperator {
  const entry = entryOf(spec, path)
  if (isRandom(spec, entry))
    throw new RangeError(`${path} is a random ${entry.name}, not one: draw it first (drawOperator)`)
  return entry.create(checkParameters(entry.parameters, spec, path) as never, contextOf(domain, path))
}

function draw(spec: OperatorSpec, key: Key, domain: Domain, path: string): OperatorSpec {
  const entry = entryOf(spec, path)
  if (!entry.random || !isRandom(spec, entry)) return spec
  const ranges = checkParameters(entry.random.parameters, spec, path)
  return entry.random.draw(ranges as never, key, contextOf(domain, path))
}

/** Whether a specification has ranges: a parameter, or a value of one, that only a random operator of its kind has. */
function isRandom(spec: OperatorSpec, { parameters, random }: OperatorEntry): boolean {
  if (!random) return false
  const field = (of: Parameters, name: string): Parameters[string] | undefined => Object.hasOwn(of, name) ? of[name] : undefined // prettier-ignore
  return Object.entries(spec).some(([name, value]) => {
    if (value === undefined) return false
    const [concrete, ranged] = [field(parameters, name), field(random.parameters, name)]
    if (!ranged) return false
    if (!concrete || (!accepts(concrete, value) && accepts(ranged, value))) return true
    return name === 'operator' ? nested(value) : name === 'operators' && Array.isArray(value) && value.some(nested)
  })
}

function nested(value: unknown): boolean {
  const spec = value as OperatorSpec | null
  const entry = spec && entries.get(spec.kind)
  return entry ? isRandom(spec, entry) : false
}

/**
 * The operator that a specification states, such as `{ kind: 'sensors', points: [[0.2, 0.7]] }`.
 *
 * @param path what errors call the specification; 'operator' unless given.
 * @throws RangeError for an unknown kind or parameter (with the nearest name), a value out of range (with its path), or a
 *   random specification.
 */
export const operatorFrom = (spec: OperatorSpec, space: Space, path = 'operator'): MeasurementOperator =>
  build(spec, domainOf(space), path)

/**
 * A concrete specification from a random one, such as `{ kind: 'sensors', count: [8, 64] }`: the same for the same key. One
 * that is concrete is returned as it is.
 *
 * @throws RangeError as `operatorFrom` does.
 */
export const drawOperator = (spec: OperatorSpec, key: Key, space: Space, path = 'operator'): OperatorSpec =>
  draw(spec, key, domainOf(space), path)
