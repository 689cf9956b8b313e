import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'
import { sizeOf } from './values.js'

export const segmentTextures = defineCommand({
  name: 'segment textures',
  describe: "Write procedural textures with defects in MVTec AD's layout",
  positionals: {
    folder: { type: 'text', describe: 'Where to: the category becomes a folder in it' },
  },
  options: {
    texture: { type: 'choice', choices: ['weave', 'grid', 'grain', 'tiles', 'metal'], describe: 'Material' },
    size: { type: 'text', describe: 'Pixels (64x64)' },
    colour: { type: 'flag', describe: 'Three channels instead of grey' },
    train: { type: 'number', integer: true, least: 0, describe: 'Sound pictures to train on (100)' },
    test: { type: 'number', integer: true, least: 0, describe: 'Sound pictures to test on (20)' },
    defective: { type: 'number', integer: true, least: 0, describe: 'Pictures of each kind of defect (20)' },
    seed: { type: 'number', integer: true, least: 0, describe: 'Seed (0)' },
    overwrite: { type: 'flag', describe: 'Replace a category of that name' },
  },
  examples: [['$0 segment textures data --texture weave', 'data/weave']],
  async run(
    { folder, texture, size = '64x64', colour, train = 100, test = 20, defective = 20, seed = 0, overwrite },
    output,
  ) {
    if (folder === undefined) throw new UsageError('segment textures: name a folder to write to')
    const { writeTextures } = await import('../../../run/segment/textures/write.js')
    const [height, width] = sizeOf(size, '--size')
    const options = { texture, height, width, colour, train, test, defective, seed, overwrite, signal: output.signal }
    const progress = (done: number, total: number): void => {
      output.progress(`${done}/${total} pictures`)
    }
    output.print(await asUsage(() => writeTextures(folder, { ...options, progress })))
    return exitCodes.ok
  },
})
