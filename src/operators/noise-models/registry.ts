/** Models of noise by name. */
import type { Noise, NoiseSpec } from '../noise.js'
import { checkParameters, objectSchema, unknownName, type Parameters, type ValuesOf } from '../schema.js'
import { correlatedNoise, gaussianNoise, multiplicativeNoise } from './gaussian.js'
import { laplaceNoise, studentNoise } from './heavy.js'
import type { OneShape } from './model.js'
import { poissonNoise } from './poisson.js'

export interface NoiseEntry {
  readonly name: string
  /** One line, with the law. */
  readonly description: string
  readonly parameters: Parameters
  create(values: never, path: string, one: OneShape): Noise
}

/** States a model; the values that `create` receives follow from its parameters. */
const entry = <const P extends Parameters>(
  given: Omit<NoiseEntry, 'parameters' | 'create'> & {
    readonly parameters: P
    create(values: ValuesOf<P>, path: string, one: OneShape): Noise
  },
): NoiseEntry => given

const positive = { type: 'number', exclusiveMinimum: 0 } as const
const fromZero = { type: 'number', minimum: 0, default: 0 } as const

const models: readonly NoiseEntry[] = [
  entry({
    name: 'gaussian',
    description: 'y = clean + e, e ~ N(0, std^2) for each entry, or N(0, covariance)',
    parameters: {
      std: {
        description:
          'standard deviation, in the units of y; one, or one for each entry in C order; or give `covariance`',
        anyOf: [positive, { type: 'array', items: positive, minItems: 1 }],
      },
      covariance: {
        description: 'covariance of the entries in C order: rows, or (in TypeScript) an ndarray; or give `std`',
        type: 'array',
        items: { type: 'array', items: { type: 'number' } },
        minItems: 1,
        rank: 2,
      },
    },
    create({ std, covariance }, path, one) {
      if ((std === undefined) === (covariance === undefined)) throw new RangeError(`${path}: gaussian noise has either std or covariance`) // prettier-ignore
      return std === undefined ? correlatedNoise(covariance!, one) : gaussianNoise(std, one)
    },
  }),
  entry({
    name: 'laplace',
    description: 'p(y) = exp(-|y - clean| / scale) / (2 scale): outliers, and errors that are mostly small',
    parameters: { scale: { description: 'mean size of an error, in the units of y', ...positive, required: true } },
    create: ({ scale }, _, one) => laplaceNoise(scale, one),
  }),
  entry({
    name: 'student-t',
    description: "y = clean + scale T, T of Student's law: far outliers",
    parameters: {
      dof: { description: 'degrees of freedom; the variance is infinite up to 2', ...positive, default: 4 },
      scale: { description: 'in the units of y', ...positive, required: true },
    },
    create: ({ dof, scale }, _, one) => studentNoise(dof, scale, one),
  }),
  entry({
    name: 'poisson',
    description: 'y = (N - background) / rate, N ~ Poisson(rate clean + background): counts',
    parameters: {
      rate: { description: 'counts for a unit of y', ...positive, default: 1 },
      background: { description: 'counts that come without any y', ...fromZero },
    },
    create: ({ rate, background }, _, one) => poissonNoise(rate, background, one),
  }),
  entry({
    name: 'multiplicative',
    description: 'y = clean (1 + std e) + floor e: a relative error, and an absolute one below it',
    parameters: {
      std: { description: 'relative standard deviation', ...positive, required: true },
      floor: { description: 'absolute standard deviation, in the units of y', ...fromZero },
    },
    create: ({ std, floor }, _, one) => multiplicativeNoise(std, floor, one),
  }),
]

const names = models.map(({ name }) => name)

/** Every model of noise with its parameters as JSON schema. */
export const noiseListing = (): {
  name: string
  description: string
  parameters: Readonly<Record<string, unknown>>
}[] => models.map(({ name, description, parameters }) => ({ name, description, parameters: objectSchema(parameters) }))

/**
 * The noise that a specification states, such as `{ kind: 'gaussian', std: 0.05 }`.
 *
 * @param shape of one measurement, which tells one from a batch; where it is left out, an array of one axis is one
 *   measurement, and the first axis of any other counts measurements.
 * @param path what errors call the specification; 'noise' unless given.
 * @throws RangeError for an unknown kind or parameter (with the nearest name) or a value out of range (with its path).
 */
export function noiseFrom(spec: NoiseSpec, shape?: readonly number[], path = 'noise'): Noise {
  const { kind } = spec as { kind?: unknown }
  if (typeof kind !== 'string') throw new RangeError(`${path}.kind is missing; kinds: ${names.join(', ')}`)
  const model = models.find(({ name }) => name === kind)
  if (!model) throw unknownName(`${path}.kind: unknown noise`, kind, names)
  return model.create(checkParameters(model.parameters, spec, path) as never, path, shape)
}
