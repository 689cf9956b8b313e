import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'
import { detectOptions, detectValues } from './detect-options.js'

export const segmentEvaluate = defineCommand({
  name: 'segment evaluate',
  describe: "Judge a model on the test set of a category in MVTec AD's layout",
  positionals: {
    input: { type: 'text', describe: 'Folder of the category' },
  },
  options: {
    model: { type: 'text', describe: 'Folder of the model (the shipped one)' },
    seen: { type: 'list', describe: 'A kind of defect that the model was trained on, to be reported apart' },
    ...detectOptions,
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [
    [
      '$0 segment evaluate mvtec/grid --model runs/segment-grid --t-forward 100 --t-reverse 250',
      'AUROC, AUPR and AUPRO of pixels',
    ],
  ],
  async run(values, output) {
    const { input, seen, seed, json } = values
    if (input === undefined) throw new UsageError('segment evaluate: name the folder of a category')
    const [
      { evaluateSegment },
      { openDetector },
      { openDataset, GOOD },
      { loadSegmentModel },
      { shippedExample },
      { evaluationTable },
    ] = await Promise.all([
      import('../../../run/segment/evaluate.js'),
      import('../../../run/segment/detect.js'),
      import('../../../run/segment/folder.js'),
      import('../../../run/segment/model.js'),
      import('../../../run/segment/input.js'),
      import('../../../run/segment/study-text.js'),
    ])
    const model = await loadSegmentModel(values.model ?? shippedExample.model())
    const { test, notes, kinds } = await openDataset(input)
    for (const note of notes) output.note(note)
    for (const kind of seen) if (!kinds.includes(kind)) throw new UsageError(`--seen is '${kind}'; kinds: ${kinds.join(', ')}`) // prettier-ignore
    const set = {
      good: test.filter(({ kind }) => kind === GOOD),
      seen: test.filter(({ kind }) => seen.includes(kind)),
      unseen: test.filter(({ kind }) => kind !== GOOD && !seen.includes(kind)),
    }
    const found = await asUsage(async () => {
      const detector = openDetector(model, { ...detectValues(values), ...(seed !== undefined && { seed }) })
      try {
        return await evaluateSegment(model, detector, set, output.signal)
      } finally {
        await detector.dispose()
      }
    })
    output.print(json ? JSON.stringify(found, null, 2) : evaluationTable(found))
    return exitCodes.ok
  },
})
