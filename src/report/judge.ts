/** How far the posterior can be trusted: its error against its own deviation, and the coverage of its intervals. */
import { axisStyle, blue, green, grey, ink, orange } from './colours.js'
import type { CalibrationContent, CoverageRow, ReportContent } from './content.js'
import { values } from './data.js'
import { number, table } from './html.js'
import type { Panel } from './panel.js'

const groups = 12
const mostDots = 2000

/** |mean - truth| of every cell against its standard deviation, and their root mean squares over groups of equal size. */
export function errorPanel({ truth, posterior, unknown }: ReportContent): Panel[] {
  if (!truth) return []
  const [mean, std, exact] = [values(posterior.mean), values(posterior.std), values(truth)]
  const order = Array.from(std.keys()).sort((a, b) => std[a]! - std[b]!)
  const error = mean.map((m, i) => Math.abs(m - exact[i]!))
  const every = Math.ceil(order.length / mostDots)
  const dots = order.filter((_, k) => k % every === 0)
  const cloud = { type: 'scatter', mode: 'markers', name: 'cells', x: dots.map(i => std[i]!), y: dots.map(i => error[i]!), marker: { color: blue, size: 3.5, opacity: 0.35 }, hoverinfo: 'skip' } // prettier-ignore
  const count = Math.min(groups, order.length)
  const parts = Array.from({ length: count }, (_, g) => order.slice(Math.floor((g * order.length) / count), Math.floor(((g + 1) * order.length) / count))) // prettier-ignore
  const rms = (part: readonly number[], field: Float64Array): number => Math.sqrt(part.reduce((s, i) => s + field[i]! ** 2, 0) / part.length) // prettier-ignore
  const means = { type: 'scatter', mode: 'lines+markers', name: 'root mean square', x: parts.map(p => rms(p, std)), y: parts.map(p => rms(p, error)), line: { color: orange, width: 2 }, marker: { size: 7 } } // prettier-ignore
  const end = std[order.at(-1)!]!
  const diagonal = { type: 'scatter', mode: 'lines', name: 'equal', x: [0, end], y: [0, end], line: { color: ink, dash: 'dot', width: 1.2 }, hoverinfo: 'skip' } // prettier-ignore
  const unit = unknown.units ? ` [${unknown.units}]` : ''
  const axis = (text: string): object => ({ ...axisStyle, rangemode: 'tozero', title: { text: text + unit } })
  return [
    {
      id: 'error-std',
      title: 'Error against standard deviation',
      caption:
        'Where the deviation is honest, the root mean square error of cells of like deviation lies about the dotted line. Cells of one field are not independent.',
      figure: { data: [cloud, diagonal, means], layout: { xaxis: axis('posterior standard deviation'), yaxis: axis('|mean - truth|') } }, // prettier-ignore
    },
  ]
}

const palette = [blue, orange, green, '#cc79a7', '#56b4e9', '#e69f00']

/** Covered against nominal, a line for each quantity. */
export function coveragePanel({ calibration }: ReportContent): Panel[] {
  if (!calibration) return []
  const diagonal = { type: 'scatter', mode: 'lines', name: 'calibrated', x: [0, 1], y: [0, 1], line: { color: grey, dash: 'dot', width: 1.2 }, hoverinfo: 'skip' } // prettier-ignore
  const lines = quantitiesOf(calibration).map(([quantity, rows], k) => ({
    type: 'scatter',
    mode: 'lines+markers',
    name: quantity,
    x: rows.map(row => row.level),
    y: rows.map(row => row.covered),
    line: { color: palette[k % palette.length], width: 1.8 },
    marker: { size: 7, symbol: k },
  }))
  const axis = (text: string): object => ({ ...axisStyle, range: [0, 1.03], tickformat: '.0%', title: { text } })
  return [
    {
      id: 'coverage',
      title: 'Coverage of central intervals',
      caption: `On ${calibration.source}. Below the dotted line: too narrow; above: too wide.`,
      figure: { data: [diagonal, ...lines], layout: { xaxis: axis('nominal'), yaxis: axis('covered') } },
    },
  ]
}

/** The same as numbers, with the band in which a calibrated posterior falls. */
export function coverageTable(calibration: CalibrationContent | undefined): string {
  if (!calibration) return ''
  const percent = (value: number): string => `${number(100 * value)}\u00a0%`
  const rows = calibration.rows.map(({ quantity, level, covered, band }) => [
    quantity,
    percent(level),
    percent(covered),
    band ? `${number(100 * band[0])}\u00a0to\u00a0${percent(band[1])}` : '',
    band ? (covered < band[0] ? 'too narrow' : covered > band[1] ? 'too wide' : 'within') : '',
  ])
  return table(['quantity', 'nominal', 'covered', '95 % of calibrated', ''], rows)
}

function quantitiesOf({ rows }: CalibrationContent): [string, CoverageRow[]][] {
  const names = [...new Set(rows.map(row => row.quantity))]
  return names.map(name => [name, rows.filter(row => row.quantity === name).sort((a, b) => a.level - b.level)])
}
