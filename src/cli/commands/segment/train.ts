import { basename, resolve } from 'node:path'
import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'
import { modeOf, modeOptions, sizeOf, threadsOption } from './values.js'

export const segmentTrain = defineCommand({
  name: 'segment train',
  grace: 60,
  describe: 'Train a model of sound pictures, which may hold unlabelled defects: take a robust loss then',
  positionals: {
    input: {
      type: 'text',
      describe: "Folder of PNG or JPEG pictures, or a category in MVTec AD's layout (its train/good)",
    },
  },
  options: {
    out: { type: 'text', describe: 'Run folder, which becomes the model (runs/segment-<folder>)' },
    loss: {
      type: 'text',
      describe: 'mse (default, DDPM), or a robust one such as huber:delta=0.2, lts:keep=0.8, lts-level',
    },
    noise: { type: 'choice', choices: ['gaussian', 'simplex'], describe: 'Noise that is added' },
    process: { type: 'choice', choices: ['vp', 've'], describe: 'Forward process' },
    size: { type: 'text', describe: 'Resize every picture, as in 256x256 (as stored); colour becomes luminance' },
    patch: {
      type: 'number',
      integer: true,
      least: 4,
      describe: 'Side of the patches (64, or less for smaller pictures)',
    },
    latest: {
      type: 'number',
      least: 1,
      describe: 'Largest level, in steps out of 1000, that can be denoised from later (500)',
    },
    budget: { type: 'text', describe: 'Time for training, such as 90s, 45m or 2h (10m)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Steps of training, instead of a budget' },
    batch: { type: 'number', integer: true, least: 1, describe: 'Patches in a step (32)' },
    rate: { type: 'number', describe: 'Peak learning rate (0.001)' },
    'held-out': { type: 'number', describe: 'Share of the pictures kept for thresholds (0.1)' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    ...threadsOption,
    ...modeOptions,
    json: { type: 'flag', describe: 'One JSON document when done' },
  },
  examples: [
    ['$0 segment train photos/sound --loss huber:delta=0.2 --budget 20m', 'pictures that are sound but for a few'],
    ['$0 segment train mvtec/grid --size 256x256 --budget 1h', "a category in MVTec AD's layout"],
  ],
  async run(values, output) {
    const { input, out, loss, size, patch, latest, budget, steps, batch, rate, seed, threads } = values
    if (input === undefined) throw new UsageError('segment train: name a folder of pictures')
    if (steps !== undefined && budget !== undefined) throw new UsageError('segment train: give --steps or --budget, not both') // prettier-ignore
    const [{ trainSegment }, { trainingItems }, { durationText, secondsOf }] = await Promise.all([
      import('../../../run/segment/train.js'),
      import('../../../run/segment/input.js'),
      import('../../duration.js'),
    ])
    const { items, notes } = await trainingItems(input)
    for (const note of notes) output.note(note)
    const folder = out ?? `runs/segment-${basename(resolve(input))}`
    const result = await asUsage(() =>
      trainSegment({
        ...{ items, folder, process: values.process, noise: values.noise, mode: modeOf(values), signal: output.signal },
        ...(loss !== undefined && { loss }),
        ...(size !== undefined && { size: sizeOf(size, '--size') }),
        ...(patch !== undefined && { patch }),
        ...(latest !== undefined && { latest: latest / 1000 }),
        ...(steps === undefined ? { budget: budget === undefined ? 600 : secondsOf(budget, '--budget') } : { steps }),
        ...(batch !== undefined && { batch }),
        ...(rate !== undefined && { rate }),
        ...(seed !== undefined && { seed }),
        ...(threads !== undefined && { threads }),
        ...(values['held-out'] !== undefined && { heldOut: values['held-out'] }),
        progress({ step, steps: all, loss, heldOut, stepsPerSecond, secondsLeft }) {
          const judged = heldOut === null ? '' : `, held-out ${heldOut.toFixed(4)}`
          output.progress(`step ${step}${all === null ? '' : `/${all}`}: loss ${loss.toFixed(4)}${judged}, ${stepsPerSecond.toFixed(1)} steps/s, ${durationText(secondsLeft)} left`) // prettier-ignore
        },
      }),
    )
    const { steps: taken, stopped, best, seconds, spec } = result
    if (values.json) output.print(JSON.stringify({ folder, steps: taken, stopped, best, seconds, training: spec.training }, null, 2)) // prettier-ignore
    else if (stopped === 'aborted') output.note(`stopped after ${taken} steps; go on with --resume (${folder})`)
    else output.print(`${folder}: ${taken} steps in ${durationText(seconds)} on ${spec.training.pictures} pictures, ${spec.training.heldOut} held out`) // prettier-ignore
    return stopped === 'aborted' ? exitCodes.interrupted : exitCodes.ok
  },
})
