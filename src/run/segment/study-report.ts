/** The study as a page of Markdown: what was run on what, means and deviations, and gains over plain DDPM, paired by seed. */
import type { RunConfig } from '../../io/run-folder.js'
import { subsets, type Evaluation, type Subset } from './evaluate.js'
import { metrics, studyCells, summaryOf, type StudyRow } from './study-text.js'

/** What every other method is compared with. */
const PLAIN = 'mse'

export interface StudyRecord extends Pick<RunConfig, 'versions' | 'hardware'> {
  /** The command line, where there was one. */
  readonly command?: string
  readonly config: Readonly<Record<string, unknown>>
}

/** Everything in one page. */
export function studyMarkdown(rows: readonly StudyRow[], { command, config, versions, hardware }: StudyRecord): string {
  const seeds = [...new Set(rows.map(row => row.seed))].sort((a, b) => a - b)
  const machine = `${hardware.cpu}, ${hardware.cores} cores, Node ${versions.node}, invdiff ${versions.invdiff}`
  const intro = [
    '# Losses on contaminated training sets',
    ...(command === undefined ? [] : [['```sh', command, '```'].join('\n')]),
    `Machine: ${machine}. Seeds ${seeds.join(', ')}; after +- stands the standard deviation over them, for gains that of the differences. \`t\` is t_forward,t_reverse in steps out of 1000; \`${PLAIN}\` is plain DDPM, \`simplex\` the same with simplex noise. Pixel metrics but for the last column; \`seen\` are kinds of defect that contaminate the training set (other pictures of them), \`unseen\` the others.`,
    ['```json', JSON.stringify(config), '```'].join('\n'),
  ]
  const parts = subsets.flatMap(subset => {
    const [head, lines] = studyCells(rows, subset)
    if (lines.length === 0) return []
    const gains = gainCells(rows, subset)
    return [
      `## ${title(subset)}`,
      markdown(head, lines),
      ...(gains[1].length === 0 ? [] : [`Gain over ${PLAIN} of the same seed:`, markdown(...gains)]),
    ]
  })
  return [...intro, ...parts].join('\n\n') + '\n'
}

const title = (subset: Subset): string => `${subset[0]!.toUpperCase()}${subset.slice(1)} defects`

const markdown = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...lines].map(cells => `| ${cells.join(' | ')} |`).join('\n')

/** Differences to plain DDPM of the same category, contamination, setting and seed: mean and deviation over seeds. */
export function gainCells(rows: readonly StudyRow[], subset: Subset = 'all'): [head: string[], lines: string[][]] {
  const cell = ({ category, contamination, setting }: StudyRow): string => JSON.stringify([category, contamination, setting]) // prettier-ignore
  const plain = new Map(rows.filter(row => row.method === PLAIN).map(row => [`${cell(row)} ${row.seed}`, row.evaluation])) // prettier-ignore
  const found = new Map<string, { row: StudyRow; pairs: (readonly [own: Evaluation, plain: Evaluation])[] }>()
  for (const row of rows) {
    const base = plain.get(`${cell(row)} ${row.seed}`)
    if (row.method === PLAIN || !base?.[subset] || !row.evaluation[subset]) continue
    const name = `${cell(row)} ${row.method}`
    const entry = found.get(name) ?? { row, pairs: [] }
    entry.pairs.push([row.evaluation, base])
    found.set(name, entry)
  }
  const lines = [...found.values()].map(({ row, pairs }) => {
    const gains = Object.values(metrics).map(metric => {
      const { mean, deviation } = summaryOf(pairs.map(([own, base]) => metric(own[subset]!) - metric(base[subset]!)))
      return `${signed(mean)}${pairs.length > 1 ? ` +- ${deviation.toFixed(3)}` : ''}`
    })
    return [row.category, `${(100 * row.contamination).toFixed(0)} %`, row.setting.join(','), row.method, String(pairs.length), ...gains] // prettier-ignore
  })
  return [['category', 'contamination', 't', 'method', 'seeds', ...Object.keys(metrics)], lines]
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`
