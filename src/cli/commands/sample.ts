import { caseOf, caseOptions, sampledText, samplerOf, samplerOptions } from '../case-options.js'
import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const sample = defineCommand({
  name: 'sample',
  describe: 'Write posterior samples alone: Zarr for ArviZ, or NPY; any number of them',
  positionals: { model: { type: 'text', describe: 'Folder of a trained model' } },
  options: {
    out: { type: 'text', describe: 'Folder that ends in .zarr, or file that ends in .npy' },
    draws: { type: 'number', integer: true, least: 1, describe: 'Posterior samples (64)' },
    batch: { type: 'number', integer: true, least: 1, describe: 'Samples held at a time (about 260,000 cells)' },
    problem: { type: 'text', describe: "Path of the model's problem, where it is your own and has moved" },
    ...caseOptions,
    ...samplerOptions,
    overwrite: { type: 'flag', describe: 'Replace what has the name' },
    json: { type: 'flag', describe: 'One JSON document instead of the summary' },
  },
  examples: [
    ['$0 sample runs/my-model --observation my-sensors.csv --draws 10000 --out posterior.zarr', 'for ArviZ'],
    ['$0 sample runs/my-model --case 3 --out samples.npy', 'a simulated case, as an array'],
  ],
  async run(values, output) {
    const [{ sampleTo }, { processes }, { loadPosterior }] = await Promise.all([
      import('../../run/sample.js'),
      import('../../run/process.js'),
      import('../../posterior.js'),
    ])
    const { model, out, draws, batch, problem, overwrite } = values
    if (!model) throw new UsageError('sample: name the folder of a model')
    if (!out) throw new UsageError('sample: --out is missing: a folder that ends in .zarr, or a file in .npy')
    const posterior = await asUsage(() => loadPosterior(model, problem))
    try {
      const done = await asUsage(() =>
        sampleTo(posterior, {
          ...{ out, overwrite, signal: output.signal, ...caseOf(values), ...samplerOf(values, processes) },
          ...(draws !== undefined && { draws }),
          ...(batch !== undefined && { batch }),
          progress: report => {
            output.progress(sampledText(report))
          },
        }),
      )
      const speed = `${done.calls} denoiser calls each, in ${done.seconds.toFixed(1)} s`
      output.print(values.json ? JSON.stringify(done, null, 2) : `${done.out}: ${done.draws} samples of ${done.unknown} [${done.units}], ${speed}`) // prettier-ignore
      return exitCodes.ok
    } finally {
      await posterior.dispose()
    }
  },
})
