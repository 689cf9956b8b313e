/** A comparison of processes as a page: the distance against denoiser calls, a panel for each path, and the table. */
import { costFigure, panelRows } from '../report/cost.js'
import { paragraph, section, table } from '../report/html.js'
import { figurePlace, page } from '../report/page.js'
import type { Comparison } from './compare-processes.js'
import { caption, cells } from './compare-text.js'

/** The page, in one file without any request. */
export function comparisonPage(comparison: Comparison): Promise<string> {
  const { density, rows, floor } = comparison
  const title = `${density.name}: ${density.metric} against denoiser calls`
  const panels = panelRows(new Set(rows.map(({ path }) => path)).size)
  const words = 'Bars: one standard deviation between seeds. Dotted: the floor, independent draws. Below it is chance.'
  const body = [
    paragraph(caption(comparison)),
    paragraph('With exact scores every path has one law: what differs is discretisation and round-off.'),
    figurePlace({ id: 'calls', title: 'Error against cost', caption: words, wide: true, ratio: 0.1 + 0.33 * panels }),
    section('All runs', table(...cells(comparison))),
  ]
  const points = rows.map(row => ({ ...row, panel: row.path, error: row.distance }))
  return page(title, body.join('\n'), { calls: costFigure(points, floor.mean, density.metric) })
}
