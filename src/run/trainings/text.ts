/** A comparison of trainings as a table to read, as Markdown, and as CSV. */
import { csvFormatRows } from 'd3-dsv'
import { spreadText } from '../compare-models-text.js'
import { aligned } from '../segment/study-text.js'
import type { TrainingComparison } from './result.js'
import { quantities, type Kind } from './judge.js'
import { linesOf, mainQuantity, type Line } from './rows.js'

const meaning: Readonly<Record<Kind, string>> = {
  exact: 'Relative errors of posterior mean, deviation (L2) and covariance (Frobenius) against the exact posterior, pooled over the cases of a family',
  truths: 'Against the truths, in deviations of the prior: root mean square error of the posterior mean, CRPS of the cells, and energy score of the field (which sees the dependence between cells)',
} // prettier-ignore

/** What was compared, and how to read it. */
export function captionLines({ problem, shape, length, judge, machine, results }: TrainingComparison): string[] {
  const { kind, families } = results[0]!.judgement
  const cost = 'steps' in length ? `${length.steps} steps` : `${length.budget} s`
  const { observations, draws, sampler, steps } = judge
  const main = mainQuantity[kind]
  return [
    `${problem} on ${shape.join(' x ')} cells. Equal cost of training: ${cost} a model, or shared where said. ${machine}.`,
    `${meaning[kind]}; mean over families. cells and functionals: share of truths in central 90 % intervals, of cells, and of total mass, a line integral and a point. ${observations} held-out cases of each family, the same for every model; ${draws} draws of each (${sampler}, ${steps} steps).`, // prettier-ignore
    `'+-': standard deviation between seeds of training; in brackets: between cases. 'against first': relative difference of ${main} to the first line, in pairs of cases, +- its standard error.`, // prettier-ignore
    ...(families.some(({ floor }) => floor) ? ["'floor': as many independent draws from the exact posterior."] : []),
  ]
}

type Cells = [head: string[], lines: string[][]]

const percent = (share: number): string => `${share > 0 ? '+' : ''}${(100 * share).toFixed(1)} %`

/** A line for each variant. */
export function trainingCells({ results }: Pick<TrainingComparison, 'results'>): Cells {
  const lines = linesOf(results)
  const { kind } = results[0]!.judgement
  const names = Object.keys(lines[0]!.variant)
  const head = [
    ...names,
    'seeds',
    'steps',
    'seconds',
    ...quantities[kind],
    ...(lines.length > 1 ? ['against first'] : []),
  ]
  const cells = lines.map(({ variant, seeds, steps, seconds, values, against }) => [
    ...Object.values(variant),
    ...[seeds.join(','), steps.toFixed(0), seconds.toFixed(0)],
    ...quantities[kind].map(name => spreadText(values[name]!)),
    ...(lines.length > 1 ? [against ? `${percent(against.value)} +- ${percent(against.error).slice(1)}` : ''] : []),
  ])
  const floor = floorOf(results)
  if (floor) cells.push([...names.map((_, i) => (i === 0 ? 'floor' : '')), ...(names.length === 0 ? ['floor'] : ['']), '', '', ...quantities[kind].map(name => floor[name]?.toFixed(3) ?? ''), ...(lines.length > 1 ? [''] : [])]) // prettier-ignore
  return [head, cells]
}

/** The errors of independent draws, mean over families. */
function floorOf(results: TrainingComparison['results']): Record<string, number> | null {
  const whole = results.reduce((a, b) => (b.judgement.families.length > a.judgement.families.length ? b : a))
  const floors = whole.judgement.families.flatMap(({ floor }) => (floor ? [floor] : []))
  if (floors.length === 0) return null
  return Object.fromEntries(Object.keys(floors[0]!).map(name => [name, floors.reduce((sum, floor) => sum + floor[name]! / floors.length, 0)])) // prettier-ignore
}

/** A line for each variant and family: its main quantity and coverage. */
export function familyCells({ results }: Pick<TrainingComparison, 'results'>): Cells {
  const lines = linesOf(results)
  const { kind } = results[0]!.judgement
  const head = ['family', ...Object.keys(lines[0]!.variant), ...quantities[kind]]
  const names = Object.keys(lines[0]!.families)
  const cellsOf = (name: string, { variant, families }: Line): string[] => [name, ...Object.values(variant), ...quantities[kind].map(quantity => spreadText(families[name]![quantity]!))] // prettier-ignore
  return [head, names.flatMap(name => lines.map(line => cellsOf(name, line)))]
}

/** Whether single-family models make the families worth a table. */
const byFamily = ({ results }: TrainingComparison): boolean => results.some(({ training }) => training.family !== null)

export function comparisonTable(found: TrainingComparison): string {
  const tables = [trainingCells(found), ...(byFamily(found) ? [familyCells(found)] : [])]
  return [...captionLines(found), ...tables.flatMap(([head, lines]) => ['', aligned([head, ...lines])])].join('\n') + '\n' // prettier-ignore
}

export function comparisonMarkdown(found: TrainingComparison): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  const table = ([head, lines]: Cells): string => [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n')
  const command = found.command === null ? [] : [`\`\`\`sh\n${found.command}\n\`\`\``]
  const tables = [trainingCells(found), ...(byFamily(found) ? [familyCells(found)] : [])].map(table)
  return [...command, ...captionLines(found), ...tables].join('\n\n') + '\n'
}

/** A line for each training and family. */
export function comparisonCsv({ results }: TrainingComparison): string {
  const { kind } = results[0]!.judgement
  const floors = ['mean', 'std', 'covariance']
  const head = ['process', 'levels', 'encode', 'base', 'simulations', 'models', 'seed', 'steps', 'seconds', 'held-out loss', 'family', ...quantities[kind], ...(kind === 'exact' ? floors.map(name => `${name} floor`) : [])] // prettier-ignore
  const number = (value: number | null | undefined): string => value?.toPrecision(5) ?? ''
  const lines = results.flatMap(({ training, steps, seconds, heldOut, judgement }) => {
    const { process, levels, encode, base, simulations, families: models, seed } = training
    const first = [process, levels, encode, base, String(simulations ?? ''), models, String(seed), String(steps), seconds.toFixed(1), number(heldOut)] // prettier-ignore
    return judgement.families.map(({ family, values, floor }) => [...first, family, ...quantities[kind].map(name => number(values[name])), ...(kind === 'exact' ? floors.map(name => number(floor?.[name])) : [])]) // prettier-ignore
  })
  return csvFormatRows([head, ...lines]) + '\n'
}
