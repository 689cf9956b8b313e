/** Which measurement is looked at: one from a file, or a held-out one that is simulated. */
import { array, type NdArray } from '../io/array.js'
import type { OperatorSpec } from '../operators/operator.js'
import type { Posterior } from '../posterior.js'
import { derive, key } from '../random.js'
import type { Observation } from './condition.js'
import { readObservation } from './observation.js'
import { defaultParameters, drawSetting, measurementOf } from './setting.js'

export interface CaseOptions {
  /** A file; without it a held-out case is simulated, whose truth is known. */
  readonly observation?: string
  /** Which held-out case. Default 0. */
  readonly testCase?: number
  /** The operator of an array, or of the simulated case (drawn where it is random). */
  readonly operator?: OperatorSpec
  /** Deviation of the noise, where the file does not state it. */
  readonly noise?: number
  /** Physical parameters; default: the problem's. */
  readonly parameters?: Readonly<Record<string, number>>
}

/** An observation, the field behind it where it was simulated, and what a report calls it. */
export interface Case {
  readonly observation: Observation
  readonly truth?: NdArray<Float64Array>
  readonly source: string
  readonly labels?: readonly string[]
  readonly notes: readonly string[]
}

/** @throws RangeError for names and values that do not fit the problem; FileError for a file that cannot be read. */
export async function caseOf(
  { parts, problem }: Pick<Posterior, 'parts' | 'problem'>,
  options: CaseOptions,
): Promise<Case> {
  const { observation: file, operator, noise } = options
  const parameters = {
    ...defaultParameters(parts),
    ...checkedParameters(Object.keys(parts.physics.parameters), options),
  }
  if (file === undefined) return simulatedCase(parts, problem.test, parameters, options)
  const read = await readObservation(file, parts.state, {
    ...(operator && { operator }),
    ...(noise !== undefined && { noise }),
  })
  const family = parts.operators.find(({ spec }) => spec.kind === read.operator.kind)?.name ?? null
  return {
    observation: { parameters, operator: read.operator, noise: read.noise, y: read.y, family },
    source: read.source,
    ...(read.labels && { labels: read.labels }),
    notes: read.dropped > 0 ? [`${read.dropped} values of ${read.source} are empty or NaN and were left out.`] : [],
  }
}

function checkedParameters(
  known: readonly string[],
  { parameters = {} }: CaseOptions,
): Readonly<Record<string, number>> {
  for (const name of Object.keys(parameters))
    if (!known.includes(name)) throw new RangeError(`there is no parameter '${name}'; parameters: ${known.join(', ') || 'none'}`) // prettier-ignore
  return parameters
}

/** A case from the seed of the held-out ones, of the family asked for or of any. */
function simulatedCase(
  parts: Posterior['parts'],
  { seed }: { readonly seed: number },
  parameters: Readonly<Record<string, number>>,
  { testCase = 0, operator, noise }: CaseOptions,
): Case {
  const root = key(seed, 'case', testCase)
  const asked = operator && { name: 'given', spec: operator }
  const drawn = drawSetting(parts, parameters, derive(root, 'setting'), asked)
  const family = asked ? null : drawn.family
  const setting = { ...drawn, family, noise: { kind: 'gaussian', std: noise ?? parts.noise.default } }
  const truth = parts.prior.sample(derive(root, 'unknown'), 1)
  const { operator: A, noise: law } = measurementOf(parts, setting)
  const y = law.sample(A.apply(truth), derive(root, 'measurement'))
  return {
    observation: { ...setting, y: array(y.data, [y.size]) },
    truth: array(truth.data, parts.unknown.grid.shape),
    source: `simulated: held-out case ${testCase}`,
    notes: [],
  }
}
