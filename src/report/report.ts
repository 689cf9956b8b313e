/** The report of a solved problem: one HTML file that a scientist can judge it by, on screen, phone and paper. */
import { assertShape } from '../io/array.js'
import { writeFileAtomic } from '../io/atomic.js'
import type { BudgetContent, ReportContent } from './content.js'
import { curvePanels } from './curves.js'
import { fitPanels } from './fit.js'
import { escaped, number, paragraph, section, table, withUnits } from './html.js'
import { coveragePanel, coverageTable, errorPanel } from './judge.js'
import { mapNotes, mapPanels } from './maps.js'
import { page } from './page.js'
import { figuresOf, panelGrid } from './panel.js'

/**
 * Writes the report, whole or not at all.
 *
 * @throws RangeError naming the field of `content` whose shape does not fit; FileError where the file cannot be written.
 */
export const writeReport = async (path: string, content: ReportContent): Promise<void> =>
  writeFileAtomic(path, await reportHtml(content))

/** The report as the text of one HTML file. Throws as `writeReport` does. */
export async function reportHtml(content: ReportContent): Promise<string> {
  checkShapes(content)
  const { title, summary, warnings, unknown, posterior, observation, calibration, budget, config } = content
  const curves = unknown.grid.shape.length === 1
  const { field, drawn } = curves ? { field: curvePanels(content), drawn: [] } : mapPanels(content)
  const fit = fitPanels(content)
  const judged = [...errorPanel(content), ...coveragePanel(content)]
  const noun = `${withUnits(unknown.name, unknown.units)} on ${unknown.grid.shape.join(' x ')} cells, ${number(posterior.n)} posterior samples.`
  const measured = `${observation.name}: ${withUnits(`${number(observation.values.shape[0]!)} values`, observation.units)}.`
  const body = [
    warningBox(warnings),
    ...summary.map(paragraph),
    factTable(content),
    section(
      'Unknown',
      paragraph(curves ? noun : `${noun} ${mapNotes(content)}`),
      panelGrid(field, 2),
      panelGrid(drawn, 3),
    ),
    section('Measurements', paragraph(measured), panelGrid(fit, fit.length === 3 ? 3 : 2)),
    section('Can it be trusted?', panelGrid(judged, 2), coverageTable(calibration)),
    section('Budget', budgetTable(budget)),
    section('Configuration', `<details><summary>JSON</summary><pre>${escaped(JSON.stringify(config, null, 2))}</pre></details>`), // prettier-ignore
  ]
  return page(title, body.filter(part => part !== '').join('\n'), figuresOf([...field, ...drawn, ...fit, ...judged]))
}

const warningBox = (warnings: readonly string[]): string =>
  warnings.length === 0
    ? ''
    : `<div class="warnings" role="note"><h2>Warnings</h2><ul>${warnings.map(text => `<li>${escaped(text)}</li>`).join('')}</ul></div>`

const factTable = ({ figures = [] }: ReportContent): string =>
  figures.length === 0
    ? ''
    : table([], figures.map(({ name, value, note }) => [name, typeof value === 'number' ? number(value) : value, note ?? ''])) // prettier-ignore

const budgetTable = ({ denoiserCalls, forwardSolves, wallSeconds, peakMemoryBytes }: BudgetContent): string =>
  table([], [
    ['denoiser calls', number(denoiserCalls)],
    ['forward solves', number(forwardSolves)],
    ['wall time', `${number(wallSeconds)} s`],
    ['peak memory', `${number(peakMemoryBytes / 2 ** 20)} MiB`],
  ]) // prettier-ignore

function checkShapes({ unknown: { grid }, truth, posterior, observation, predicted }: ReportContent): void {
  const { shape } = grid
  if (truth) assertShape(truth, shape, 'report: truth')
  assertShape(posterior.mean, shape, 'report: posterior.mean')
  assertShape(posterior.std, shape, 'report: posterior.std')
  assertShape(posterior.samples, [null, ...shape], 'report: posterior.samples')
  for (const { level, low, high } of posterior.intervals ?? []) {
    assertShape(low, shape, `report: posterior.intervals at ${level}, low`)
    assertShape(high, shape, `report: posterior.intervals at ${level}, high`)
  }
  assertShape(observation.values, [null], 'report: observation.values')
  const m = observation.values.shape[0]!
  assertShape(observation.std, [m], 'report: observation.std')
  if (!predicted) return
  assertShape(predicted.mean, [m], 'report: predicted.mean')
  for (const { level, low, high } of predicted.intervals) {
    assertShape(low, [m], `report: predicted.intervals at ${level}, low`)
    assertShape(high, [m], `report: predicted.intervals at ${level}, high`)
  }
}
