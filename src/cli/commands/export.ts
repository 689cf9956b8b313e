import { samplerOf, samplerOptions } from '../case-options.js'
import { defineCommand, exitCodes, UsageError } from '../command.js'
import { asUsage } from '../usage.js'

export const exportCommand = defineCommand({
  name: 'export',
  describe: 'Write a trained model as a standard ONNX file, for any runtime that reads one',
  positionals: { model: { type: 'text', describe: 'Folder of a trained model' } },
  options: {
    out: { type: 'text', describe: 'The file, such as denoiser.onnx' },
    what: { type: 'choice', choices: ['denoiser', 'step', 'sampler'], describe: 'E[x0 | x_t, y], one step of a sampler, or all of it' }, // prettier-ignore
    batch: { type: 'number', integer: true, least: 1, describe: 'Samples in one call (1)' },
    sampler: samplerOptions.sampler,
    steps: samplerOptions.steps,
    alpha: samplerOptions.alpha,
    process: samplerOptions.process,
    json: { type: 'flag', describe: 'Inputs, outputs and levels as one JSON document' },
  },
  examples: [
    ['$0 export runs/my-model --out denoiser.onnx --batch 16', 'the denoiser'],
    ['$0 export runs/my-model --what sampler --steps 20 --out sampler.onnx', 'from noise to samples in one graph'],
  ],
  async run(values, output) {
    const [{ exportModel }, { processes }, { loadModel }] = await Promise.all([
      import('../../run/export.js'),
      import('../../run/process.js'),
      import('../../run/model-folder.js'),
    ])
    const { model, out, what, batch } = values
    if (!model) throw new UsageError('export: name the folder of a model')
    if (!out) throw new UsageError('export: --out is missing: the name of the file, such as denoiser.onnx')
    const done = await asUsage(async () =>
      exportModel(await loadModel(model), out, {
        ...{ what, ...samplerOf({ ...values, seed: undefined }, processes) },
        ...(batch !== undefined && { batch }),
      }),
    )
    const inputs = Object.entries(done.inputs).map(([name, shape]) => `${name} [${shape.join(', ')}]`)
    const words = `${out}: ${what}, ${(done.bytes / 1e6).toFixed(1)} MB\n  inputs: ${inputs.join(', ')}\n  outputs: ${done.outputs.join(', ')}`
    output.print(values.json ? JSON.stringify({ file: out, ...done }, null, 2) : words)
    return exitCodes.ok
  },
})
