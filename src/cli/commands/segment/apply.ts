import { basename, join, resolve } from 'node:path'
import { defineCommand, exitCodes } from '../../command.js'
import { asUsage } from '../../usage.js'
import { detectOptions, detectValues } from './detect-options.js'
import { modeOf, modeOptions, threadsOption } from './values.js'

export const segmentApply = defineCommand({
  name: 'segment apply',
  describe: 'Find anomalies in a folder of pictures: maps, masks, overlays, a CSV and a gallery',
  positionals: {
    input: { type: 'text', describe: 'Folder of PNG or JPEG pictures (the shipped examples)' },
  },
  options: {
    model: { type: 'text', describe: "Folder of a model, as 'segment train' leaves it (the shipped one)" },
    out: { type: 'text', describe: 'Run folder (runs/anomalies-<folder>)' },
    ...detectOptions,
    threshold: { type: 'number', describe: 'Mark what lies above it (found from held-out pictures of the model)' },
    'false-positive-rate': {
      type: 'number',
      describe: 'Share of sound pictures in which anything may be marked (0.05)',
    },
    contamination: { type: 'number', least: 0, describe: 'Share of the held-out pictures that may be anomalous (0)' },
    anomalies: {
      type: 'choice',
      choices: ['anywhere', 'highest'],
      describe: 'Where scores of those may lie; highest finds more, and assumes more',
    },
    npy: { type: 'flag', describe: 'Also write maps as numbers' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    ...threadsOption,
    ...modeOptions,
    json: { type: 'flag', describe: 'One JSON document when done' },
  },
  examples: [
    ['$0 segment apply', 'the shipped model on the shipped pictures'],
    ['$0 segment apply photos/today --model runs/segment-sound --false-positive-rate 0.01', 'a model of your own'],
  ],
  async run(values, output) {
    const mode = modeOf(values)
    const [{ applySegment }, { shippedExample }, { durationText }] = await Promise.all([
      import('../../../run/segment/apply.js'),
      import('../../../run/segment/input.js'),
      import('../../duration.js'),
    ])
    const { threshold, npy, seed, json, contamination, anomalies, threads } = values
    const input = values.input ?? shippedExample.pictures()
    const model = values.model ?? shippedExample.model()
    const folder = values.out ?? `runs/anomalies-${basename(resolve(input))}`
    const rate = values['false-positive-rate']
    const result = await asUsage(() =>
      applySegment({
        ...detectValues(values),
        ...{ model, input, folder, npy, mode, signal: output.signal },
        ...(threshold !== undefined && { threshold }),
        ...(seed !== undefined && { seed }),
        ...(threads !== undefined && { engine: { threads } }),
        conformal: {
          ...(rate !== undefined && { falsePositiveRate: rate }),
          ...(contamination !== undefined && { contamination }),
          anomalies,
        },
        progress({ done, total, picturesPerSecond, secondsLeft }) {
          output.progress(`${done}/${total} pictures, ${picturesPerSecond.toFixed(1)} pictures/s, ${durationText(secondsLeft)} left`) // prettier-ignore
        },
      }),
    )
    for (const note of result.notes) output.note(note)
    const { rows } = result
    for (const { fault } of rows) if (fault !== null) output.note(`not read: ${fault}`)
    const peak = process.resourceUsage().maxRSS / 1024
    if (result.picturesPerSecond > 0) output.note(`${result.picturesPerSecond.toFixed(1)} pictures/s, peak memory ${peak.toFixed(0)} MiB`) // prettier-ignore
    const anomalous = rows.filter(row => row.anomalous).length
    if (json) output.print(JSON.stringify(result, null, 2))
    else output.print(`${anomalous} of ${rows.length} pictures are anomalous (threshold ${result.threshold.toPrecision(4)}${result.rate ? `, from ${result.calibration} held-out pictures` : ''}): ${join(folder, 'index.html')}`) // prettier-ignore
    return exitCodes.ok
  },
})
