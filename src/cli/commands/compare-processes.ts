import type { CompareOptions } from '../../run/compare-processes.js'
import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const compareProcesses = defineCommand({
  name: 'compare-processes',
  describe: 'Compare paths, samplers and alphas on a density with exact scores: error against denoiser calls',
  positionals: { density: { type: 'text', describe: 'bimodal, tanh, swissroll or ring' } },
  options: {
    path: { type: 'list', describe: 've, vp, vp-k=K or subvp (ve, vp, vp-k=1, subvp)' },
    sampler: { type: 'list', describe: 'Name of a step (euler-maruyama, exponential, heun and both dpm-solver++)' },
    alpha: { type: 'list', describe: 'Member of the reverse family, for samplers that have a choice (0 and 1)' },
    steps: { type: 'list', describe: 'Number of steps (12, 25, 50 and 100)' },
    grid: { type: 'choice', choices: ['log-sigma', 'karras', 'uniform-t'], describe: 'Time grid' },
    'sigma-min': { type: 'number', describe: 'Last level (0.01)' },
    'sigma-max': { type: 'number', describe: 'First level (20)' },
    n: { type: 'number', integer: true, least: 2, describe: 'Samples for each y and seed (1000)' },
    seeds: { type: 'number', integer: true, least: 5, describe: 'Number of seeds (5)' },
    conditions: { type: 'number', integer: true, least: 1, describe: 'Number of values of y (5)' },
    csv: { type: 'text', describe: 'File for the table as CSV' },
    html: { type: 'text', describe: 'File for a figure of error against denoiser calls' },
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [
    ['$0 compare-processes bimodal', 'four paths, five samplers'],
    [
      '$0 compare-processes ring --sampler heun --sampler edm --steps 25 --html ring.html',
      'two samplers, and a figure',
    ],
  ],
  async run(values, output) {
    const [{ compareProcesses }, { densityNames }, { toCsv, toTable }, { comparisonPage }, { writeFileAtomic }] =
      await Promise.all([
        import('../../run/compare-processes.js'),
        import('../../run/targets.js'),
        import('../../run/compare-text.js'),
        import('../../run/compare-page.js'),
        import('../../io/atomic.js'),
      ])
    const density = densityNames.find(name => name === values.density)
    if (!density) throw new UsageError(`the density is ${values.density ?? 'missing'}: ${densityNames.join(', ')}`)
    const lists = {
      paths: values.path,
      samplers: values.sampler,
      alphas: values.alpha.map(text => (Number.isNaN(Number(text)) ? text : Number(text))),
      steps: values.steps.map(wholeSteps),
    }
    const numbers = {
      sigmaMin: values['sigma-min'],
      sigmaMax: values['sigma-max'],
      n: values.n,
      seeds: values.seeds,
      conditions: values.conditions,
    }
    const chosen = [
      ...Object.entries(lists).filter(([, list]) => list.length > 0),
      ...Object.entries(numbers).filter(([, value]) => value !== undefined),
    ]
    const found = await asUsage(() =>
      compareProcesses({
        ...(Object.fromEntries(chosen) as Partial<CompareOptions>),
        density,
        grid: values.grid,
        signal: output.signal,
        progress: text => output.progress(text),
      }),
    )
    output.print(values.json ? JSON.stringify(found, null, 2) : toTable(found))
    if (values.csv !== undefined) await writeFileAtomic(values.csv, toCsv(found))
    if (values.html !== undefined) await writeFileAtomic(values.html, await comparisonPage(found))
    for (const file of [values.csv, values.html]) if (file !== undefined) output.note(`wrote ${file}`)
    return exitCodes.ok
  },
})

function wholeSteps(text: string): number {
  const steps = Number(text)
  if (Number.isSafeInteger(steps) && steps >= 1) return steps
  throw new UsageError(`--steps is '${text}', which is not an integer from 1`)
}
