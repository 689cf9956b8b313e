/** A derivation written out: Markdown with LaTeX to read, JSON for programs. */
import type { Check } from './checks/check.js'
import type { Derivation, Statement } from './derive.js'

/** Markdown with displayed LaTeX between $$ and a table of residuals under each statement. */
export function toMarkdown(derivation: Derivation): string {
  const { schedule, path, statements } = derivation
  const checks = statements.flatMap(statement => statement.checks)
  const failed = checks.filter(({ holds }) => !holds)
  const verdict =
    failed.length === 0
      ? `All ${checks.length} checks hold.`
      : `${failed.length} of ${checks.length} checks fail: ${failed.map(({ name }) => name).join('; ')}.`
  const head = [
    `# The process of \`${schedule.definition}\` on the path \`${path.name}\`, xi = \`${path.xi}\``,
    `${verdict} Random points and particles from seed ${derivation.seed}; alpha: ${derivation.alphas.join(', ')}.`,
  ]
  return [...head, ...statements.map(section)].join('\n\n') + '\n'
}

/** The derivation as JSON; a residual that is not a number is null. */
export const toJSON = (derivation: Derivation): string => JSON.stringify(derivation, null, 2) + '\n'

const section = ({ title, text, latex, checks }: Statement, index: number): string =>
  [`## ${index + 1}. ${title}`, text, ...latex.map(line => `$$\n${line}\n$$`), table(checks)].join('\n\n')

const table = (checks: readonly Check[]): string =>
  [
    '| check | where | residual | tolerance | holds | tolerance from |',
    '|---|---|---:|---:|---|---|',
    ...checks.map(({ name, at = '', residual, tolerance, holds, reason }) =>
      row(name, at, residual.toExponential(1), tolerance.toExponential(1), holds ? 'yes' : '**no**', reason),
    ),
  ].join('\n')

/** A bar would end the cell. */
const row = (...cells: string[]): string => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
