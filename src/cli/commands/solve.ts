import { defineCommand, exitCodes, UsageError } from '../command.js'
import { caseOf, caseOptions, sampledText, samplerOf, samplerOptions } from '../case-options.js'
import { guidanceOf, guidanceOptions, guidanceRule } from '../guidance-options.js'
import { runName } from '../run-name.js'
import { asUsage } from '../usage.js'

/** Names of shipped models, which are no folders. */
const shipped: readonly string[] = ['surrogate', 'vp', 've']

export const solve = defineCommand({
  name: 'solve',
  describe: 'Infer the unknown of a problem from measurements: posterior samples and a report',
  positionals: {
    problem: { type: 'text', describe: "Name of a problem (see 'invdiff problems'), or the path of your own" },
  },
  options: {
    model: {
      type: 'text',
      describe: 'Folder of a trained model, or surrogate, vp or ve for those shipped (the first that there is)',
    },
    out: { type: 'text', describe: 'Run folder (runs/<problem>, numbered where it is taken)' },
    ...caseOptions,
    draws: { type: 'number', integer: true, least: 2, describe: 'Posterior samples (64)' },
    ...samplerOptions,
    ...guidanceRule,
    ...guidanceOptions,
    overwrite: { type: 'flag', describe: 'Delete the run in the folder first' },
    json: { type: 'flag', describe: 'One JSON document instead of the summary' },
  },
  examples: [
    ['$0 solve advection-diffusion/initial-condition', 'a simulated case, whose truth is known'],
    [
      '$0 solve advection-diffusion/initial-condition --observation my-sensors.csv --param speed=0.2',
      'your measurements',
    ],
    [
      `$0 solve advection-diffusion/initial-condition --operator '{"kind":"compose","operators":[{"kind":"sensors","count":24,"time":1},{"kind":"saturating","limit":2}]}' --guidance mmps`,
      'detectors that saturate: guided by their likelihood, which the network was not trained on',
    ],
  ],
  async run(values, output) {
    const [{ solve: run }, { processes }, { summaryOf }] = await Promise.all([
      import('../../run/solve.js'),
      import('../../run/process.js'),
      import('../../run/solve-text.js'),
    ])
    const { problem, model, out, draws } = values
    if (!problem) throw new UsageError("solve: name a problem; 'invdiff problems' lists them")
    const folder = out ?? runName(problem)
    const solution = await asUsage(() =>
      run({
        ...{ problem, folder, signal: output.signal, ...caseOf(values), ...samplerOf(values, processes) },
        mode: values.overwrite ? 'overwrite' : out === undefined ? 'numbered' : 'new',
        ...(shipped.includes(model ?? '') ? { shipped: model! } : model !== undefined && { model }),
        ...(draws !== undefined && { draws }),
        ...{ guidance: values.guidance, ...guidanceOf(values) },
        progress: report => {
          output.progress(sampledText(report))
        },
      }),
    )
    for (const warning of solution.warnings) output.note(`warning: ${warning}`)
    output.print(values.json ? JSON.stringify(solution, null, 2) : summaryOf(solution))
    return exitCodes.ok
  },
})
