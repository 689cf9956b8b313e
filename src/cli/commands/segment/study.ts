import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'
import { detectValues, restorationOptions } from './detect-options.js'
import { commandText, modeOptions, modeOf, sizeOf, threadsOption } from './values.js'

export const segmentStudy = defineCommand({
  name: 'segment study',
  describe:
    'Compare losses on contaminated training sets: a table by category, contamination, loss and setting, over seeds',
  positionals: {
    input: { type: 'text', describe: "Folder of categories in MVTec AD's layout (procedural textures)" },
  },
  options: {
    out: { type: 'text', describe: 'Run folder (runs/segment-study)' },
    category: { type: 'list', describe: 'Category, or texture: weave (default), grid, grain, tiles, metal' },
    contamination: { type: 'list', describe: 'Share of defective pictures in the training set (0, 0.1, 0.2, 0.3)' },
    method: {
      type: 'list',
      describe:
        'mse is plain DDPM; a loss such as huber:delta=0.2; simplex, or simplex+<loss> (mse, simplex, three huber, lts, lts-level)',
    },
    setting: { type: 'list', describe: 'Levels t_forward,t_reverse in steps out of 1000 (100,250 100,100 250,250)' },
    seeds: { type: 'number', integer: true, least: 1, describe: 'Seeds (3)' },
    'first-seed': { type: 'number', integer: true, least: 0, describe: 'The first of them (0)' },
    'data-seed': { type: 'number', integer: true, least: 0, describe: 'Procedural: draws material and pictures (0)' },
    seen: { type: 'list', describe: 'Kind of defect to train on (every other one)' },
    size: { type: 'text', describe: 'Resize pictures, as in 256x256; side of procedural ones (64)' },
    patch: { type: 'number', integer: true, least: 4, describe: 'Side of the patches (32)' },
    train: { type: 'number', integer: true, least: 4, describe: 'Pictures to train on (120; of a folder all)' },
    test: { type: 'number', integer: true, least: 1, describe: 'Procedural: sound pictures to test on (20)' },
    defective: { type: 'number', integer: true, least: 1, describe: 'Procedural: pictures of each defect (20)' },
    'training-steps': { type: 'number', integer: true, least: 1, describe: 'Steps of each training (1500)' },
    batch: { type: 'number', integer: true, least: 1, describe: 'Patches in a step (32)' },
    process: { type: 'choice', choices: ['vp', 've'], describe: 'Forward process' },
    ...restorationOptions,
    ...threadsOption,
    ...modeOptions,
    json: { type: 'flag', describe: 'One JSON document instead of the tables' },
  },
  examples: [
    ['$0 segment study --resume', 'the procedural study; goes on where it was stopped'],
    [
      '$0 segment study mvtec --category grid --category carpet --size 256x256 --patch 64 --train 100 --training-steps 20000',
      "the paper's protocol on MVTec AD",
    ],
  ],
  async run(values, output) {
    const [{ segmentStudy: study, studyDefaults }, { studyTable }] = await Promise.all([
      import('../../../run/segment/study.js'),
      import('../../../run/segment/study-text.js'),
    ])
    const { input, out, category, method, seeds, seen, size, patch, train, test, defective, batch, process, threads } =
      values
    const side = size === undefined ? undefined : sizeOf(size, '--size')
    const counts = {
      seed: values['data-seed'],
      side: input === undefined ? side?.[0] : undefined,
      train,
      test,
      defective,
    }
    const [steps, firstSeed] = [values['training-steps'], values['first-seed']]
    const rows = await asUsage(() =>
      study({
        folder: out ?? 'runs/segment-study',
        ...(input !== undefined && { root: input }),
        ...(category.length > 0 && { categories: category }),
        ...(values.contamination.length > 0 && {
          contamination: values.contamination.map(text => numberOf(text, '--contamination')),
        }),
        ...(method.length > 0 && { methods: method }),
        ...(values.setting.length > 0 && { settings: values.setting.map(settingOf) }),
        ...defined({ seeds, firstSeed }),
        ...(seen.length > 0 && { seen }),
        ...(input !== undefined && train !== undefined && { sound: train }),
        textures: { ...studyDefaults.textures, ...defined(counts) },
        training: {
          ...studyDefaults.training,
          process,
          ...defined({ patch, steps, batch }),
          ...(input !== undefined && side && { size: side }),
        },
        detect: {
          ...studyDefaults.detect,
          ...detectValues(values),
        },
        ...(threads !== undefined && { engine: { threads } }),
        ...{
          command: commandText('segment study', values),
          mode: modeOf(values),
          signal: output.signal,
          progress: text => {
            output.progress(text)
          },
        },
      }),
    )
    output.print(values.json ? JSON.stringify(rows, null, 2) : studyTable(rows))
    output.note(`${out ?? 'runs/segment-study'}: results.csv, results.md`)
    return exitCodes.ok
  },
})

const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never

function numberOf(text: string, option: string): number {
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw new UsageError(`${option} is '${text}', which is not a number`)
}

function settingOf(text: string): [number, number] {
  const [forward, reverse, ...rest] = text.split(',').map(part => numberOf(part, '--setting'))
  if (forward !== undefined && reverse !== undefined && rest.length === 0) return [forward, reverse]
  throw new UsageError(`--setting is '${text}'; wants t_forward,t_reverse, such as 100,250`)
}
