/** Tables of the study of wrong simulations. */
import type { PhysicsRow } from './contaminated-physics.js'
import { aligned, summaryOf } from './segment/study-text.js'

/** A line for each share and loss: mean and standard deviation over seeds. */
export function physicsTable(rows: readonly PhysicsRow[]): string {
  const shares = [...new Set(rows.map(row => row.contamination))]
  const losses = [...new Set(rows.map(row => row.loss))]
  const lines = shares.flatMap(share =>
    losses.map(loss => {
      const own = rows.filter(row => row.contamination === share && row.loss === loss)
      const cell = (of: (row: PhysicsRow) => number): string => {
        const { n, mean, deviation } = summaryOf(own.map(of))
        return n > 1 ? `${mean.toFixed(3)} +- ${deviation.toFixed(3)}` : mean.toFixed(3)
      }
      return [`${Math.round(100 * share)} %`, loss, String(own.length), cell(r => r.meanError), cell(r => r.deviationRatio), cell(r => r.coverage)] // prettier-ignore
    }),
  )
  return `${aligned([['wrong', 'loss', 'seeds', 'mean error', 'deviation/exact', 'coverage of 90 %'], ...lines])}\n`
}

/** One line for each row. */
export function physicsCsv(rows: readonly PhysicsRow[]): string {
  const lines = rows.map(r => [r.contamination, r.loss, r.seed, r.meanError, r.deviationRatio, r.coverage].join(','))
  return ['contamination,loss,seed,mean_error,deviation_ratio,coverage_90', ...lines].join('\n') + '\n'
}
