/** The study as a table, mean and standard deviation over seeds, and as CSV. */
import type { SegmentationMetrics } from '../../diagnostics/segmentation/evaluate.js'
import { subsets, type Evaluation, type Subset } from './evaluate.js'

/** One piece. */
export interface Piece {
  readonly category: string
  readonly contamination: number
  readonly method: string
  readonly seed: number
}

/** What a piece gave at one setting. */
export interface StudyRow extends Piece {
  readonly setting: readonly [forward: number, reverse: number]
  readonly evaluation: Evaluation
}

/** The metrics that are reported, by their headings. */
export const metrics = {
  AUROC: ({ pixel }: SegmentationMetrics) => pixel.auroc,
  AUPR: ({ pixel }: SegmentationMetrics) => pixel.aupr,
  AUPRO: ({ pixel }: SegmentationMetrics) => pixel.aupro,
  'picture AUROC': ({ image }: SegmentationMetrics) => image?.auroc ?? NaN,
}

export interface Summary {
  readonly n: number
  readonly mean: number
  /** Standard deviation; 0 for one. */
  readonly deviation: number
}

export function summaryOf(values: readonly number[]): Summary {
  const n = values.length
  const mean = values.reduce((a, b) => a + b, 0) / n
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return { n, mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : 0 }
}

/** Rows of equal heading, in the order in which they come. */
function groups(rows: readonly StudyRow[]): Map<string, StudyRow[]> {
  const found = new Map<string, StudyRow[]>()
  for (const row of rows) {
    const name = JSON.stringify([row.category, row.contamination, row.setting, row.method])
    found.set(name, [...(found.get(name) ?? []), row])
  }
  return found
}

/**
 * The cells of a table for one subset of the defects: a head, and a line for each category, contamination, setting and method.
 */
export function studyCells(rows: readonly StudyRow[], subset: Subset = 'all'): [head: string[], lines: string[][]] {
  const head = ['category', 'contamination', 't', 'method', 'seeds', ...Object.keys(metrics)]
  const lines = [...groups(rows).values()].flatMap(same => {
    const judged = same.flatMap(({ evaluation }) => evaluation[subset] ?? [])
    if (judged.length === 0) return []
    const { category, contamination, setting, method } = same[0]!
    const cells = Object.values(metrics).map(metric => {
      const { mean, deviation } = summaryOf(judged.map(metric))
      return judged.length > 1 ? `${mean.toFixed(3)} +- ${deviation.toFixed(3)}` : mean.toFixed(3)
    })
    return [[category, `${(100 * contamination).toFixed(0)} %`, setting.join(','), method, String(judged.length), ...cells]] // prettier-ignore
  })
  return [head, lines]
}

/** Cells in columns. */
export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = lines[0]!.map((_, j) => Math.max(...lines.map(line => line[j]!.length)))
  return lines.map(line => line.map((cell, j) => cell.padEnd(widths[j]!)).join('  ').trimEnd()).join('\n') // prettier-ignore
}

/** Tables of all, seen and unseen defects as plain text. */
export function studyTable(rows: readonly StudyRow[]): string {
  return subsets
    .map(subset => {
      const [head, lines] = studyCells(rows, subset)
      if (lines.length === 0) return ''
      return `Pixels, ${subset} defects:\n${aligned([head, ...lines])}\n`
    })
    .filter(text => text !== '')
    .join('\n')
}

/** A line for each piece, setting and subset. */
export function studyCsv(rows: readonly StudyRow[]): string {
  const lines = rows.flatMap(({ category, contamination, method, seed, setting, evaluation }) =>
    subsets.flatMap(subset => {
      const found = evaluation[subset]
      if (!found) return []
      const { auroc, aupr, averagePrecision, aupro, f1Max } = found.pixel
      return [[category, contamination, method, seed, ...setting, subset, auroc, aupr, averagePrecision, aupro, f1Max.f1, found.image?.auroc ?? '', found.image?.averagePrecision ?? ''].join(',')] // prettier-ignore
    }),
  )
  const head = 'category,contamination,method,seed,t_forward,t_reverse,defects,auroc,aupr,average_precision,aupro,f1_max,picture_auroc,picture_average_precision' // prettier-ignore
  return [head, ...lines].join('\n') + '\n'
}

/** The table of one model: a line for all, seen and unseen defects. */
export function evaluationTable(evaluation: Evaluation): string {
  const lines = subsets.flatMap(subset => {
    const found = evaluation[subset]
    return found ? [[subset, ...Object.values(metrics).map(metric => metric(found).toFixed(4))]] : []
  })
  const all = [['defects', ...Object.keys(metrics)], ...lines]
  return `${aligned(all)}\n`
}
