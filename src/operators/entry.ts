/** What the registry knows of a kind of operator, and what its factories are given. */
import { integers, uniform, type Key } from '../random.js'
import { type MeasurementOperator, type OperatorSpec, type Space, shapeOfSpace } from './operator.js'
import type { Parameters, ValuesOf } from './schema.js'

/** What an operator acts on: arrays of a shape, which are a field where there is a space. */
export interface Domain {
  readonly shape: readonly number[]
  readonly space?: Space
}

export const domainOf = (space: Space): Domain => ({ shape: shapeOfSpace(space), space })

/** What the next operator of a composition acts on. */
export const rangeOf = ({ outputShape, outputSpace }: MeasurementOperator): Domain => ({
  shape: outputShape,
  ...(outputSpace && { space: outputSpace }),
})

/** The surroundings of a factory. */
export interface Context {
  readonly domain: Domain
  /** Place in the configuration, for errors: `operator.operators[1]`. */
  readonly path: string
  /** The operator of a specification inside this one. */
  readonly build: (spec: OperatorSpec, domain: Domain, path: string) => MeasurementOperator
  /** A specification inside this one, drawn. */
  readonly draw: (spec: OperatorSpec, key: Key, domain: Domain, path: string) => OperatorSpec
}

export interface OperatorEntry {
  readonly name: string
  /** One line. */
  readonly description: string
  readonly parameters: Parameters
  create(values: never, context: Context): MeasurementOperator
  /** Random operators of this kind: from ranges to a specification. */
  readonly random?: {
    readonly parameters: Parameters
    draw(ranges: never, key: Key, context: Context): OperatorSpec
  }
}

/** States a kind of operator; the values that its functions receive follow from its parameters. */
export function defineEntry<const P extends Parameters, const R extends Parameters>(
  entry: Omit<OperatorEntry, 'parameters' | 'create' | 'random'> & {
    readonly parameters: P
    create(values: ValuesOf<P>, context: Context): MeasurementOperator
    readonly random?: {
      readonly parameters: R
      draw(ranges: ValuesOf<R>, key: Key, context: Context): OperatorSpec
    }
  },
): OperatorEntry {
  return entry
}

/** The space that a kind needs. Throws RangeError where the operator before it gives something else than a field. */
export function spaceOf({ domain, path }: Context, kind: string): Space {
  if (domain.space) return domain.space
  throw new RangeError(`${path}: ${kind} observes a field on a grid, but what comes before it gives numbers [${domain.shape.join(', ')}]`) // prettier-ignore
}

/** A number, or the ends of a range to draw it from. */
export type Range = number | readonly number[]

export const integerRange = { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'array', items: { type: 'integer', minimum: 1 }, minItems: 2, maxItems: 2 }] } as const // prettier-ignore
export const numberRange = { anyOf: [{ type: 'number', exclusiveMinimum: 0 }, { type: 'array', items: { type: 'number', exclusiveMinimum: 0 }, minItems: 2, maxItems: 2 }] } as const // prettier-ignore

function ends(range: Range, where: string): readonly [number, number] {
  const [low, high] = typeof range === 'number' ? [range, range] : [range[0]!, range[1]!]
  if (low > high) throw new RangeError(`${where} = [${low}, ${high}] is empty; the low end comes first`)
  return [low, high]
}

/** Uniform on the range, both ends included. */
export function drawInteger(range: Range, key: Key, where: string): number {
  const [low, high] = ends(range, where)
  return integers(key, low, high + 1, new Int32Array(1))[0]!
}

/** Uniform on the range. */
export function drawNumber(range: Range, key: Key, where: string): number {
  const [low, high] = ends(range, where)
  return low + (high - low) * uniform(key, new Float64Array(1))[0]!
}

/** Points uniform in the rectangle of the grid, a share `margin` of each length away from its sides. */
export function drawPoints({ grid }: Space, count: number, margin: number, key: Key): number[][] {
  const axes = grid.lengths.length
  const u = uniform(key, new Float64Array(count * axes))
  return Array.from({ length: count }, (_, k) =>
    grid.lengths.map((length, axis) => length * (margin + (1 - 2 * margin) * u[k * axes + axis]!)),
  )
}
