/** A two-dimensional unknown: maps with equal axes, one colour scale for all that is comparable, and the places of measurement. */
import { axisStyle, ink } from './colours.js'
import type { Places, ReportContent, Unknown } from './content.js'
import { blockOf, divergingScale, packed, picture, sharedScale, values, type Scale } from './data.js'
import { withUnits } from './html.js'
import type { Figure } from './page.js'
import type { Panel } from './panel.js'

/** Samples that are drawn. */
export const mostSamples = 6

/** Truth, mean, deviation and error, and the samples apart. */
export function mapPanels({ unknown, truth, posterior, observation }: ReportContent): {
  field: Panel[]
  drawn: Panel[]
} {
  const { grid } = unknown
  const mean = values(posterior.mean)
  const std = values(posterior.std)
  const exact = truth && values(truth)
  const all = values(posterior.samples)
  const count = Math.min(mostSamples, posterior.samples.shape[0]!)
  const samples = Array.from({ length: count }, (_, k) => all.subarray(k * grid.size, (k + 1) * grid.size))
  const scale = sharedScale([mean, ...samples, ...(exact ? [exact] : [])])
  const spread: Scale = { colorscale: 'Cividis', zmin: 0, zmax: std.reduce((a, b) => Math.max(a, b), 0) || 1 }
  const panel = (id: string, title: string, shown: Float64Array, colours: Scale, places?: Places): Panel => ({
    id,
    title,
    ratio: mapRatio(unknown),
    figure: map(unknown, shown, colours, places),
  })
  const { places } = observation
  const field = [
    ...(exact ? [panel('truth', 'Truth', exact, scale, places)] : []),
    panel('mean', 'Posterior mean', mean, scale, places),
    panel('std', 'Posterior standard deviation', std, spread, places),
  ]
  if (exact) {
    const error = mean.map((m, i) => m - exact[i]!)
    const size = error.reduce((a, e) => Math.max(a, Math.abs(e)), 0)
    field.push(panel('error', 'Error: mean - truth', error, divergingScale(size), places))
  }
  return { field, drawn: samples.map((sample, k) => panel(`sample-${k + 1}`, `Sample ${k + 1}`, sample, scale)) }
}

/** What a reader of the maps should know. */
export function mapNotes({ unknown: { grid }, observation: { places }, truth }: ReportContent): string {
  const block = blockOf(grid)
  const notes = [
    `${truth ? 'Truth, mean' : 'Mean'} and samples share one colour scale.`,
    ...(places ? [`${places.kind === 'points' ? 'Circles mark' : 'Lines mark'} where was measured.`] : []),
    ...(block.some(b => b > 1) ? [`Drawn as means over blocks of ${block.join(' x ')} cells.`] : []),
  ]
  return notes.join(' ')
}

/** One field as a map, with the places on top. */
export function map(unknown: Unknown, field: Float64Array, scale: Scale, places?: Places): Figure {
  const { grid, units } = unknown
  const { z, x, y } = picture(field, grid)
  const heat = {
    type: 'heatmap',
    z: packed(z, [y.length, x.length]),
    x,
    y,
    ...scale,
    colorbar: { thickness: 12, len: 1, outlinewidth: 0, title: { text: units ?? '', side: 'top' }, tickfont: { size: 11 } }, // prettier-ignore
    hovertemplate: `x %{x:.4g}, y %{y:.4g}<br>%{z:.4g}${units ? ` ${units}` : ''}<extra></extra>`,
  }
  return { data: [heat, ...(places ? marks(places) : [])], layout: mapLayout(unknown) }
}

/** Height over width of a figure that a map fills: its own shape, and room for the axes and the colour bar. */
export const mapRatio = ({ grid: { lengths } }: Unknown): number =>
  Math.min(1.3, Math.max(0.4, (0.74 * lengths[1]!) / lengths[0]! + 0.13))

/** Axes over the whole domain, one unit as long on either. */
export function mapLayout({ grid, axes }: Unknown): Record<string, unknown> {
  const axis = (k: number): Record<string, unknown> => ({
    ...axisStyle,
    showgrid: false,
    zeroline: false,
    constrain: 'domain',
    range: [0, grid.lengths[k]!],
    title: { text: withUnits(axes?.[k]?.name ?? 'xy'[k]!, axes?.[k]?.units), standoff: 6 },
  })
  const [xaxis, yaxis] = [axis(0), { ...axis(1), scaleanchor: 'x', scaleratio: 1 }]
  return { margin: { l: 44, r: 8, t: 10, b: 40 }, showlegend: false, xaxis, yaxis }
}

/** Circles or lines, dark in a white rim, so that they show on every colour. */
function marks(places: Places): Record<string, unknown>[] {
  if (places.kind === 'points') {
    const [x, y] = [0, 1].map(axis => places.at.map(point => point[axis]!)) as [number[], number[]]
    const size = places.at.length > 200 ? 3 : places.at.length > 60 ? 5 : 7
    const marker = { symbol: 'circle', color: 'white', size, line: { color: ink, width: size > 4 ? 1.5 : 1 } }
    return [{ type: 'scatter', mode: 'markers', x, y, marker, cliponaxis: false, hovertemplate: 'place %{pointNumber}: %{x:.4g}, %{y:.4g}<extra></extra>' }] // prettier-ignore
  }
  const along = (axis: number): (number | null)[] => places.ends.flatMap(([from, to]) => [from[axis]!, to[axis]!, null])
  const line = (color: string, width: number): Record<string, unknown> => ({
    type: 'scatter',
    mode: 'lines',
    x: along(0),
    y: along(1),
    line: { color, width },
    hoverinfo: 'skip',
  })
  return places.ends.length > 60 ? [line('rgba(255,255,255,0.45)', 0.8)] : [line('white', 2.2), line(ink, 0.9)]
}
