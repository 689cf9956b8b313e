import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const reference = defineCommand({
  name: 'reference',
  describe: 'Long Markov chains for a problem whose prior is parametric: the posterior that others are judged by',
  positionals: {
    problem: { type: 'text', describe: "Name of a problem (see 'invdiff problems'), or the path of your own" },
  },
  options: {
    family: { type: 'text', describe: 'Family of operators of the simulated case (drawn, at the usual parameters)' },
    case: { type: 'number', integer: true, least: 0, describe: 'Which held-out case is simulated (0)' },
    observation: { type: 'text', describe: 'File of measurements instead: CSV, JSON, NPY or HDF5' },
    out: {
      type: 'text',
      describe: 'Folder for reference.npz and reference.json (references/<problem>/<family and case>)',
    },
    moves: { type: 'choice', choices: ['auto', 'gauss-newton', 'random-walk'], describe: 'How chains move (auto: gauss-newton where the prior is smooth)' }, // prettier-ignore
    draws: { type: 'number', integer: true, least: 8, describe: 'Draws kept of each chain (1000)' },
    thin: { type: 'number', integer: true, least: 1, describe: 'Steps for each draw (10)' },
    warmup: {
      type: 'number',
      integer: true,
      least: 0,
      describe: 'Steps before the first draw (2048, or as many as after it for random walks)',
    },
    chains: { type: 'number', integer: true, least: 2, describe: 'Chains (4)' },
    levels: { type: 'number', integer: true, least: 1, describe: 'Levels of the tempering, 1 for one mode (10)' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    json: { type: 'flag', describe: 'One JSON document instead of the summary' },
  },
  examples: [
    ['$0 reference heat/disk --levels 1 --chains 8', 'centre and radius of the disk, by random walks'],
    ['$0 reference advection-diffusion/initial-condition-plume --family lines', 'two plumes, by Gauss-Newton moves'],
  ],
  async run(values, output) {
    const [{ referenceCase }, { loadProblem }, { referencePosterior }, { referenceText, writeReference }] =
      await Promise.all([
        import('../../run/reference-case.js'),
        import('../../run/problems.js'),
        import('../../run/reference.js'),
        import('../../run/reference-folder.js'),
      ])
    if (!values.problem) throw new UsageError("reference: name a problem; 'invdiff problems' lists them")
    const problem = await asUsage(() => loadProblem(values.problem!))
    const parts = problem.build(problem.shape)
    const { case: testCase = 0, observation, family, moves } = values
    const { out = `references/${problem.name}/${family === undefined ? '' : `${family}-`}${testCase}` } = values
    const chosen = {
      testCase,
      ...(family !== undefined && { family }),
      ...(observation !== undefined && { observation }),
    }
    const found = await asUsage(() => referenceCase({ parts, problem }, chosen))
    const numbers = Object.fromEntries(
      (['draws', 'thin', 'warmup', 'chains', 'levels', 'seed'] as const).flatMap(name =>
        values[name] === undefined ? [] : [[name, values[name]]],
      ),
    )
    const made = await asUsage(() =>
      referencePosterior(parts, found.observation, {
        ...{ ...numbers, signal: output.signal, ...(moves !== 'auto' && { moves }) },
        progress(share) {
          output.progress(`${(100 * share).toFixed(0)} %`)
        },
      }),
    )
    const card = await writeReference(out, problem, found, made)
    output.print(values.json ? JSON.stringify(card, null, 2) : `${referenceText(card)}\nwritten: ${out}`)
    return exitCodes.ok
  },
})
