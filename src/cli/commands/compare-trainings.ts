import { commandLine } from '../command-line.js'
import { defineCommand, exitCodes, UsageError } from '../command.js'
import { integersOf, namesOf } from '../lists.js'
import { shapeOf } from '../shape.js'
import { runName } from '../run-name.js'
import { asUsage } from '../usage.js'

export const compareTrainings = defineCommand({
  name: 'compare-trainings',
  grace: 60,
  describe:
    'Train a model for each combination of what varies, at equal cost, and judge all on the same held-out cases',
  positionals: {
    problem: { type: 'text', describe: "Name of a problem (see 'invdiff problems'), or the path of your own" },
  },
  options: {
    process: { type: 'list', describe: 'vp, ve (vp)' },
    levels: { type: 'list', describe: 'Noise levels of training: auto, log-normal, schedule (auto: log-normal for vp, schedule for ve)' }, // prettier-ignore
    encode: { type: 'list', describe: 'How a measurement is shown to the network: lmmse, adjoint, raw (lmmse)' },
    base: { type: 'list', describe: 'What the network corrects: none, surrogate (none)' },
    simulations: { type: 'list', describe: 'Train on so many stored simulations, such as 500,2000; fly: made meanwhile (fly)' }, // prettier-ignore
    families: { type: 'list', describe: 'all: one model; each: one for each family besides, at full cost; share: one for each, which share the cost (all)' }, // prettier-ignore
    seeds: { type: 'list', describe: 'Seeds of training, such as 0,1,2 (0)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Equal cost: steps of each training (600)' },
    budget: { type: 'text', describe: 'Equal cost: time of each training, such as 4m, instead of steps' },
    batch: { type: 'number', integer: true, least: 1, describe: 'Examples in a step (64)' },
    rate: { type: 'number', describe: 'Peak learning rate (0.001)' },
    shape: { type: 'text', describe: "Cells of the unknown's grid, such as 16x16" },
    threads: { type: 'number', integer: true, least: 1, describe: 'Threads of the engine in training (one for each core)' }, // prettier-ignore
    observations: { type: 'number', integer: true, least: 1, describe: 'Held-out cases of each family (4)' },
    draws: { type: 'number', integer: true, least: 2, describe: 'Posterior samples of each case (128)' },
    sampler: { type: 'text', describe: 'Name of a step (dpm-solver++2m)' },
    'sampling-steps': { type: 'number', integer: true, least: 1, describe: 'Steps of sampling (20)' },
    alpha: { type: 'number', least: 0, describe: 'Member of the reverse family, for samplers that have a choice' },
    out: { type: 'text', describe: 'Run folder (runs/<problem>-trainings)' },
    resume: { type: 'flag', describe: 'Go on with the run in the folder; what varies may grow' },
    overwrite: { type: 'flag', describe: 'Delete the run in the folder first' },
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [
    ['$0 compare-trainings my-problem.ts --encode raw,adjoint,lmmse --budget 4m', 'what the network is best shown'],
    ['$0 compare-trainings my-problem.ts --process ve,vp --seeds 0,1,2 --steps 1000 --resume', 'VE against VP; goes on where it was stopped'], // prettier-ignore
  ],
  async run(values, output) {
    const [{ compareTrainings: compare }, { comparisonTable }, { bases }, { durationText, secondsOf }] =
      await Promise.all([
        import('../../run/trainings/compare.js'),
        import('../../run/trainings/text.js'),
        import('../../run/trainings/plan.js'),
        import('../duration.js'),
      ])
    const { problem, steps, budget, shape, threads, resume, overwrite } = values
    if (!problem) throw new UsageError("compare-trainings: name a problem; 'invdiff problems' lists them")
    if (resume && overwrite) throw new UsageError('compare-trainings: --resume and --overwrite exclude each other')
    if (steps !== undefined && budget !== undefined) throw new UsageError('compare-trainings: give --steps or --budget, not both') // prettier-ignore
    const folder = values.out ?? `${runName(problem)}-trainings`
    const simulations = namesOf('simulations', values.simulations).map(text => (text === 'fly' ? null : integersOf('simulations', [text])[0]!)) // prettier-ignore
    const variation = {
      processes: namesOf('process', values.process, ['vp', 've']),
      levels: namesOf('levels', values.levels, ['auto', 'log-normal', 'schedule']),
      encodings: namesOf('encode', values.encode, ['lmmse', 'adjoint', 'raw']),
      bases: namesOf('base', values.base, Object.keys(bases) as (keyof typeof bases)[]),
      families: namesOf('families', values.families, ['all', 'each', 'share']),
      ...{ simulations, seeds: integersOf('seeds', values.seeds) },
    } as const
    const found = await asUsage(() =>
      compare({
        ...(Object.fromEntries(Object.entries(variation).filter(([, list]) => list.length > 0)) as Partial<
          typeof variation
        >),
        ...{ problem, folder, command: commandLine('compare-trainings', problem, values), signal: output.signal },
        training: {
          ...defined({ steps, batch: values.batch, rate: values.rate }),
          ...(budget !== undefined && { budget: secondsOf(budget, '--budget') }),
          ...(shape !== undefined && { shape: shapeOf(shape) }),
        },
        judge: defined({ observations: values.observations, draws: values.draws, sampler: values.sampler, steps: values['sampling-steps'], alpha: values.alpha }), // prettier-ignore
        ...(threads !== undefined && { threads }),
        mode: resume ? 'resume' : overwrite ? 'overwrite' : 'new',
        progress(text, left) {
          output.progress(left === null ? text : `${text}; ${durationText(left)} left for all`)
        },
      }),
    )
    output.print(values.json ? JSON.stringify(found, null, 2) : comparisonTable(found))
    output.note(`${folder}: results.md, results.csv, models`)
    return exitCodes.ok
  },
})

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
