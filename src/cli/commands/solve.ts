import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const solve = defineCommand({
  name: 'solve',
  describe: 'Infer the unknown of a problem from measurements: posterior samples and a report',
  positionals: {
    problem: { type: 'text', describe: "Name of a problem (see 'invdiff problems'), or the path of your own" },
  },
  options: {
    observation: { type: 'text', describe: 'File of measurements: CSV, JSON, NPY or HDF5; without it, a held-out case is simulated' }, // prettier-ignore
    model: { type: 'text', describe: 'Folder of a trained model, or vp or ve for those shipped (vp)' },
    out: { type: 'text', describe: 'Run folder (runs/<problem>, numbered where it is taken)' },
    param: { type: 'list', describe: 'A physical parameter, as speed=0.2' },
    noise: { type: 'number', describe: 'Standard deviation of the noise where the file states none' },
    operator: { type: 'text', describe: 'Operator as JSON, for arrays and simulated cases' },
    case: { type: 'number', integer: true, least: 0, describe: 'Which held-out case is simulated (0)' },
    draws: { type: 'number', integer: true, least: 2, describe: 'Posterior samples (64)' },
    sampler: { type: 'text', describe: 'Name of a step (dpm-solver++2m)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Number of steps (20)' },
    alpha: { type: 'number', least: 0, describe: 'Member of the reverse family, for samplers that have a choice' },
    process: { type: 'choice', choices: ['auto', 'vp', 've'], describe: "Process of the sampler (auto: the model's)" },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    overwrite: { type: 'flag', describe: 'Delete the run in the folder first' },
    json: { type: 'flag', describe: 'One JSON document instead of the summary' },
  },
  examples: [
    ['$0 solve advection-diffusion/initial-condition', 'a simulated case, whose truth is known'],
    [
      '$0 solve advection-diffusion/initial-condition --observation my-sensors.csv --param speed=0.2',
      'your measurements',
    ],
  ],
  async run(values, output) {
    const [{ solve: run }, { processes }, { freeName }, { summaryOf }] = await Promise.all([
      import('../../run/solve.js'),
      import('../../run/process.js'),
      import('../../io/run-folder.js'),
      import('../../run/solve-text.js'),
    ])
    const { problem, model, out, observation, noise, draws, sampler, steps, alpha, seed } = values
    if (!problem) throw new UsageError("solve: name a problem; 'invdiff problems' lists them")
    const parameters = Object.fromEntries(values.param.map(assignment))
    const operator = values.operator === undefined ? undefined : operatorOf(values.operator)
    const folder = out ?? (await freeName(`runs/${problem.replace(/[^\w-]+/g, '-')}`))
    const solution = await asUsage(() =>
      run({
        ...{ problem, folder, parameters, signal: output.signal },
        mode: values.overwrite ? 'overwrite' : 'new',
        ...(model === 'vp' || model === 've' ? { shipped: model } : model !== undefined && { model }),
        ...(observation !== undefined && { observation }),
        ...(operator && { operator }),
        ...(noise !== undefined && { noise }),
        ...(values.case !== undefined && { testCase: values.case }),
        ...(draws !== undefined && { draws }),
        ...(sampler !== undefined && { sampler }),
        ...(steps !== undefined && { steps }),
        ...(alpha !== undefined && { alpha }),
        ...(seed !== undefined && { seed }),
        ...(values.process !== 'auto' && { process: processes[values.process] }),
        progress({ done, n, step, of, seconds }) {
          const share = (done + ((step / (of ?? 1)) * (n - done)) / Math.max(1, Math.ceil((n - done) / 64))) / n
          output.progress(`${done} of ${n} samples, about ${Math.ceil((seconds * (1 - share)) / Math.max(share, 1e-3))} s left`) // prettier-ignore
        },
      }),
    )
    for (const warning of solution.warnings) output.note(`warning: ${warning}`)
    output.print(values.json ? JSON.stringify(solution, null, 2) : summaryOf(solution))
    return exitCodes.ok
  },
})

function assignment(text: string): [string, number] {
  const [name, value] = text.split('=')
  if (name && value !== undefined && value.trim() !== '' && Number.isFinite(Number(value))) return [name, Number(value)]
  throw new UsageError(`--param is '${text}'; wants a name and a number, such as speed=0.2`)
}

function operatorOf(text: string): { kind: string } {
  try {
    return JSON.parse(text) as { kind: string }
  } catch (cause) {
    throw new UsageError(`--operator is no JSON: ${(cause as Error).message}`, { cause })
  }
}
