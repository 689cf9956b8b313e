/** The shell of a page: one HTML file with Plotly inside, which asks the network for nothing. */
import { escaped } from './html.js'
import { plotlySource } from './plotly.js'
import { style } from './style.js'

/** A figure of Plotly: what `Plotly.newPlot` takes. */
export interface Figure {
  readonly data: readonly Record<string, unknown>[]
  readonly layout: Record<string, unknown>
}

/** The place of a figure in the body of a page. */
export interface FigurePlace {
  /** The name of the figure among those given to `page`. */
  readonly id: string
  readonly title: string
  readonly caption?: string
  /** As wide as the page. */
  readonly wide?: boolean
  /** Height over width, for figures whose own shape matters. */
  readonly ratio?: number
}

/** The element that `page` draws the figure `id` into, with its title and caption. */
export function figurePlace({ id, title, caption, wide, ratio }: FigurePlace): string {
  const shape = ratio ? ` style="height: auto; aspect-ratio: 1 / ${ratio.toFixed(3)}"` : ''
  const plot = `<div class="plot" id="${escaped(id)}" role="img" aria-label="${escaped(title)}"${shape}></div>`
  const words = caption ? `<figcaption>${escaped(caption)}</figcaption>` : ''
  return `<figure${wide ? ' class="whole"' : ''}><h3>${escaped(title)}</h3>${plot}${words}</figure>`
}

const base = {
  font: { family: 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif', size: 12, color: '#16191d' },
  margin: { l: 52, r: 14, t: 12, b: 44 },
  paper_bgcolor: '#fff',
  plot_bgcolor: '#fff',
  hovermode: 'closest',
  legend: { orientation: 'h', x: 0, y: 1.02, xanchor: 'left', yanchor: 'bottom' },
}

const config = { responsive: true, displaylogo: false, displayModeBar: false }

/** Draws every figure; its view box lets the paper scale it (style.ts). Opens what is folded before printing. */
const draw = `
const { base, config, figures } = JSON.parse(document.getElementById('figures').textContent)
for (const [id, { data, layout }] of Object.entries(figures)) {
  const plot = document.getElementById(id)
  const scalable = () => {
    for (const svg of plot.querySelectorAll('.main-svg'))
      svg.setAttribute('viewBox', [0, 0, svg.width.baseVal.value, svg.height.baseVal.value].join(' '))
  }
  Plotly.newPlot(plot, data, { ...base, ...layout }, config).then(() => { scalable(); plot.on('plotly_afterplot', scalable) })
}
addEventListener('beforeprint', () => { for (const part of document.querySelectorAll('details')) part.open = true })
`

/**
 * A whole page.
 *
 * @param title plain text; also the heading
 * @param body HTML, with a `figurePlace` for each figure
 * @param figures by the id of their place
 * @throws Error where the package was not built (it lacks the minified Plotly).
 */
export async function page(title: string, body: string, figures: Readonly<Record<string, Figure>>): Promise<string> {
  const plotly = await plotlySource()
  const data = JSON.stringify({ base, config, figures }).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${body}
<script type="application/json" id="figures">${data}</script>
<script>${plotly}</script>
<script>${draw}</script>
</body>
</html>
`
}
