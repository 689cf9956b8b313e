/** Readings from text in columns: commas, semicolons or tabs; `#` begins a comment. */
import { dsvFormat } from 'd3-dsv'
import { FileError } from '../../io/error.js'
import { columnOf, columnsOf, conversionsOf, readingOf, type Cell, type Column, type Measured, type Reading } from './reading.js' // prettier-ignore

export interface Readings {
  readonly readings: readonly Reading[]
  /** Rows without a value. */
  readonly dropped: number
}

/**
 * Readings of a table whose first row names its columns, with units in brackets where they are not the problem's:
 * `x [cm], y [cm], value [mg/l], noise [mg/l]`.
 *
 * @throws FileError naming the file, the row (as an editor counts lines) and the column.
 */
export function readTable(file: string, text: string, space: Measured): Readings {
  const lines = text.replace(/^\uFEFF/, '').replace(/^[ \t]*#.*$/gm, '')
  const first = lines.split(/\r\n|\n|\r/).find(line => line.trim() !== '') ?? ''
  const separator = [';', '\t'].find(mark => first.includes(mark)) ?? ','
  const rows = dsvFormat(separator).parseRows(lines)
  const at = rows.findIndex(row => !isBlank(row))
  if (at < 0) throw new FileError(file, { expected: 'a table with named columns', found: 'no rows' })
  const header = headerOf(file, rows[at]!, at + 1, space)
  const stated = Object.fromEntries(
    header.flatMap(({ column, units }) => (units === undefined ? [] : [[column, units]])),
  )
  const conversions = conversionsOf(file, stated, space)
  const readings: Reading[] = []
  let dropped = 0
  for (let k = at + 1; k < rows.length; k++) {
    const row = rows[k]!
    if (isBlank(row)) continue
    if (row.length > header.length && row.slice(header.length).some(cell => cell.trim() !== ''))
      throw new FileError(file, { expected: `${header.length} cells in row ${k + 1}`, found: `${row.length}` })
    const cells = Object.fromEntries(header.map(({ column }, j): [Column, Cell] => [column, row[j]]))
    const reading = readingOf(file, `row ${k + 1}`, cells, conversions, space)
    if (reading) readings.push(reading)
    else dropped++
  }
  return { readings, dropped }
}

const isBlank = (row: readonly string[]): boolean => row.every(cell => cell.trim() === '')

interface Heading {
  readonly column: Column
  readonly units: string | undefined
}

function headerOf(file: string, row: readonly string[], line: number, space: Measured): Heading[] {
  const header = row.map((cell, k): Heading => {
    const [, name = '', square, round] = /^\s*([^[(]*?)\s*(?:\[(.*)\]|\((.*)\))?\s*$/.exec(cell) ?? ['', cell.trim()]
    return { column: columnOf(file, name, `the column ${k + 1} of row ${line}`, space), units: square ?? round }
  })
  const names = header.map(({ column }) => column)
  const twice = names.find((column, k) => names.indexOf(column) !== k)
  if (twice) throw new FileError(file, { expected: `each column once in row ${line}`, found: `${twice} twice` })
  const needed = columnsOf(space).filter(column => ['x', 'y', 'value'].includes(column))
  const missing = needed.find(column => !names.includes(column))
  if (missing)
    throw new FileError(file, { expected: `the columns ${needed.join(', ')} in row ${line}`, found: `no ${missing}` })
  return header
}
