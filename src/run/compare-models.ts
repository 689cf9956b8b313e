/**
 * Trained models compared by exact posteriors: sampler x alpha x number of steps, at the same noise levels for every process,
 * beside the exact score in the same samplers (the error that no training removes) and independent draws (the error of so many
 * draws). A model gives a denoiser, and a denoiser serves every process (theory.md, section 3): what a comparison of models
 * trained for VE and for VP varies is the distribution of noise levels in training, and the process at sampling.
 */
import type { Posterior } from '../posterior.js'
import type { OperatorFamily } from '../problem.js'
import { key } from '../random.js'
import { compareModelsDefaults, distinct, familiesOf, membersOf, sharedLevels, specsOf, type CompareModelsOptions, type Member } from './compare-models-plan.js' // prettier-ignore
import { errorTable, type ErrorSpread } from './error-spread.js'
import { assertExact, exactPosterior, heldOutCase, type ExactPosterior, type HeldOutCase } from './exact-case.js'
import { exactScore, openExactSampler, type ExactScore } from './exact-score.js'
import { groupModels, processName, type ModelGroup } from './model-groups.js'
import type { ProcessSpec } from './process.js'
import type { DrawOptions, Draws } from './sampling.js'

export interface ModelRow extends Member, ErrorSpread {
  /** The name of a group of models, or `exact score`. */
  readonly model: string
  /** The process at sampling. */
  readonly process: string
  /** Denoiser calls for one draw. */
  readonly calls: number
  /** For the draws of one case. */
  readonly seconds: number
}

export interface ModelComparison {
  readonly problem: string
  readonly groups: readonly Omit<ModelGroup, 'members'>[]
  readonly families: readonly string[]
  readonly options: Omit<CompareModelsOptions, 'signal' | 'progress'>
  /** Errors of as many independent draws from the exact posteriors. */
  readonly floor: ErrorSpread
  readonly rows: readonly ModelRow[]
}

interface PreparedCase extends HeldOutCase {
  readonly seed: number
  readonly exact: ExactPosterior
  readonly score: ExactScore | null
}

type Run = (held: PreparedCase, options: DrawOptions & { readonly process: ProcessSpec }) => Promise<Draws>

/** What is sampled from: a group of models, or the exact score. */
interface Source {
  readonly name: string
  readonly specs: readonly ProcessSpec[]
  readonly cases: readonly PreparedCase[]
  /** One for each model. */
  readonly models: readonly Run[]
}

/** The name of the rows of the exact score. */
export const exactName = 'exact score'

/**
 * @throws RangeError for models of different problems or coordinates, a prior that is not Gaussian, and unknown names, before
 *   anything runs; Error when aborted.
 */
export async function compareModels(
  posteriors: readonly Posterior[],
  given: Partial<CompareModelsOptions> = {},
): Promise<ModelComparison> {
  const { signal, progress, ...asked } = { ...compareModelsDefaults, ...given }
  const groups = groupModels(posteriors)
  const first = posteriors[0]!
  assertExact(first, 'compare')
  const families = familiesOf(first, asked)
  const members = membersOf(asked)
  const specs = distinct(groups.flatMap(({ process }) => specsOf(process, asked.processes)))
  const options = { ...asked, ...sharedLevels(specs, asked) }
  const cases = preparedCases(first, families, options)
  const exactSampler = openExactSampler(first)
  const sources: Source[] = [
    ...groups.map(({ name, process, members: models }): Source => ({
      ...{ name, cases, specs: specsOf(process, asked.processes) },
      models: models.map(
        posterior =>
          ({ observation }, settings) =>
            posterior.sample(observation, settings),
      ),
    })),
    {
      ...{ name: exactName, specs, cases: cases.filter(({ score }) => score) },
      models: [({ score }, settings) => exactSampler.sample(score!, settings)],
    },
  ]
  const { draws, grid, sigmaMin, sigmaMax } = options
  const shared = { draws, grid, sigmaMin, sigmaMax, ...(signal && { signal }) }
  const rows: ModelRow[] = []
  try {
    for (const source of sources.filter(({ cases }) => cases.length > 0))
      for (const process of source.specs)
        for (const member of members) {
          const { sampler, alpha, steps } = member
          if (signal?.aborted) throw new Error('compare: aborted')
          progress?.(
            `${source.name}, ${processName(process)}, ${sampler}, alpha ${alpha}, ${steps ?? 'adaptive'} steps`,
          )
          const settings = { ...shared, process, sampler, alpha, ...(steps !== null && { steps }) }
          rows.push({ model: source.name, process: processName(process), ...member, ...(await errorsOf(source, settings)) }) // prettier-ignore
        }
  } finally {
    await exactSampler.dispose()
  }
  const floor = errorTable()
  cases.forEach(({ exact, seed }) => { floor.add(0, seed, exact.sample(key(seed, 'floor'), draws), exact) }) // prettier-ignore
  return {
    problem: first.problem.name,
    groups: groups.map(({ members: _, ...rest }) => rest),
    families: families.map(({ name }) => name),
    ...{ options, floor: floor.value(), rows },
  }
}

async function errorsOf(
  { cases, models }: Source,
  settings: DrawOptions & { readonly process: ProcessSpec },
): Promise<ErrorSpread & Pick<ModelRow, 'calls' | 'seconds'>> {
  const found = errorTable()
  const runs = cases.length * models.length
  const spent = { calls: 0, seconds: 0 }
  for (const [m, run] of models.entries())
    for (const [i, held] of cases.entries()) {
      const { x, calls, seconds } = await run(held, { ...settings, seed: held.seed })
      found.add(m, i, x, held.exact)
      spent.calls += calls / runs
      spent.seconds += seconds / runs
    }
  return { ...spent, ...found.value() }
}

/** Held-out cases of each family, one after the other, with what is exact about them. */
function preparedCases(
  first: Posterior,
  families: readonly OperatorFamily[],
  { observations, exact: asked }: CompareModelsOptions,
): PreparedCase[] {
  const scored = asked ?? (first.prior.mean.size <= 256 ? observations : 1)
  return families.flatMap((family, f) =>
    Array.from({ length: observations }, (_, i) => {
      const held = heldOutCase(first, family, i)
      const exact = exactPosterior(first, held)
      return { ...held, exact, seed: f * observations + i, score: i < scored ? exactScore(first, held, exact) : null }
    }),
  )
}
