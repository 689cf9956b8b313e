import { defineCommand, exitCodes, UsageError } from '../../command.js'
import { asUsage } from '../../usage.js'

export const segmentBreakdown = defineCommand({
  name: 'segment breakdown',
  describe: "Where each loss' minimiser lies on contaminated Gaussian data, found and expected",
  positionals: {},
  options: {
    loss: { type: 'list', describe: 'Loss such as huber:delta=0.2 (all kinds)' },
    contamination: { type: 'list', describe: 'Share of outliers, below 0.5 (0 to 0.4)' },
    n: { type: 'number', integer: true, least: 1, describe: 'Points of a sample (10000)' },
    seeds: { type: 'number', integer: true, least: 1, describe: 'Samples of each share (3)' },
    csv: { type: 'text', describe: 'File for the table as CSV' },
    html: { type: 'text', describe: 'File for the figure' },
  },
  examples: [['$0 segment breakdown --html breakdown.html', 'table and figure']],
  async run({ loss, contamination, n, seeds, csv, html }, output) {
    const [{ breakdownCurves, breakdownTable, breakdownCsv }, { breakdownPage }, { lossOf }, { writeFileAtomic }] =
      await Promise.all([
        import('../../../run/breakdown.js'),
        import('../../../run/breakdown-page.js'),
        import('../../../run/segment/train.js'),
        import('../../../io/atomic.js'),
      ])
    const shares = contamination.map(Number)
    if (!shares.every(Number.isFinite)) throw new UsageError(`--contamination is '${contamination.join("', '")}'; wants numbers`) // prettier-ignore
    const rows = await asUsage(() =>
      breakdownCurves({
        ...(loss.length > 0 && {
          losses: loss.map(text => {
            const { name, options } = lossOf(text)
            return { name, options: options as Readonly<Record<string, number>> }
          }),
        }),
        ...(shares.length > 0 && { contamination: shares }),
        ...(n !== undefined && { n }),
        ...(seeds !== undefined && { seeds }),
      }),
    )
    output.print(breakdownTable(rows))
    if (csv !== undefined) await writeFileAtomic(csv, breakdownCsv(rows))
    if (html !== undefined) await writeFileAtomic(html, await breakdownPage(rows))
    for (const file of [csv, html]) if (file !== undefined) output.note(`wrote ${file}`)
    return exitCodes.ok
  },
})
