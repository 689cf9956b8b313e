import { operatorOf } from '../case-options.js'
import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'
import type { Evaluation } from '../../run/evaluate.js'
import type { Model } from '../../run/model-folder.js'

export const evaluate = defineCommand({
  name: 'evaluate',
  describe: 'Judge a trained model by exact posteriors on held-out cases (Gaussian priors)',
  positionals: { model: { type: 'text', describe: 'Folder of a trained model' } },
  options: {
    observations: { type: 'number', integer: true, least: 1, describe: 'Cases of each family (20)' },
    draws: { type: 'number', integer: true, least: 2, describe: 'Posterior samples of each case (256)' },
    family: { type: 'list', describe: 'Family of operators (all that the problem has)' },
    operator: { type: 'list', describe: 'An operator beside those of the problem, as JSON, drawn where it is random' },
    exact: { type: 'number', integer: true, least: 0, describe: 'Cases of each family sampled with the exact score too (0)' }, // prettier-ignore
    sampler: { type: 'text', describe: 'Name of a step (dpm-solver++2m)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Number of steps (20)' },
    alpha: { type: 'number', least: 0, describe: 'Member of the reverse family, for samplers that have a choice' },
    card: { type: 'flag', describe: "Write the model's card, with the table, into its folder (README.md)" },
    guidance: { type: 'choice', choices: ['none', 'mmps', 'pigdm', 'dps'], describe: 'Show the network nothing, and guide it by the likelihood' }, // prettier-ignore
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [['$0 evaluate runs/my-model --observations 5', 'errors of mean, deviation and covariance, and coverage']],
  async run(values, output) {
    const [{ evaluate: run, evaluationText }, { loadPosterior }] = await Promise.all([
      import('../../run/evaluate.js'),
      import('../../posterior.js'),
    ])
    const { model, observations, draws = 256, family, operator, exact, sampler, steps, alpha, guidance } = values
    if (!model) throw new UsageError('evaluate: name the folder of a model')
    const posterior = await loadPosterior(model)
    try {
      const known = posterior.parts.operators
      const named = known.filter(({ name }) => family.includes(name))
      if (named.length < family.length) throw new UsageError(`evaluate: families of the problem are ${known.map(({ name }) => name).join(', ')}`) // prettier-ignore
      const others = operator.map(text => ({ name: text, spec: operatorOf(text) }))
      const families = [...(family.length > 0 || others.length > 0 ? named : known), ...others]
      const rows = await asUsage(() =>
        run(posterior, {
          ...{ draws, families, guidance, signal: output.signal },
          ...(observations !== undefined && { observations }),
          ...(exact !== undefined && { exact }),
          ...(sampler !== undefined && { sampler }),
          ...(steps !== undefined && { steps }),
          ...(alpha !== undefined && { alpha }),
          done: (finished, all) => output.progress(`${finished} of ${all} cases`),
        }),
      )
      if (values.card) output.note(`wrote ${await writeCard(posterior.model, rows, draws)}`)
      output.print(values.json ? JSON.stringify(rows, null, 2) : evaluationText(rows))
      return exitCodes.ok
    } finally {
      await posterior.dispose()
    }
  },
})

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
