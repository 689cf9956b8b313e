import { defineCommand, exitCodes, UsageError } from '../command.js'
import { shapeOf } from '../shape.js'
import { runName } from '../run-name.js'
import { asUsage } from '../usage.js'

export const train = defineCommand({
  name: 'train',
  grace: 60,
  describe: 'Train the model of a problem; Ctrl-C leaves a run that --resume goes on with',
  positionals: {
    problem: { type: 'text', describe: "Name of a problem (see 'invdiff problems'), or the path of your own" },
  },
  options: {
    out: { type: 'text', describe: 'Run folder (runs/<problem>-<process>)' },
    process: { type: 'choice', choices: ['vp', 've'], describe: 'Forward process' },
    budget: { type: 'text', describe: 'Time for training, such as 90s, 45m or 2h (10m)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Steps of training, instead of a budget' },
    batch: { type: 'number', integer: true, least: 1, describe: 'Examples in a step (64)' },
    rate: { type: 'number', describe: 'Peak learning rate (0.001)' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    shape: { type: 'text', describe: "Cells of the unknown's grid, such as 32x32" },
    encode: {
      type: 'choice',
      choices: ['lmmse', 'adjoint', 'raw'],
      describe: 'How a measurement is shown to the network',
    },
    coordinates: { type: 'choice', choices: ['auto', 'residual', 'centred', 'standardised'], describe: 'What diffuses: the unknown, or what the linear estimate leaves of it (auto: residual for lmmse, centred with a surrogate)' }, // prettier-ignore
    surrogate: { type: 'flag', describe: 'The network corrects the Gaussian surrogate of the prior: exact where the prior is Gaussian, less to learn elsewhere' }, // prettier-ignore
    levels: { type: 'choice', choices: ['log-normal', 'schedule'], describe: 'Noise levels of training' },
    parametrisation: { type: 'choice', choices: ['edm', 'epsilon', 'score', 'x0', 'velocity', 'velocity-1'], describe: 'What the network gives' }, // prettier-ignore
    loss: { type: 'text', describe: 'mse (default) or a robust loss' },
    family: { type: 'list', describe: 'Train on this family of operators only (all)' },
    data: { type: 'text', describe: "Folder of 'invdiff simulate' to train on (examples are simulated on the fly)" },
    simulations: { type: 'number', integer: true, least: 2, describe: 'Of those, the first so many (all)' },
    threads: { type: 'number', integer: true, least: 1, describe: 'Threads of the engine (one for each core); beside other work, 1 is faster' }, // prettier-ignore
    resume: { type: 'flag', describe: 'Go on with the run in the folder' },
    overwrite: { type: 'flag', describe: 'Delete the run in the folder first' },
    json: { type: 'flag', describe: 'One JSON document when done' },
  },
  examples: [
    ['$0 train advection-diffusion/source --budget 10m', 'ten minutes on this machine'],
    ['$0 train my-problem --process ve --budget 1h --resume', 'a problem of your own; goes on where it was stopped'],
  ],
  async run(values, output) {
    const [{ trainProblem }, { durationText, secondsOf }] = await Promise.all([
      import('../../run/train.js'),
      import('../duration.js'),
    ])
    const { problem, process, out, budget, steps, batch, rate, seed, shape, family } = values
    if (!problem) throw new UsageError("train: name a problem; 'invdiff problems' lists them")
    if (values.resume && values.overwrite) throw new UsageError('train: --resume and --overwrite exclude each other')
    if (steps !== undefined && budget !== undefined) throw new UsageError('train: give --steps or --budget, not both')
    if (values.simulations !== undefined && values.data === undefined) throw new UsageError('train: --simulations counts those of --data: give a folder') // prettier-ignore
    const folder = out ?? `${runName(problem)}-${process}`
    const result = await asUsage(() =>
      trainProblem({
        ...{ problem, folder, process, signal: output.signal },
        ...(steps === undefined ? { budget: budget === undefined ? 600 : secondsOf(budget, '--budget') } : { steps }),
        ...(batch !== undefined && { batch }),
        ...(rate !== undefined && { rate }),
        ...(seed !== undefined && { seed }),
        ...(shape !== undefined && { shape: shapeOf(shape) }),
        ...(values.surrogate && { surrogate: true }),
        ...(family.length > 0 && { families: family }),
        ...(values.data !== undefined && { data: values.data }),
        ...(values.simulations !== undefined && { simulations: values.simulations }),
        ...(values.threads !== undefined && { threads: values.threads }),
        ...(values.loss !== undefined && { loss: values.loss }),
        ...(values.coordinates !== 'auto' && { coordinates: values.coordinates }),
        ...{ encode: values.encode, levels: values.levels, parametrisation: values.parametrisation },
        mode: values.resume ? 'resume' : values.overwrite ? 'overwrite' : 'new',
        progress({ step, steps: all, loss, heldOut, stepsPerSecond, secondsLeft }) {
          const of = all === null ? '' : `/${all}`
          const judged = heldOut === null ? '' : `, held-out ${heldOut.toFixed(4)}`
          output.progress(`step ${step}${of}: loss ${loss.toFixed(4)}${judged}, ${stepsPerSecond.toFixed(1)} steps/s, ${durationText(secondsLeft)} left`) // prettier-ignore
        },
      }),
    )
    const { steps: taken, stopped, best, seconds } = result
    if (values.json) output.print(JSON.stringify({ folder, steps: taken, stopped, best, seconds }, null, 2))
    else if (stopped === 'aborted') output.note(`stopped after ${taken} steps; go on with --resume (${folder})`)
    else output.print(`${folder}: ${taken} steps in ${durationText(seconds)}${best ? `, least held-out loss ${best.loss.toFixed(4)} at step ${best.step}` : ''}`) // prettier-ignore
    return stopped === 'aborted' ? exitCodes.interrupted : exitCodes.ok
  },
})
