/** Curves of error against denoiser calls, a panel for each group: what every comparison shows. */
import type { Figure } from './page.js'

/** Okabe and Ito's colours, told apart by everyone. */
const colours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#7f7f7f', '#000000']
const dashes = ['solid', 'dash', 'dot', 'dashdot']
const symbols = ['circle', 'square', 'diamond', 'cross', 'x', 'triangle-up', 'star', 'hexagon']

/** One point of a curve. */
export interface CostPoint {
  readonly panel: string
  /** Names the colour and the dash of its curve. */
  readonly sampler: string
  readonly alpha: number | string
  readonly calls: number
  readonly error: number
  /** Half the length of its bar. */
  readonly deviation: number
}

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)]

/** 1, 2 and 5 times the powers of ten between two numbers, and the next one on either side. */
function ticks(low: number, high: number): number[] {
  const decades = Array.from({ length: 12 }, (_, i) => 10 ** (i - 6))
  const all = decades.flatMap(d => [1, 2, 5].map(k => Number((k * d).toPrecision(1))))
  const [first, last] = [all.findLastIndex(v => v <= low), all.findIndex(v => v >= high)]
  return all.slice(Math.max(first, 0), last < 0 ? undefined : last + 1)
}

const axis = (values: number[]): { range: number[] } & Record<string, unknown> => ({
  ...{ type: 'log', tickvals: values, ticktext: values.map(String), zeroline: false, gridcolor: '#e8ebee' },
  range: [Math.log10(values[0]!), Math.log10(values.at(-1)!)],
})

/** Plotly names its first axis without a number. */
const suffix = (i: number): string => (i === 0 ? '' : String(i + 1))

/** Rows of panels that `costFigure` makes of so many. */
export const panelRows = (panels: number): number => Math.ceil(panels / 2)

/** @param floor the error of independent draws, a dotted line in every panel. */
export function costFigure(points: readonly CostPoint[], floor: number, metric: string): Figure {
  const [panels, samplers, alphas] = [distinct(points.map(p => p.panel)), distinct(points.map(p => p.sampler)), distinct(points.map(p => p.alpha))] // prettier-ignore
  const calls = points.map(p => p.calls)
  const heights = [...points.map(p => p.error), floor]
  const x = axis(ticks(Math.min(...calls), Math.max(...calls)))
  const y = axis(ticks(0.9 * Math.min(...heights), Math.max(...heights)))
  const layout: Record<string, unknown> = {
    grid: { rows: panelRows(panels.length), columns: Math.min(panels.length, 2), pattern: 'independent', xgap: 0.12, ygap: 0.2 }, // prettier-ignore
    margin: { l: 60, r: 14, t: 12, b: 48 },
    annotations: panels.map((panel, i) => ({
      ...{ text: `<b>${panel}</b>`, xref: `x${suffix(i)} domain`, yref: `y${suffix(i)} domain`, x: 1, y: 1 },
      ...{ xanchor: 'right', yanchor: 'bottom', showarrow: false },
    })),
  }
  const data = panels.flatMap((name, i) => {
    layout[`xaxis${suffix(i)}`] = { ...x, title: { text: 'denoiser calls for one sample' } }
    layout[`yaxis${suffix(i)}`] = { ...y, title: { text: metric } }
    const panel = { xaxis: `x${suffix(i)}`, yaxis: `y${suffix(i)}`, showlegend: i === 0 }
    const curves = samplers.flatMap((sampler, s) =>
      alphas.map((alpha, a) => {
        const some = points.filter(p => p.panel === name && p.sampler === sampler && p.alpha === alpha)
        // Later markers are smaller: a curve that lies on another leaves it to be seen.
        const look = { color: colours[s % colours.length]!, dash: dashes[a % dashes.length]!, symbol: symbols[s % symbols.length]!, size: 5 + 2 * (samplers.length - 1 - s) } // prettier-ignore
        return { ...curve(`${sampler}, alpha ${alpha}`, some, look), ...panel }
      }),
    )
    const base = { ...panel, name: 'floor', legendgroup: 'floor', mode: 'lines', x: x.range.map(v => 10 ** v), y: [floor, floor], line: { color: '#16191d', dash: 'dot', width: 1 } } // prettier-ignore
    return [...curves.filter(({ x }) => x.length > 0), base]
  })
  return { data, layout }
}

interface Look {
  readonly color: string
  readonly dash: string
  readonly symbol: string
  readonly size: number
}

const curve = (name: string, points: readonly CostPoint[], { color, dash, ...marker }: Look) => ({
  ...{ type: 'scatter', mode: 'lines+markers', name, legendgroup: name },
  x: points.map(p => p.calls),
  y: points.map(p => p.error),
  error_y: { array: points.map(p => p.deviation), thickness: 1, width: 2 },
  line: { color, dash, width: 1.5 },
  marker: { color, ...marker },
})
