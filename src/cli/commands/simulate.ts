import { defineCommand, exitCodes, UsageError } from '../command.js'
import { shapeOf } from '../shape.js'
import { runName } from '../run-name.js'
import { asUsage } from '../usage.js'

export const simulate = defineCommand({
  name: 'simulate',
  describe:
    'Simulate examples of a problem into HDF5 files, with both cores; the same command goes on where it stopped',
  positionals: {
    problem: { type: 'text', describe: "Name of a problem (see 'invdiff problems'), or the path of your own" },
  },
  options: {
    count: { type: 'number', integer: true, least: 1, describe: 'Examples (10000)' },
    out: { type: 'text', describe: 'Folder of the files (runs/<problem>-data)' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    shape: { type: 'text', describe: "Cells of the unknown's grid, such as 32x32" },
    family: { type: 'list', describe: 'This family of operators only (all)' },
    encode: {
      type: 'choice',
      choices: ['lmmse', 'adjoint', 'raw'],
      describe: 'How a measurement is shown to a network that is trained on the files',
    },
    surrogate: { type: 'flag', describe: 'For a network that corrects the Gaussian surrogate of the prior' },
    coordinates: { type: 'choice', choices: ['auto', 'residual', 'centred', 'standardised'], describe: 'What diffuses, as for train' }, // prettier-ignore
    threads: { type: 'number', integer: true, least: 1, describe: 'Threads (one for each core); the files are the same' }, // prettier-ignore
    overwrite: { type: 'flag', describe: 'Delete what is in the folder first' },
    json: { type: 'flag', describe: 'One JSON document when done' },
  },
  examples: [
    ['$0 simulate advection-diffusion/source --count 10000 --out data', 'ten thousand examples in HDF5'],
    ['$0 train advection-diffusion/source --data data', 'train on them'],
  ],
  async run(values, output) {
    const [{ simulate: run }, { durationText }] = await Promise.all([
      import('../../run/simulate.js'),
      import('../duration.js'),
    ])
    const { problem, out, count, seed, shape, family, encode, coordinates, threads } = values
    if (!problem) throw new UsageError("simulate: name a problem; 'invdiff problems' lists them")
    const folder = out ?? `${runName(problem)}-data`
    const result = await asUsage(() =>
      run({
        ...{ problem, folder, encode, signal: output.signal },
        ...(count !== undefined && { count }),
        ...(seed !== undefined && { seed }),
        ...(shape !== undefined && { shape: shapeOf(shape) }),
        ...(family.length > 0 && { families: family }),
        ...(coordinates !== 'auto' && { coordinates }),
        ...(values.surrogate && { surrogate: true }),
        ...(threads !== undefined && { threads }),
        mode: values.overwrite ? 'overwrite' : 'resume',
        progress({ done, of, examples, seconds }) {
          const speed = examples / seconds
          output.progress(`${done} of ${of} files${examples > 0 ? `, ${speed.toFixed(0)} examples/s` : ''}`)
        },
      }),
    )
    const { files, made, stopped, seconds } = result
    if (values.json) output.print(JSON.stringify(result, null, 2))
    else if (stopped) output.note(`stopped after ${made} examples; the same command goes on (${folder})`)
    else
      output.print(
        `${folder}: ${files.length} ${files.length === 1 ? 'file' : 'files'}, ${made} examples simulated in ${durationText(seconds)}`,
      )
    return stopped ? exitCodes.interrupted : exitCodes.ok
  },
})
