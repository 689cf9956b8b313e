import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'

export const segmentPhysics = defineCommand({
  name: 'segment physics',
  describe: 'Compare losses on advection-diffusion simulations of which some are wrong, by the exact posterior',
  positionals: {},
  options: {
    kind: { type: 'choice', choices: ['diverged', 'mismatch', 'stuck'], describe: 'What is wrong with them' },
    contamination: { type: 'list', describe: 'Share of wrong simulations (0, 0.1, 0.2, 0.3)' },
    loss: { type: 'list', describe: 'Loss such as huber:delta=0.2 (mse, huber:delta=0.2, lts:keep=0.7)' },
    seeds: { type: 'number', integer: true, least: 1, describe: 'Seeds (3)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Steps of each training (1500)' },
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [['$0 segment physics --seeds 1', 'error and coverage against the share of wrong simulations']],
  async run({ kind, contamination, loss, seeds, steps, json }, output) {
    const [{ physicsStudy }, { physicsTable }] = await Promise.all([
      import('../../../run/contaminated-physics.js'),
      import('../../../run/contaminated-physics-text.js'),
    ])
    const shares = contamination.map(Number)
    if (!shares.every(Number.isFinite)) throw new UsageError(`--contamination is '${contamination.join("', '")}'; wants numbers`) // prettier-ignore
    const rows = await asUsage(() =>
      physicsStudy({
        kind,
        ...(shares.length > 0 && { contamination: shares }),
        ...(loss.length > 0 && { losses: loss }),
        ...(seeds !== undefined && { seeds }),
        ...(steps !== undefined && { steps }),
        signal: output.signal,
        progress: text => {
          output.progress(text)
        },
      }),
    )
    output.print(json ? JSON.stringify(rows, null, 2) : physicsTable(rows))
    return exitCodes.ok
  },
})
