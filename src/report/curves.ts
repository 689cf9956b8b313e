/** A one-dimensional unknown: the mean with bands, samples, the truth, and the places of measurement. */
import { centers } from '../physics/grid.js'
import { axisStyle, blue, blueBand, grey, ink, orange } from './colours.js'
import type { Interval, ReportContent, Unknown } from './content.js'
import { packed, values } from './data.js'
import { withUnits } from './html.js'
import { mostSamples } from './maps.js'
import type { Panel } from './panel.js'

type Trace = Record<string, unknown>

export function curvePanels(content: ReportContent): Panel[] {
  const { unknown, truth, posterior } = content
  const x = centers(unknown.grid, 0)
  const line = (name: string, y: ArrayLike<number>, style: object, more: object = {}): Trace => ({ type: 'scatter', mode: 'lines', name, x: packed(x), y: packed(y), line: style, ...more }) // prettier-ignore
  const mean = line('mean', values(posterior.mean), { color: blue, width: 2.2 })
  const exact = truth ? [line('truth', values(truth), { color: ink, width: 1.8, dash: 'dash' })] : []
  const bands = [...(posterior.intervals ?? [])]
    .sort((a, b) => b.level - a.level)
    .flatMap(interval => band(x, interval))
  const count = Math.min(mostSamples, posterior.samples.shape[0]!)
  const all = values(posterior.samples)
  const samples = Array.from(
    { length: count },
    (_, k) =>
    line('samples', all.subarray(k * x.length, (k + 1) * x.length), { color: grey, width: 1 }, { opacity: 0.8, legendgroup: 's', showlegend: k === 0 }), // prettier-ignore
  )
  const marks = placeMarks(content)
  const [top, bottom] = [layout(unknown, marks.length > 0), layout(unknown, false)]
  const std = line('standard deviation', values(posterior.std), { color: blue, width: 2 })
  const error = truth && values(posterior.mean).map((m, i) => Math.abs(m - Number(values(truth)[i])))
  const errors = error ? [line('|mean - truth|', error, { color: orange, width: 1.5 })] : []
  return [
    {
      id: 'curves',
      title: 'Posterior',
      wide: true,
      figure: { data: [...bands, mean, ...exact, ...marks], layout: top },
    },
    { id: 'samples', title: 'Samples', figure: { data: [...samples, ...exact], layout: bottom } },
    { id: 'std', title: 'Standard deviation', figure: { data: [std, ...errors], layout: { ...bottom, yaxis: { ...bottom.yaxis, rangemode: 'tozero', title: { text: unknown.units ?? '' } } } } }, // prettier-ignore
  ]
}

/** A band filled between the two ends of an interval. */
function band(x: ArrayLike<number>, { level, low, high }: Interval): Trace[] {
  const name = `${Math.round(100 * level)} %`
  const side = {
    type: 'scatter',
    mode: 'lines',
    x: packed(x),
    line: { width: 0 },
    legendgroup: name,
    hoverinfo: 'skip',
  }
  return [
    { ...side, y: packed(values(low)), showlegend: false },
    { ...side, y: packed(values(high)), name, fill: 'tonexty', fillcolor: blueBand(level > 0.7 ? 0.16 : 0.26) },
  ]
}

/** Ticks along the lower edge, where there are points. */
function placeMarks({ observation: { places } }: ReportContent): Trace[] {
  if (places?.kind !== 'points') return []
  const x = places.at.map(point => point[0]!)
  const marker = { symbol: 'triangle-up', size: 9, color: orange, line: { color: 'white', width: 1 } }
  return [{ type: 'scatter', mode: 'markers', name: 'places', x, y: x.map(() => 0), yaxis: 'y2', marker, cliponaxis: false, hovertemplate: '%{x:.4g}<extra></extra>' }] // prettier-ignore
}

function layout({ name, units, grid, axes }: Unknown, marks: boolean): { xaxis: object; yaxis: object } {
  return {
    xaxis: { ...axisStyle, title: { text: withUnits(axes?.[0]?.name ?? 'x', axes?.[0]?.units), standoff: 8 }, range: [0, grid.lengths[0]!] }, // prettier-ignore
    yaxis: { ...axisStyle, title: { text: withUnits(name, units), standoff: 6 } },
    ...(marks && { yaxis2: { overlaying: 'y', range: [0, 1], visible: false, fixedrange: true } }),
  }
}
