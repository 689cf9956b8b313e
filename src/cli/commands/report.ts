import { defineCommand, exitCodes, UsageError } from '../command.js'

export const report = defineCommand({
  name: 'report',
  describe: 'Draw the report of a solved problem again, from what its run folder holds',
  positionals: { run: { type: 'text', describe: "Run folder of 'invdiff solve'" } },
  options: {},
  examples: [['$0 report runs/advection-diffusion-source', 'writes report.html anew']],
  async run({ run }, output) {
    if (!run) throw new UsageError('report: name a run folder')
    const { redrawReport } = await import('../../run/report.js')
    output.print(await redrawReport(run))
    return exitCodes.ok
  },
})
