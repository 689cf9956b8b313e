import { operatorOf, samplerOptions } from '../case-options.js'
import { defineCommand, exitCodes, UsageError, type Values } from '../command.js'
import { guidanceName, guidanceOf, guidanceOptions } from '../guidance-options.js'
import type { Output } from '../output.js'
import { asUsage } from '../usage.js'
import type { Posterior, SamplingOptions } from '../../posterior.js'
import type { Evaluation } from '../../run/evaluate.js'
import type { GuidanceName } from '../../run/guided.js'
import type { Model } from '../../run/model-folder.js'

export const evaluate = defineCommand({
  name: 'evaluate',
  describe: 'Judge a trained model on held-out cases: by exact posteriors (Gaussian priors), or by reference chains',
  positionals: { model: { type: 'text', describe: 'Folder of a trained model' } },
  options: {
    observations: { type: 'number', integer: true, least: 1, describe: 'Cases of each family (20)' },
    draws: { type: 'number', integer: true, least: 2, describe: 'Posterior samples of each case (256)' },
    family: { type: 'list', describe: 'Family of operators (all that the problem has)' },
    operator: { type: 'list', describe: 'An operator beside those of the problem, as JSON, drawn where it is random' },
    exact: { type: 'number', integer: true, least: 0, describe: 'Cases of each family sampled with the exact score too (0)' }, // prettier-ignore
    sampler: samplerOptions.sampler,
    steps: samplerOptions.steps,
    alpha: samplerOptions.alpha,
    card: { type: 'flag', describe: "Write the model's card, with the table, into its folder (README.md)" },
    ...guidanceOptions,
    guidance: { type: 'list', describe: 'Rules of guidance to compare: none, mmps, pigdm, dps (none)' },
    reference: {
      type: 'list',
      describe: "Folder that 'invdiff reference' wrote, or a folder of such folders, to judge by",
    },
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [
    ['$0 evaluate runs/my-model --observations 5', 'errors of mean, deviation and covariance, and coverage'],
    [
      `$0 evaluate runs/my-model --operator '{"kind":"sensors","count":120}' --guidance none --guidance mmps`,
      'an operator that it was not trained on, shown to the network and by guidance',
    ],
    ['$0 evaluate runs/my-plume --reference references/my-plume', 'distances to Markov chains'],
  ],
  async run(values, output) {
    const [{ evaluate: run, evaluationText }, { loadPosterior }] = await Promise.all([
      import('../../run/evaluate.js'),
      import('../../posterior.js'),
    ])
    const { model, observations, draws = 256, family, operator, exact = 0, reference } = values
    if (!model) throw new UsageError('evaluate: name the folder of a model')
    const rules = (values.guidance.length > 0 ? values.guidance : ['none']).map(guidanceName)
    const posterior = await loadPosterior(model)
    const sampling = { draws, signal: output.signal, ...guidanceOf(values), ...stepsOf(values) }
    try {
      if (reference.length > 0) {
        const printed = await asUsage(() => byReferences(posterior, reference, { ...sampling, guidance: rules[0]! }, output)) // prettier-ignore
        output.print(values.json ? JSON.stringify(printed.rows, null, 2) : printed.text)
        return exitCodes.ok
      }
      const known = posterior.parts.operators
      const named = known.filter(({ name }) => family.includes(name))
      if (named.length < family.length) throw new UsageError(`evaluate: families of the problem are ${known.map(({ name }) => name).join(', ')}`) // prettier-ignore
      const others = operator.map(text => ({ name: text, spec: operatorOf(text) }))
      const families = [...(family.length > 0 || others.length > 0 ? named : known), ...others]
      const tables: { readonly guidance: GuidanceName; readonly rows: Evaluation[] }[] = []
      for (const [k, guidance] of rules.entries()) {
        const rows = await asUsage(() =>
          run(posterior, {
            ...{ ...sampling, families, guidance },
            ...(observations !== undefined && { observations }),
            exact: k === 0 ? exact : 0, // it does not depend on the guidance
            done: (finished, all) => output.progress(`${guidance === 'none' ? '' : `${guidance}: `}${finished} of ${all} cases`), // prettier-ignore
          }),
        )
        tables.push({ guidance, rows })
      }
      if (values.card) output.note(`wrote ${await writeCard(posterior.model, tables[0]!.rows, draws)}`)
      const all = tables.flatMap(({ guidance, rows }) => rows.map(row => ({ guidance, ...row })))
      const text = tables.map(({ guidance, rows }) => (rules.length > 1 ? `guidance: ${guidance}\n` : '') + evaluationText(rows)) // prettier-ignore
      output.print(values.json ? JSON.stringify(all, null, 2) : text.join('\n\n'))
      return exitCodes.ok
    } finally {
      await posterior.dispose()
    }
  },
})

type SamplerValues = Values<typeof samplerOptions>

/** What was given of the sampler. */
const stepsOf = ({
  sampler,
  steps,
  alpha,
}: Pick<SamplerValues, 'sampler' | 'steps' | 'alpha'>): Pick<SamplingOptions, 'sampler' | 'steps' | 'alpha'> => ({
  ...(sampler !== undefined && { sampler }),
  ...(steps !== undefined && { steps }),
  ...(alpha !== undefined && { alpha }),
})

async function byReferences(
  posterior: Posterior,
  given: readonly string[],
  options: SamplingOptions,
  output: Output,
): Promise<{ readonly rows: readonly object[]; readonly text: string }> {
  const { evaluateByReferences, referenceFolders, referencesText } = await import('../../run/evaluate-reference.js')
  const folders = (await Promise.all(given.map(referenceFolders))).flat()
  const done = (finished: number, all: number): void => {
    output.progress(`${finished} of ${all} references`)
  }
  const rows = await evaluateByReferences(posterior, folders, { ...options, done })
  return { rows, text: referencesText(rows, posterior.parts.unknown.units) }
}

/** The card, with the command that makes it again. */
async function writeCard(model: Model, rows: readonly Evaluation[], draws: number): Promise<string> {
  const [{ machineText, modelCard }, { writeFileAtomic }] = await Promise.all([
    import('../../run/model-card.js'),
    import('../../io/atomic.js'),
  ])
  const file = `${model.folder}/README.md`
  const command = `npx invdiff evaluate ${model.folder} --observations ${rows[0]?.observations ?? 0} --draws ${draws} --card`
  await writeFileAtomic(file, modelCard(model, { rows, command, draws, machine: machineText() }))
  return file
}
