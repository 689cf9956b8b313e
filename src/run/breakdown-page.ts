/** Breakdown curves as a page: the minimiser against the contamination, a curve for each loss. */
import { paragraph, section, table } from '../report/html.js'
import { figurePlace, page } from '../report/page.js'
import type { BreakdownRow } from './breakdown.js'

/** Okabe and Ito's colours, told apart by everyone. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000']

/** The page, in one file without any request. */
export function breakdownPage(rows: readonly BreakdownRow[]): Promise<string> {
  const losses = [...new Set(rows.map(({ loss }) => loss))]
  const data = losses.flatMap((loss, k) => {
    const own = rows.filter(row => row.loss === loss)
    const color = colours[k % colours.length]!
    const x = own.map(row => row.contamination)
    const dash = k < colours.length ? 'solid' : 'dash'
    return [
      { x, y: own.map(row => row.population), name: loss, legendgroup: loss, mode: 'lines', line: { color, dash, width: 1.5 } },
      { x, y: own.map(row => row.location), error_y: { array: own.map(row => row.deviation), thickness: 1, width: 2 }, name: loss, legendgroup: loss, showlegend: false, mode: 'markers', marker: { color, size: 5 } },
    ]
  }) // prettier-ignore
  const layout = {
    xaxis: { title: { text: 'contamination' } },
    yaxis: { title: { text: 'minimiser; 0 is the sound mean' } },
    legend: { orientation: 'v', x: 1.02, y: 1 },
    margin: { l: 60, r: 14, t: 12, b: 48 },
  }
  const cells = rows.map(r => [r.loss, String(r.contamination), r.location.toFixed(4), r.deviation.toFixed(4), r.population.toFixed(4)]) // prettier-ignore
  const body = [
    paragraph('Data of N(0, 1) with a share of outliers. Lines: the minimiser of the expected loss. Points: of samples, with one standard deviation between them.'),
    figurePlace({ id: 'curves', title: 'What contamination does to each loss', wide: true, ratio: 0.5 }),
    section('All of it', table(['loss', 'contamination', 'minimiser', 'deviation', 'expected'], cells)),
  ] // prettier-ignore
  return page('Breakdown of losses', body.join('\n'), { curves: { data, layout } })
}
