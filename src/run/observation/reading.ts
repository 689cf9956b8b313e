/** Single readings of a file: the columns they have, and how a cell becomes a number in the units of the problem. */
import { closest } from 'fastest-levenshtein'
import { FileError, messageOf } from '../../io/error.js'
import type { Space } from '../../operators/operator.js'
import { conversion, unchanged, type Conversion } from './units.js'

/** What is measured, and in which units the problem counts. */
export interface Measured extends Space {
  /** Of the state; '1' where it has none. */
  readonly units: string
  /** Of the grid's lengths, and of times, where the problem states them. */
  readonly lengthUnits?: string
  readonly timeUnits?: string
}

export type Column = 'x' | 'y' | 't' | 'value' | 'noise' | 'label'

/** Names that files may use; the first is ours. */
const aliases: Record<Column, readonly string[]> = {
  x: ['x'],
  y: ['y'],
  t: ['t', 'time'],
  value: ['value'],
  noise: ['noise', 'std'],
  label: ['label', 'name', 'sensor', 'id'],
}

/** Columns that a file may have: no y on a segment. */
export const columnsOf = ({ grid }: Space): Column[] =>
  (Object.keys(aliases) as Column[]).filter(name => name !== 'y' || grid.shape.length === 2)

export function columnOf(file: string, name: string, where: string, space: Space): Column {
  const known = columnsOf(space)
  const column = known.find(column => aliases[column].includes(name.toLowerCase()))
  if (column) return column
  const names = known.flatMap(column => aliases[column])
  throw new FileError(file, {
    expected: `${where} among ${names.join(', ')}`,
    found: `'${name}'`,
    remedy: `Did you mean '${closest(name.toLowerCase(), names)}'? Remove or rename what is not needed.`,
  })
}

/** The conversion of each column, from the units that a file states. Throws `FileError` naming both units. */
export function conversionsOf(
  file: string,
  stated: Partial<Record<Column, string>>,
  { units, lengthUnits, timeUnits }: Measured,
): Record<Column, Conversion> {
  const target: Partial<Record<Column, string | undefined>> = { x: lengthUnits, y: lengthUnits, t: timeUnits, value: units, noise: units } // prettier-ignore
  const of = (column: Column): Conversion => {
    const from = stated[column]
    if (from === undefined) return unchanged
    try {
      const { offset, factor } = conversion(from, column === 'label' ? undefined : target[column])
      return { offset: column === 'noise' ? 0 : offset, factor } // a noise level is a difference
    } catch (error) {
      const own = target[column]
      const known = own === undefined ? 'no units' : `units of the dimension of '${own}'`
      const remedy = own === undefined ? `Write ${column} alone.` : `Convert it, and write ${column} [${own}].`
      throw new FileError(file, { expected: `${known} in the column ${column}`, found: messageOf(error), remedy })
    }
  }
  return { x: of('x'), y: of('y'), t: of('t'), value: of('value'), noise: of('noise'), label: unchanged }
}

/** One measured value, in the units of the problem. */
export interface Reading {
  /** Where it stands in the file, for messages: `row 3`. */
  readonly where: string
  readonly place: readonly number[]
  readonly t?: number
  readonly value: number
  readonly noise?: number
  readonly label?: string
}

/** A cell as a file has it. */
export type Cell = string | number | null | undefined

const isEmpty = (cell: Cell): boolean =>
  cell === undefined || cell === null || (typeof cell === 'number' ? Number.isNaN(cell) : /^(|na|nan|null)$/i.test(cell.trim())) // prettier-ignore

/**
 * One row of a file; undefined where it has no value. A row with a value must be whole.
 *
 * @throws FileError naming the file, the row and the column.
 */
export function readingOf(
  file: string,
  where: string,
  cells: Partial<Record<Column, Cell>>,
  conversions: Record<Column, Conversion>,
  space: Measured,
): Reading | undefined {
  const fail = (column: Column, expected: string, found: string, remedy?: string): never => {
    throw new FileError(file, {
      expected: `${expected} in ${where}, column ${column}`,
      found,
      ...(remedy && { remedy }),
    })
  }
  const numberAt = (column: Column): number => {
    const cell = cells[column]
    const raw = typeof cell === 'string' ? (cell.trim() === '' ? NaN : Number(cell)) : (cell ?? NaN)
    const remedy = typeof cell === 'string' && /^\s*[-+]?\d+,\d+\s*$/.test(cell) ? 'Write decimals with a point.' : 'Correct it, or leave the value of the row empty to leave the reading out.' // prettier-ignore
    if (!Number.isFinite(raw))
      fail(column, 'a number', cell === null || cell === undefined || cell === '' ? 'nothing' : `'${cell}'`, remedy)
    return conversions[column].offset + conversions[column].factor * raw
  }
  if (isEmpty(cells.value)) return undefined
  const { shape, lengths } = space.grid
  const place = (['x', 'y'] as const).slice(0, shape.length).map(numberAt)
  const outside = place.findIndex((p, axis) => !(p >= 0 && p <= lengths[axis]!))
  if (outside >= 0) {
    const extent = lengths.map(length => `[0, ${length}]`).join(' x ')
    fail(outside === 1 ? 'y' : 'x', `a sensor in the domain ${extent}${space.lengthUnits ? ` ${space.lengthUnits}` : ''}`, `(${place.join(', ')})`, 'Check the order of x and y, and their units.') // prettier-ignore
  }
  const value = numberAt('value')
  const noise = 'noise' in cells ? numberAt('noise') : undefined
  if (noise !== undefined && !(noise > 0)) fail('noise', 'a positive standard deviation', String(noise), 'Noise is a standard deviation, in the units of the value.') // prettier-ignore
  const t = 't' in cells ? numberAt('t') : undefined
  if (t !== undefined) checkTime(t, space, (expected, found) => fail('t', expected, found))
  return {
    where,
    place,
    value,
    ...(t !== undefined && { t }),
    ...(noise !== undefined && { noise }),
    ...(!isEmpty(cells.label) && { label: String(cells.label).trim() }),
  }
}

function checkTime(
  t: number,
  { times, timeUnits = '' }: Measured,
  fail: (expected: string, found: string) => void,
): void {
  const [first, last] = [times?.[0], times?.at(-1)]
  if (first === undefined || last === undefined) fail('no time, for the state is given at one time only,', String(t))
  else if (t < first || t > last) fail(`a time from ${first} to ${last} ${timeUnits}`.trimEnd(), String(t))
}
