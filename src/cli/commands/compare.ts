import { operatorOf } from '../case-options.js'
import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const compare = defineCommand({
  name: 'compare',
  describe: 'Compare trained models with exact posteriors: sampler x alpha x steps, error against denoiser calls',
  positionals: { model: { type: 'text', describe: 'Folder of a trained model' } },
  options: {
    with: { type: 'list', describe: 'Folder of another model of the problem; those that differ in their seed are averaged' }, // prettier-ignore
    process: {
      type: 'list',
      describe: 'Process at sampling: own, ve or vp (own: the one that a model was trained for)',
    },
    sampler: { type: 'list', describe: 'Name of a step (exponential, heun and both dpm-solver++)' },
    alpha: { type: 'list', describe: 'Member of the reverse family, for samplers that have a choice (0 and 1)' },
    steps: { type: 'list', describe: 'Number of steps (10, 20 and 40)' },
    family: { type: 'list', describe: 'Family of operators (all that the problem has)' },
    operator: { type: 'list', describe: 'An operator beside those of the problem, as JSON, drawn where it is random' },
    observations: { type: 'number', integer: true, least: 1, describe: 'Held-out cases of each family (3)' },
    exact: { type: 'number', integer: true, least: 0, describe: 'Of these, sampled with the exact score too (all; one above 256 cells)' }, // prettier-ignore
    draws: { type: 'number', integer: true, least: 2, describe: 'Posterior samples of each case (256)' },
    grid: { type: 'choice', choices: ['karras', 'log-sigma', 'uniform-t'], describe: 'Time grid' },
    'sigma-min': { type: 'number', describe: 'Last level (0.02)' },
    'sigma-max': { type: 'number', describe: 'First level (100)' },
    csv: { type: 'text', describe: 'File for the table as CSV' },
    html: { type: 'text', describe: 'File for figures of error against denoiser calls' },
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [
    ['$0 compare runs/ve --with runs/vp --html ve-vp.html', 'VE against VP, beside the exact score'],
    ['$0 compare runs/vp --process ve --process vp --sampler heun', 'one denoiser, two processes'],
  ],
  async run(values, output) {
    const [
      { compareModels },
      { modelCsv, modelTable },
      { modelComparisonPage },
      { loadPosterior },
      { writeFileAtomic },
    ] = await Promise.all([
      import('../../run/compare-models.js'),
      import('../../run/compare-models-text.js'),
      import('../../run/compare-models-page.js'),
      import('../../posterior.js'),
      import('../../io/atomic.js'),
    ])
    if (!values.model) throw new UsageError('compare: name the folder of a model')
    const { observations, exact, draws, grid, sampler, family } = values
    const processes = values.process.map(name => {
      if (name === 'own' || name === 've' || name === 'vp') return name
      throw new UsageError(`--process is '${name}'; wants own, ve or vp`)
    })
    const given = {
      ...(sampler.length > 0 && { samplers: sampler }),
      ...(values.alpha.length > 0 && { alphas: values.alpha.map(text => numberOf('alpha', text)) }),
      ...(values.steps.length > 0 && { steps: values.steps.map(stepsOf) }),
      ...(processes.length > 0 && { processes }),
      ...{ families: family, operators: values.operator.map(text => ({ name: text, spec: operatorOf(text) })), grid },
      ...(observations !== undefined && { observations }),
      ...(exact !== undefined && { exact }),
      ...(draws !== undefined && { draws }),
      ...(values['sigma-min'] !== undefined && { sigmaMin: values['sigma-min'] }),
      ...(values['sigma-max'] !== undefined && { sigmaMax: values['sigma-max'] }),
      ...{ signal: output.signal, progress: (text: string) => output.progress(text) },
    }
    const posteriors = await Promise.all([values.model, ...values.with].map(folder => loadPosterior(folder)))
    try {
      const found = await asUsage(() => compareModels(posteriors, given))
      output.print(values.json ? JSON.stringify(found, null, 2) : modelTable(found))
      if (values.csv !== undefined) await writeFileAtomic(values.csv, modelCsv(found))
      if (values.html !== undefined) await writeFileAtomic(values.html, await modelComparisonPage(found))
      for (const file of [values.csv, values.html]) if (file !== undefined) output.note(`wrote ${file}`)
      return exitCodes.ok
    } finally {
      for (const posterior of posteriors) await posterior.dispose()
    }
  },
})

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new UsageError(`--${name} is '${text}', which is no number`)
}

function stepsOf(text: string): number {
  const steps = numberOf('steps', text)
  if (Number.isSafeInteger(steps) && steps >= 1) return steps
  throw new UsageError(`--steps is '${text}', which is not an integer from 1`)
}
