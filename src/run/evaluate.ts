/** Judges a model by exact posteriors, on held-out cases of each family of operators; for Gaussian priors. */
import type { Posterior, SamplingOptions } from '../posterior.js'
import type { OperatorFamily } from '../problem.js'
import { key } from '../random.js'
import { coveredTruths, type Covered } from './covered.js'
import { assertExact, exactPosterior, heldOutCase, momentErrors, type MomentErrors } from './exact-case.js'
import { exactScore, openExactSampler, type ExactSampler } from './exact-score.js'

export interface EvaluateOptions extends SamplingOptions {
  /** Held-out observations of each family. Default: the problem's, 20. */
  readonly observations?: number
  /** Families to judge; default those of the problem's mixture. */
  readonly families?: readonly OperatorFamily[]
  /** Observations of each family that are sampled with the exact score too. Default 0: N^3 operations each. */
  readonly exact?: number
  /** Called after each observation. */
  readonly done?: (finished: number, all: number) => void
}

/** Errors of one family, pooled over its observations. */
export interface Evaluation extends MomentErrors {
  readonly family: string
  /** The same of as many independent draws from the exact posterior: what sampling alone costs. */
  readonly floor: MomentErrors
  /** The same of the exact score in the sampler of the model, where asked for. */
  readonly exact: MomentErrors | null
  readonly coverage: Covered
  /** Of each case alone. */
  readonly cases: readonly (MomentErrors & { readonly coverage: Covered })[]
  readonly observations: number
  readonly seconds: number
}

/** @throws RangeError where the prior is not Gaussian: then there is no exact posterior. */
export async function evaluate(posterior: Posterior, options: EvaluateOptions = {}): Promise<Evaluation[]> {
  const { parts, problem } = posterior
  assertExact(posterior, 'evaluate')
  const { families = parts.operators, observations = problem.test.count } = options
  const sampler = openExactSampler(posterior)
  const rows: Evaluation[] = []
  try {
    for (const [f, family] of families.entries()) {
      const finished = (i: number): void => options.done?.(f * observations + i, families.length * observations)
      rows.push(await evaluateFamily(posterior, sampler, family, { ...options, observations }, finished))
    }
  } finally {
    await sampler.dispose()
  }
  return rows
}

async function evaluateFamily(
  posterior: Posterior,
  sampler: ExactSampler,
  family: OperatorFamily,
  { observations, draws = 256, exact: exactCases = 0, ...options }: EvaluateOptions & { readonly observations: number },
  finished: (i: number) => void,
): Promise<Evaluation> {
  const { shape } = posterior.prior.mean
  const [found, floor, byScore] = [momentErrors(), momentErrors(), momentErrors()]
  const covered = coveredTruths(shape)
  const cases: Evaluation['cases'][number][] = []
  let seconds = 0
  for (let i = 0; i < observations; i++) {
    const held = heldOutCase(posterior, family, i)
    const { observation, truth } = held
    const exact = exactPosterior(posterior, held)
    const { x, seconds: spent } = await posterior.sample(observation, { ...options, draws, seed: i })
    seconds += spent
    cases.push({ ...found.add(x, exact), coverage: covered.add(x, truth) })
    floor.add(exact.sample(key(i, 'floor'), draws), exact)
    if (i < exactCases) {
      const drawn = await sampler.sample(exactScore(posterior, held, exact), { ...options, draws, seed: i })
      byScore.add(drawn.x, exact)
    }
    finished(i + 1)
  }
  return {
    ...{ family: family.name, ...found.value(), floor: floor.value(), observations, seconds },
    exact: exactCases > 0 ? byScore.value() : null,
    ...{ coverage: covered.value(), cases },
  }
}

/** The table that the command prints; a row of its own for the exact score, where it was asked for. */
export function evaluationText(rows: readonly Evaluation[]): string {
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`.padStart(6)
  const both = (value: number, least: number): string => `${value.toFixed(3)} (${least.toFixed(3)})`.padStart(15)
  const errorsOf = (e: MomentErrors, floor: MomentErrors): string[] =>
    (['mean', 'std', 'covariance'] as const).map(name => both(e[name], floor[name]))
  // A long name, such as that of an operator, has a line of its own.
  const width = Math.max(14, ...rows.map(({ family }) => (family.length > 24 ? 0 : family.length)))
  const named = (family: string): string =>
    family.length > width ? `${family}\n${''.padEnd(width)}` : family.padEnd(width)
  return [
    `${'family'.padEnd(width)}     mean (floor)      std (floor)      cov (floor)   cells    mass, line, point   (90 % intervals)`,
    ...rows.flatMap(({ family, floor, exact, coverage: c, ...found }) => [
      [named(family), ...errorsOf(found, floor), percent(c.cells), percent(c.functionals)].join('  '),
      ...(exact ? [['  exact score'.padEnd(width), ...errorsOf(exact, floor)].join('  ')] : []),
    ]),
  ].join('\n')
}
