/** A comparison of models as a table to read, and as CSV. */
import { csvFormatRows } from 'd3-dsv'
import type { ModelComparison, ModelRow } from './compare-models.js'
import type { Quantity, Spread } from './error-spread.js'

const quantities: readonly Quantity[] = ['mean', 'std', 'covariance']

/** What was compared, what varies, and the floor. */
export function captionLines({ problem, groups, families, options, floor }: ModelComparison): string[] {
  const { observations, draws, sigmaMin, sigmaMax, grid } = options
  const levels = new Set(groups.map(group => group.levels))
  const named = groups.map(({ name, seeds, levels }) => `${name}: ${seeds.length} of seed ${seeds.join(', ')}${levels ? `, noise levels ${levelsText(levels)}` : ''}`) // prettier-ignore
  const varies =
    groups.length > 1 && levels.size === 1 && !levels.has(null)
      ? 'All were trained on one distribution of noise levels, so that groups differ in the process at sampling, the seed, and what else their recipes say.' // prettier-ignore
      : 'A denoiser serves every process: what varies is the distribution of noise levels in training, and the process at sampling.' // prettier-ignore
  return [
    `${problem}. Relative errors of posterior mean, deviation (L2) and covariance (Frobenius) against the exact posterior, pooled over ${observations} held-out cases of each of ${families.join(', ')}; ${draws} draws of each.`, // prettier-ignore
    `Noise levels ${sigmaMax.toPrecision(3)} to ${sigmaMin.toPrecision(3)} (${grid}), the same for every process. Models by training: ${named.join('; ')}. ${varies}`, // prettier-ignore
    `Floor (as many independent draws): ${quantities.map(name => `${name} ${floor[name].value.toFixed(3)}`).join(', ')}. '+-': between models (seeds of training); in brackets: between cases.`, // prettier-ignore
  ]
}

/** `log-normal (mean 0, sd 1.8)` of the JSON of noise levels. */
function levelsText(levels: string): string {
  const options = Object.entries(JSON.parse(levels) as Readonly<Record<string, string | number>>)
  const shown = options.filter(([name]) => name !== 'name' && name !== 'definition')
  return `${options.find(([name]) => name === 'name')?.[1] ?? ''} (${shown.map(entry => entry.join(' ')).join(', ')})`
}

const plain: readonly (readonly [name: string, value: (row: ModelRow) => string])[] = [
  ['model', row => row.model],
  ['process', row => row.process],
  ['sampler', row => row.sampler],
  ['alpha', row => String(row.alpha)],
  ['steps', row => String(row.steps ?? '')],
  ['calls', row => row.calls.toFixed(0)],
]

/** `0.043 +- 0.002 (0.010)`: between models, and between cases. */
export function spreadText({ value, overModels, overCases }: Spread): string {
  const models = overModels === null ? '' : ` +- ${overModels.toFixed(3)}`
  return `${value.toFixed(3)}${models}${overCases === null ? '' : ` (${overCases.toFixed(3)})`}`
}

/** The head of the table, and its rows. */
export const modelCells = ({ rows }: Pick<ModelComparison, 'rows'>): [head: string[], rows: string[][]] => [
  [...plain.map(([name]) => name), ...quantities, 'seconds'],
  rows.map(row => [...plain.map(([, value]) => value(row)), ...quantities.map(name => spreadText(row[name])), row.seconds.toFixed(2)]), // prettier-ignore
]

/** Columns of equal width under the caption. */
export function modelTable(comparison: ModelComparison): string {
  const [head, rows] = modelCells(comparison)
  const all = [head, ...rows]
  const widths = head.map((_, j) => Math.max(...all.map(line => line[j]!.length)))
  const lines = all.map(line => line.map((cell, j) => (j < 3 ? cell.padEnd(widths[j]!) : cell.padStart(widths[j]!))).join('  ')) // prettier-ignore
  return [...captionLines(comparison), '', ...lines].join('\n') + '\n'
}

/** One line for each row, and one for the floor; empty where there is nothing to spread over. */
export function modelCsv({ floor, rows }: ModelComparison): string {
  const head = [...plain.map(([name]) => name), ...quantities.flatMap(name => [name, `${name} over models`, `${name} over cases`]), 'seconds'] // prettier-ignore
  const numbers = (errors: Readonly<Record<Quantity, Spread>>): string[] =>
    quantities.flatMap(name => {
      const { value, overModels, overCases } = errors[name]
      return [value, overModels, overCases].map(number => number?.toPrecision(4) ?? '')
    })
  const lines = rows.map(row => [...plain.map(([, value]) => value(row)), ...numbers(row), row.seconds.toFixed(3)])
  return csvFormatRows([head, ...lines, ['floor', ...plain.slice(1).map(() => ''), ...numbers(floor), '']]) + '\n'
}
