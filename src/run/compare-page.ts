/** A comparison of processes as a page: the distance against denoiser calls, a panel for each path, and the table. */
import { paragraph, section, table } from '../report/html.js'
import { figurePlace, page, type Figure } from '../report/page.js'
import type { Comparison, CompareRow } from './compare-processes.js'
import { caption, cells } from './compare-text.js'

/** Okabe and Ito's colours, told apart by everyone. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000']
const dashes = ['solid', 'dash', 'dot', 'dashdot']

/** The page, in one file without any request. */
export function comparisonPage(comparison: Comparison): Promise<string> {
  const { density, rows } = comparison
  const title = `${density.name}: ${density.metric} against denoiser calls`
  const panels = Math.ceil(new Set(rows.map(({ path }) => path)).size / 2)
  const words = 'Bars: one standard deviation between seeds. Dotted: the floor, independent draws. Below it is chance.'
  const body = [
    paragraph(caption(comparison)),
    paragraph('With exact scores every path has one law: what differs is discretisation and round-off.'),
    figurePlace({ id: 'calls', title: 'Error against cost', caption: words, wide: true, ratio: 0.1 + 0.33 * panels }),
    section('All runs', table(...cells(comparison))),
  ]
  return page(title, body.join('\n'), { calls: figureOf(comparison) })
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]

/** 1, 2 and 5 times the powers of ten between two numbers, and the next one on either side. */
function ticks(low: number, high: number): number[] {
  const decades = Array.from({ length: 12 }, (_, i) => 10 ** (i - 6))
  const all = decades.flatMap(d => [1, 2, 5].map(k => Number((k * d).toPrecision(1))))
  const [first, last] = [all.findLastIndex(v => v <= low), all.findIndex(v => v >= high)]
  return all.slice(Math.max(first, 0), last < 0 ? undefined : last + 1)
}

function figureOf({ rows, floor, density }: Comparison): Figure {
  const [paths, samplers, alphas] = [distinct(rows.map(r => r.path)), distinct(rows.map(r => r.sampler)), distinct(rows.map(r => r.alpha))] // prettier-ignore
  const calls = rows.map(r => r.calls)
  const heights = [...rows.map(r => r.distance), floor.mean]
  const x = axis(ticks(Math.min(...calls), Math.max(...calls)))
  const y = axis(ticks(0.9 * Math.min(...heights), Math.max(...heights)))
  const columns = Math.min(paths.length, 2)
  const layout: Record<string, unknown> = {
    grid: { rows: Math.ceil(paths.length / 2), columns, pattern: 'independent', xgap: 0.12, ygap: 0.2 },
    margin: { l: 60, r: 14, t: 12, b: 48 },
    annotations: paths.map((path, i) => ({
      ...{ text: `<b>${path}</b>`, xref: `x${suffix(i)} domain`, yref: `y${suffix(i)} domain`, x: 1, y: 1 },
      ...{ xanchor: 'right', yanchor: 'bottom', showarrow: false },
    })),
  }
  const data = paths.flatMap((path, i) => {
    layout[`xaxis${suffix(i)}`] = { ...x, title: { text: 'denoiser calls for one sample' } }
    layout[`yaxis${suffix(i)}`] = { ...y, title: { text: density.metric } }
    const panel = { xaxis: `x${suffix(i)}`, yaxis: `y${suffix(i)}`, showlegend: i === 0 }
    const curves = samplers.flatMap((sampler, s) =>
      alphas.map((alpha, a) => {
        const some = rows.filter(r => r.path === path && r.sampler === sampler && r.alpha === alpha)
        const name = `${sampler}, alpha ${alpha}`
        return { ...curve(name, some, colours[s % colours.length]!, dashes[a % dashes.length]!), ...panel }
      }),
    )
    const base = { ...panel, name: 'floor', legendgroup: 'floor', mode: 'lines', x: x.range.map(v => 10 ** v), y: [floor.mean, floor.mean], line: { color: '#16191d', dash: 'dot', width: 1 } } // prettier-ignore
    return [...curves.filter(({ x }) => x.length > 0), base]
  })
  return { data, layout }
}

/** Plotly names its first axis without a number. */
const suffix = (i: number): string => (i === 0 ? '' : String(i + 1))

const axis = (values: number[]): { range: number[] } & Record<string, unknown> => ({
  ...{ type: 'log', tickvals: values, ticktext: values.map(String), zeroline: false, gridcolor: '#e8ebee' },
  range: [Math.log10(values[0]!), Math.log10(values.at(-1)!)],
})

const curve = (name: string, rows: readonly CompareRow[], color: string, dash: string) => ({
  ...{ type: 'scatter', mode: 'lines+markers', name, legendgroup: name },
  x: rows.map(r => r.calls),
  y: rows.map(r => r.distance),
  error_y: { array: rows.map(r => r.deviation), thickness: 1, width: 2 },
  line: { color, dash, width: 1.5 },
  marker: { color, size: 5 },
})
