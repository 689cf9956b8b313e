/** A comparison of processes as a table to read, as CSV, and as one HTML file with a figure. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Comparison, CompareRow } from './compare-processes.js'

const columns: readonly (readonly [name: string, value: (row: CompareRow) => string])[] = [
  ['path', row => row.path],
  ['sampler', row => row.sampler],
  ['alpha', row => String(row.alpha)],
  ['steps', row => String(row.steps ?? '')],
  ['calls', row => row.calls.toFixed(0)],
  ['distance', row => row.distance.toPrecision(4)],
  ['deviation', row => row.deviation.toPrecision(2)],
  ['ratio', row => row.ratio.toFixed(3)],
  ['seconds', row => row.seconds.toFixed(2)],
]

/** What was measured, and the floor. */
export function caption({ density, options: { n, seeds, conditions }, floor }: Comparison): string {
  const over = density.metric === 'W1' ? ` averaged over ${conditions} values of y,` : ''
  return (
    `${density.name}: ${density.definition}. ${density.metric} of ${n} samples,${over} mean and standard deviation over ` +
    `${seeds} seeds. Floor (${n} independent draws): ${floor.mean.toPrecision(4)} (${floor.deviation.toPrecision(2)}).`
  )
}

/** Columns of equal width under the caption. */
export function toTable(comparison: Comparison): string {
  const cells = [columns.map(([name]) => name), ...comparison.rows.map(row => columns.map(([, value]) => value(row)))]
  const widths = columns.map((_, j) => Math.max(...cells.map(line => line[j]!.length)))
  const lines = cells.map(line => line.map((cell, j) => (j < 2 ? cell.padEnd(widths[j]!) : cell.padStart(widths[j]!))).join('  ')) // prettier-ignore
  return [caption(comparison), '', ...lines].join('\n') + '\n'
}

/** One line for each row, and the floor in every one. */
export function toCsv({ density, floor, rows }: Comparison): string {
  const head = ['density', 'metric', 'floor', ...columns.map(([name]) => name)]
  const lines = rows.map(row => [density.name, density.metric, floor.mean.toPrecision(4), ...columns.map(([, value]) => quoted(value(row)))]) // prettier-ignore
  return [head, ...lines].map(line => line.join(',')).join('\n') + '\n'
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

/** The distance against denoiser calls, a line for each path, sampler and alpha, in one file without any request. */
export async function toHtml(comparison: Comparison): Promise<string> {
  const plotly = await readFile(createRequire(import.meta.url).resolve('plotly.js-dist'), 'utf8')
  const { rows, floor, density } = comparison
  const nameOf = (row: CompareRow): string => `${row.path}, ${row.sampler}, alpha ${row.alpha}`
  const groups = [...new Set(rows.map(nameOf))].map(name => ({ name, group: rows.filter(row => nameOf(row) === name) }))
  const lines = groups.map(({ name, group }) => ({
    name,
    x: group.map(row => row.calls),
    y: group.map(row => row.distance),
    error_y: { array: group.map(row => row.deviation), thickness: 1 },
    mode: 'lines+markers',
  }))
  const calls = rows.map(row => row.calls)
  const ends = [Math.min(...calls), Math.max(...calls)]
  const base = {
    name: 'floor',
    x: ends,
    y: [floor.mean, floor.mean],
    mode: 'lines',
    line: { color: 'black', dash: 'dot' },
  }
  const layout = {
    title: { text: `${density.name}: ${density.metric} against denoiser calls` },
    xaxis: { type: 'log', title: { text: 'denoiser calls for one sample' } },
    yaxis: { type: 'log', title: { text: density.metric } },
  }
  const data = JSON.stringify([[...lines, base], layout]).replaceAll('<', '\\u003c')
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${escaped(density.name)}</title>
<body style="font-family: sans-serif; margin: 2em"><div id="figure" style="height: 42em"></div>
<p>${escaped(caption(comparison))}</p><pre>${escaped(toTable(comparison))}</pre>
<script>${plotly.replaceAll('</script', '<\\/script')}</script>
<script>Plotly.newPlot('figure', ...${data}, { responsive: true })</script></body></html>
`
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
