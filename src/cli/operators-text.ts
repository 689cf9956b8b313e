/** Operators and their laws as text for people. */
import type { LawResult } from '../operators/check.js'
import type { OperatorListing } from '../operators/registry.js'

type Described = Pick<OperatorListing, 'name' | 'description' | 'parameters'> & Partial<Pick<OperatorListing, 'random'>>

interface Field {
  readonly description?: string
  readonly default?: unknown
}

function fields(schema: Readonly<Record<string, unknown>>, indent: string): string[] {
  const properties = schema.properties as Readonly<Record<string, Field>>
  const required = schema.required as readonly string[]
  const width = Math.max(0, ...Object.keys(properties).map(name => name.length))
  return Object.entries(properties).map(([name, { description = '', default: value }]) => {
    const note = required.includes(name) ? ' [required]' : value === undefined ? '' : ` [${JSON.stringify(value)}]`
    return `${indent}${name.padEnd(width)}  ${description}${note}`
  })
}

const described = ({ name, description, parameters, random }: Described): string[] => [
  `${name}: ${description}`,
  ...fields(parameters, '    '),
  ...(random ? ['  random:', ...fields(random, '    ')] : []),
]

/** Every operator and model of noise, with its parameters. */
export const listingText = (operators: readonly Described[], noise: readonly Described[]): string =>
  ['Operators', ...operators.flatMap(described), '', 'Noise', ...noise.flatMap(described)].join('\n')

/** Laws as a table, and what to do about those that fail. */
export function lawsText(title: string, results: readonly LawResult[]): string {
  const cells = results.map(({ law, status, figure, bound, says }) => [
    law,
    status,
    figure === null ? '' : figureText(figure),
    status === 'skipped' ? '' : bound,
    says.split('\n')[0]!,
  ])
  const head = ['law', 'result', 'figure', 'bound', '']
  const widths = head.map((_, k) => Math.max(...[head, ...cells].map(row => row[k]!.length)))
  const line = (row: readonly string[]): string => row.map((cell, k) => (k < 4 ? cell.padEnd(widths[k]!) : cell)).join('  ').trimEnd() // prettier-ignore
  const failed = results.filter(({ status }) => status === 'fails')
  const counts = (['holds', 'fails', 'skipped'] as const).map(status => `${results.filter(r => r.status === status).length} ${status}`) // prettier-ignore
  return [
    title,
    '',
    line(head),
    ...cells.map(line),
    ...(failed.length > 0 ? ['', 'What to do', ...failed.map(({ law, remedy = '' }) => `  ${law}: ${remedy}`)] : []),
    '',
    counts.join(', '),
  ].join('\n')
}

const figureText = (value: number): string => {
  const size = Math.abs(value)
  return size === 0 || (size >= 0.01 && size < 1e4) ? String(Number(value.toPrecision(3))) : value.toExponential(1)
}
