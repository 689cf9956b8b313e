/** What a problem is, in words and as JSON: for the list of problems and for model cards. */
import { isGaussian, isParametric, type Prior, type Problem, type Quantity, type Varying } from '../problem.js'

export interface ProblemListing {
  readonly name: string
  readonly title: string
  readonly describe: string
  readonly shape: readonly number[]
  readonly unknown: Quantity
  readonly state: Quantity & { readonly shape: readonly number[]; readonly times?: readonly number[] }
  readonly prior: string
  readonly parameters: Readonly<Record<string, Varying>>
  readonly operators: readonly { readonly name: string; readonly spec: object; readonly weight: number }[]
  readonly noise: Varying
  readonly test: { readonly seed: number; readonly count: number }
}

const priorText = (prior: Prior): string =>
  isGaussian(prior)
    ? 'Gaussian random field'
    : isParametric(prior)
      ? `field of ${prior.names.length} random parameters: ${prior.names.join(', ')}`
      : 'samples'

export function listingOf({ name, title, describe, shape, build, test }: Problem): ProblemListing {
  const { unknown, state, prior, physics, operators, noise } = build(shape)
  return {
    ...{ name, title, describe, shape, test, noise },
    unknown: { name: unknown.name, units: unknown.units },
    state: {
      ...{ name: state.name, units: state.units, shape: state.grid.shape },
      ...(state.times && { times: state.times }),
    },
    prior: priorText(prior),
    parameters: physics.parameters,
    operators: operators.map(({ name, spec, weight = 1 }) => ({ name, spec, weight })),
  }
}

const rangeText = (name: string, { describe, low, high, default: usual, units }: Varying): string =>
  `  ${name}: ${describe}; ${low === high ? low : `${low} to ${high}`} ${units}, ${usual} unless given`

export function listingText(listing: ProblemListing): string {
  const { name, title, describe, shape, unknown, state, prior, parameters, operators, noise } = listing
  return [
    `${name}: ${title}`,
    `  ${describe}`,
    `  unknown: ${unknown.name} [${unknown.units}] on ${shape.join(' x ')} cells; prior: ${prior}`,
    `  observed: ${state.name} [${state.units}]${state.times ? ` at ${state.times.join(', ')} s` : ''}`,
    ...Object.entries(parameters).map(([key, varying]) => rangeText(key, varying)),
    rangeText('noise', noise),
    `  operators: ${operators.map(({ name, spec }) => `${name} ${JSON.stringify(spec)}`).join('\n             ')}`,
  ].join('\n')
}
