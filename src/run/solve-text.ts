/** A solution in a few lines. */
import type { Solution } from './solve.js'

export function summaryOf(s: Solution): string {
  return [
    `${s.draws} posterior samples, ${s.calls} denoiser calls each, in ${s.seconds.toFixed(1)} s`,
    `posterior deviation ${s.meanStd.toPrecision(3)}, prior ${s.priorStd.toPrecision(3)} (mean over cells)`,
    `chi-square per value ${s.chiSquarePerValue.toFixed(2)} (about 1 where the samples explain the measurements)`,
    ...(s.relativeError === undefined ? [] : [`error of the posterior mean ${s.relativeError.toFixed(3)}, relative to the truth`]), // prettier-ignore
    `report: ${s.report}`,
  ].join('\n')
}
