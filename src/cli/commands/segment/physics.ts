import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'
import { threadsOption } from './values.js'

export const segmentPhysics = defineCommand({
  name: 'segment physics',
  describe: 'Compare losses on advection-diffusion simulations of which some are wrong, by the exact posterior',
  positionals: {},
  options: {
    kind: { type: 'choice', choices: ['diverged', 'mismatch', 'stuck'], describe: 'What is wrong with them' },
    contamination: { type: 'list', describe: 'Share of wrong simulations (0, 0.1, 0.2, 0.3)' },
    loss: { type: 'list', describe: 'Loss such as huber:delta=0.2 (mse, huber:delta=0.2, lts-level:keep=0.7)' },
    seeds: { type: 'number', integer: true, least: 1, describe: 'Seeds (3)' },
    simulations: { type: 'number', integer: true, least: 2, describe: 'Simulations to train on (16384)' },
    steps: { type: 'number', integer: true, least: 1, describe: 'Steps of each training (5000)' },
    csv: { type: 'text', describe: 'File for a line of each training' },
    ...threadsOption,
    json: { type: 'flag', describe: 'One JSON document instead of the table' },
  },
  examples: [['$0 segment physics --seeds 1', 'error and coverage against the share of wrong simulations']],
  async run({ kind, contamination, loss, seeds, simulations, steps, csv, threads, json }, output) {
    const [{ physicsStudy }, { physicsCsv, physicsTable }, { writeFileAtomic }] = await Promise.all([
      import('../../../run/contaminated-physics.js'),
      import('../../../run/contaminated-physics-text.js'),
      import('../../../io/atomic.js'),
    ])
    const shares = contamination.map(Number)
    if (!shares.every(Number.isFinite)) throw new UsageError(`--contamination is '${contamination.join("', '")}'; wants numbers`) // prettier-ignore
    const rows = await asUsage(() =>
      physicsStudy({
        kind,
        ...(shares.length > 0 && { contamination: shares }),
        ...(loss.length > 0 && { losses: loss }),
        ...(seeds !== undefined && { seeds }),
        ...(simulations !== undefined && { simulations }),
        ...(steps !== undefined && { steps }),
        ...(threads !== undefined && { threads }),
        signal: output.signal,
        progress: text => {
          output.progress(text)
        },
      }),
    )
    if (csv !== undefined) await writeFileAtomic(csv, physicsCsv(rows))
    output.print(json ? JSON.stringify(rows, null, 2) : physicsTable(rows))
    return exitCodes.ok
  },
})
