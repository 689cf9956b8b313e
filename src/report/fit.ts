/** The measurements against what the posterior says of them. */
import { axisStyle, blue, blueBand, grey, ink, orange } from './colours.js'
import type { ObservationContent, PredictedContent, ReportContent, Unknown } from './content.js'
import { values } from './data.js'
import { mapLayout, mapRatio } from './maps.js'
import { withUnits } from './html.js'
import type { Figure } from './page.js'
import type { Panel } from './panel.js'

/** Measurements drawn one by one; of more, every k-th is. */
const mostPoints = 400

export function fitPanels({ observation, predicted, unknown }: ReportContent): Panel[] {
  const panels: Panel[] = []
  const points = unknown.grid.shape.length === 2 && observation.places?.kind === 'points' && !observation.placeOf
  if (points) panels.push({ id: 'measured', title: 'Measured values', ratio: mapRatio(unknown), figure: measuredMap(observation, unknown) }) // prettier-ignore
  if (!predicted) {
    const caption = 'Bars: one standard deviation of the noise.'
    if (!points) panels.push({ id: 'measured', title: 'Measured values', caption, figure: measuredLine(observation) })
    return panels
  }
  const shown = chosen(observation.values.shape[0]!)
  const every = shown.length < observation.values.shape[0]! ? ` ${shown.length} of ${observation.values.shape[0]!} are shown.` : '' // prettier-ignore
  return [
    ...panels,
    {
      id: 'fit',
      title: 'Predicted against measured',
      caption: `Posterior predictive mean with central intervals (noise included); on the diagonal both agree.${every}`,
      figure: agreement(observation, predicted, shown),
    },
    {
      id: 'residuals',
      title: 'Residuals',
      caption: `(measured - predicted) / noise, in the order of the file; the band is two standard deviations of the noise.${every}`,
      figure: residuals(observation, predicted, shown),
    },
  ]
}

const chosen = (m: number): number[] => {
  const count = Math.min(m, mostPoints)
  return Array.from({ length: count }, (_, k) => Math.floor((k * m) / count))
}

/** Values at the sensors, by colour. */
function measuredMap({ values: measured, units, labels, places }: ObservationContent, unknown: Unknown): Figure {
  const at = places?.kind === 'points' ? places.at : []
  const color = Array.from(values(measured))
  const colorbar = { thickness: 12, outlinewidth: 0, title: { text: units ?? '', side: 'top' }, tickfont: { size: 11 } }
  const size = color.length > 100 ? 7 : 12
  const marker = { color, colorscale: 'Viridis', size, line: { color: ink, width: 0.8 }, colorbar }
  const [x, y] = [0, 1].map(axis => at.map(point => point[axis]!))
  const text = color.map((_, i) => labels?.[i] ?? `measurement ${i}`)
  const hovertemplate = '%{text} (%{x:.4g}, %{y:.4g})<br>%{marker.color:.4g}<extra></extra>'
  const sensors = { type: 'scatter', mode: 'markers', x, y, marker, text, cliponaxis: false, hovertemplate }
  return { data: [sensors], layout: mapLayout(unknown) }
}

function measuredLine({ values: measured, std, name, units }: ObservationContent): Figure {
  const shown = chosen(measured.shape[0]!)
  const [y, noise] = [values(measured), values(std)]
  const error_y = { array: shown.map(i => noise[i]!), color: grey, thickness: 1, width: 0 }
  return {
    data: [{ type: 'scatter', mode: 'markers', x: shown, y: shown.map(i => y[i]!), error_y, marker: { color: blue, size: 6 } }], // prettier-ignore
    layout: { xaxis: { ...axisStyle, title: { text: 'measurement' } }, yaxis: { ...axisStyle, title: { text: withUnits(name, units) } } }, // prettier-ignore
  }
}

function agreement(
  { values: measured, units, labels }: ObservationContent,
  predicted: PredictedContent,
  shown: readonly number[],
): Figure {
  // prettier-ignore
  const [y, mean] = [values(measured), values(predicted.mean)]
  const x = shown.map(i => y[i]!)
  const middle = shown.map(i => mean[i]!)
  const intervals = [...predicted.intervals].sort((a, b) => b.level - a.level)
  const bars = intervals.map(({ level, low, high }) => {
    const [below, above] = [values(low), values(high)]
    const wide = level > 0.7
    return {
      type: 'scatter',
      mode: 'lines',
      name: `${Math.round(100 * level)} %`,
      x: x.flatMap(v => [v, v, null]),
      y: shown.flatMap(i => [below[i]!, above[i]!, null]),
      line: { color: wide ? blueBand(0.4) : blueBand(0.85), width: wide ? 1.6 : 3.6 },
      hoverinfo: 'skip',
    }
  })
  const text = shown.map(i => labels?.[i] ?? `measurement ${i}`)
  const dots = { type: 'scatter', mode: 'markers', name: 'mean', x, y: middle, text, marker: { color: 'white', size: 5, line: { color: ink, width: 1.2 } }, hovertemplate: '%{text}<br>measured %{x:.4g}<br>predicted %{y:.4g}<extra></extra>' } // prettier-ignore
  const every = [...x, ...middle]
  const ends = every.reduce(([a, b], v) => [Math.min(a!, v), Math.max(b!, v)], [Infinity, -Infinity])
  const diagonal = { type: 'scatter', mode: 'lines', name: 'equal', x: ends, y: ends, line: { color: grey, dash: 'dot', width: 1.2 }, hoverinfo: 'skip' } // prettier-ignore
  return {
    data: [diagonal, ...bars, dots],
    layout: { xaxis: { ...axisStyle, title: { text: withUnits('measured', units) } }, yaxis: { ...axisStyle, title: { text: withUnits('predicted', units) } } }, // prettier-ignore
  }
}

function residuals(
  { values: measured, std, labels }: ObservationContent,
  predicted: PredictedContent,
  shown: readonly number[],
): Figure {
  // prettier-ignore
  const [y, mean, noise] = [values(measured), values(predicted.mean), values(std)]
  const r = shown.map(i => (y[i]! - mean[i]!) / noise[i]!)
  const color = r.map(v => (Math.abs(v) > 2 ? orange : blue))
  const text = shown.map(i => labels?.[i] ?? `measurement ${i}`)
  const band = { type: 'rect', xref: 'paper', x0: 0, x1: 1, y0: -2, y1: 2, fillcolor: blueBand(0.1), line: { width: 0 }, layer: 'below' } // prettier-ignore
  const reach = Math.max(3, 1.1 * r.reduce((a, v) => Math.max(a, Math.abs(v)), 0))
  return {
    data: [{ type: 'scatter', mode: 'markers', x: shown, y: r, text, marker: { color, size: 6 }, hovertemplate: '%{text}<br>%{y:.2f}<extra></extra>' }], // prettier-ignore
    layout: { showlegend: false, shapes: [band], xaxis: { ...axisStyle, title: { text: 'measurement' } }, yaxis: { ...axisStyle, range: [-reach, reach], title: { text: 'residual / noise' } } }, // prettier-ignore
  }
}
