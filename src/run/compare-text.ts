/** A comparison of processes as a table to read, and as CSV. */
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

/** The head of the table, and its rows. */
export const cells = ({ rows }: Comparison): [head: string[], rows: string[][]] => [
  columns.map(([name]) => name),
  rows.map(row => columns.map(([, value]) => value(row))),
]

/** Columns of equal width under the caption. */
export function toTable(comparison: Comparison): string {
  const [head, rows] = cells(comparison)
  const all = [head, ...rows]
  const widths = columns.map((_, j) => Math.max(...all.map(line => line[j]!.length)))
  const lines = all.map(line => line.map((cell, j) => (j < 2 ? cell.padEnd(widths[j]!) : cell.padStart(widths[j]!))).join('  ')) // prettier-ignore
  return [caption(comparison), '', ...lines].join('\n') + '\n'
}

/** One line for each row, and the floor in every one. */
export function toCsv({ density, floor, rows }: Comparison): string {
  const head = ['density', 'metric', 'floor', ...columns.map(([name]) => name)]
  const lines = rows.map(row => [density.name, density.metric, floor.mean.toPrecision(4), ...columns.map(([, value]) => quoted(value(row)))]) // prettier-ignore
  return [head, ...lines].map(line => line.join(',')).join('\n') + '\n'
}

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
