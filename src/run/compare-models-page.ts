/** A comparison of models as a page: errors against denoiser calls, a panel for each model and process, and the table. */
import { costFigure, panelRows } from '../report/cost.js'
import { paragraph, section, table } from '../report/html.js'
import { figurePlace, page } from '../report/page.js'
import type { ModelComparison, ModelRow } from './compare-models.js'
import { captionLines, modelCells } from './compare-models-text.js'
import type { Quantity } from './error-spread.js'

const figures: readonly (readonly [name: Quantity, title: string])[] = [
  ['covariance', 'Error of the posterior covariance'],
  ['std', 'Error of the posterior deviation'],
  ['mean', 'Error of the posterior mean'],
]

const panelOf = ({ model, process }: ModelRow): string =>
  model === process ? model : `${model}, sampled by ${process}`

/** The page, in one file without any request. */
export function modelComparisonPage(comparison: ModelComparison): Promise<string> {
  const { problem, rows, floor } = comparison
  const panels = panelRows(new Set(rows.map(panelOf)).size)
  const words = 'Bars: one standard deviation between models (seeds of training), or between cases where there is one model. Dotted: the floor, independent draws.' // prettier-ignore
  const body = [
    ...captionLines(comparison).map(paragraph),
    ...figures.map(([id, title]) => figurePlace({ id, title, caption: words, wide: true, ratio: 0.1 + 0.33 * panels })),
    section('All runs', table(...modelCells(comparison))),
  ]
  const drawn = figures.map(([name]) => {
    const points = rows.map(row => {
      const { value, overModels, overCases } = row[name]
      return { ...row, panel: panelOf(row), error: value, deviation: overModels ?? overCases ?? 0 }
    })
    return [name, costFigure(points, floor[name].value, `relative error of the ${name}`)] as const
  })
  return page(`${problem}: error against denoiser calls`, body.join('\n'), Object.fromEntries(drawn))
}
