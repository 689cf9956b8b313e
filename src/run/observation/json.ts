/** Readings, or measurements of any operator, from JSON. */
import { closest } from 'fastest-levenshtein'
import { FileError, messageOf } from '../../io/error.js'
import type { OperatorSpec } from '../../operators/operator.js'
import { columnOf, conversionsOf, readingOf, type Cell, type Column, type Measured, type Reading } from './reading.js'
import type { Readings } from './table.js'

/** Measurements of an operator that the file states. Gaps are NaN. */
export interface Stated {
  readonly operator: OperatorSpec
  readonly values: readonly number[]
  readonly noise?: readonly number[]
}

export interface FromJson {
  /** For all readings that state none. */
  readonly noise?: number
  readonly content: Readings | Stated
}

const fields = ['sensors', 'operator', 'values', 'noise', 'units']

/**
 * `{ "units": { "x": "km", "value": "mg/l" }, "noise": 0.05, "sensors": [{ "x": 0.1, "y": 0.2, "value": 3, "noise": 0.1 }] }`, or
 * `{ "operator": { "kind": "blur", ... }, "values": [...], "noise": 0.05 }`. A value may be null: a gap.
 *
 * @throws FileError naming the file and the field.
 */
export function readJson(file: string, text: string, space: Measured): FromJson {
  const content = parse(file, text)
  for (const name of Object.keys(content))
    if (!fields.includes(name)) throw new FileError(file, { expected: `the fields ${fields.join(', ')}`, found: `'${name}'`, remedy: `Did you mean '${closest(name, fields)}'?` }) // prettier-ignore
  const conversions = conversionsOf(file, unitsOf(file, content.units, space), space)
  const { sensors, operator, values, noise } = content
  const level = typeof noise === 'number' ? { noise: noise * conversions.noise.factor } : {}
  if (level.noise !== undefined && !(level.noise > 0))
    throw new FileError(file, { expected: 'a positive noise', found: String(noise) })
  if (Array.isArray(sensors) && operator === undefined) {
    const rows = sensors.map((sensor: unknown, k) => readSensor(file, sensor, `sensors[${k}]`, conversions, space))
    const readings = rows.filter(reading => reading !== undefined)
    return { ...level, content: { readings, dropped: rows.length - readings.length } }
  }
  if (!isObject(operator) || typeof operator.kind !== 'string' || !Array.isArray(values))
    throw new FileError(file, { expected: 'a list `sensors`, or an `operator` with its `values`', found: Object.keys(content).join(', ') || 'neither' }) // prettier-ignore
  const convert = (list: readonly unknown[], name: 'value' | 'noise', gaps: boolean): number[] =>
    list.map((v, k) => {
      if (gaps && (v === null || v === 'NaN')) return NaN
      if (typeof v !== 'number' || !Number.isFinite(v)) throw new FileError(file, { expected: `a number in ${name === 'value' ? 'values' : 'noise'}[${k}]`, found: JSON.stringify(v) }) // prettier-ignore
      return conversions[name].offset + conversions[name].factor * v
    })
  const std = Array.isArray(noise) ? { noise: convert(noise, 'noise', false) } : {}
  return { ...level, content: { operator: operator as unknown as OperatorSpec, values: convert(values, 'value', true), ...std } } // prettier-ignore
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

function parse(file: string, text: string): Json {
  let value: unknown
  try {
    // A gap is often written NaN, which JSON does not know.
    value = JSON.parse(text.replace(/^\uFEFF/, '').replace(/(?<=[:[,]\s*)NaN(?=\s*[,\]}])/g, 'null'))
  } catch (error) {
    throw new FileError(file, { expected: 'JSON', found: messageOf(error), cause: error })
  }
  if (isObject(value)) return value
  throw new FileError(file, { expected: 'an object with sensors and values', found: Array.isArray(value) ? 'a list' : String(value) }) // prettier-ignore
}

function unitsOf(file: string, units: unknown, space: Measured): Partial<Record<Column, string>> {
  if (units === undefined) return {}
  if (!isObject(units)) throw new FileError(file, { expected: 'units by column, such as { "x": "km" }', found: JSON.stringify(units) }) // prettier-ignore
  const stated = Object.entries(units).map(([name, text]): [Column, string] => {
    if (typeof text !== 'string') throw new FileError(file, { expected: `units.${name} as text`, found: JSON.stringify(text) }) // prettier-ignore
    return [columnOf(file, name, 'a column in units', space), text]
  })
  return Object.fromEntries(stated)
}

function readSensor(
  file: string,
  sensor: unknown,
  where: string,
  conversions: Parameters<typeof readingOf>[3],
  space: Measured,
): Reading | undefined {
  if (!isObject(sensor)) throw new FileError(file, { expected: `an object in ${where}`, found: JSON.stringify(sensor) })
  const cells: Partial<Record<Column, Cell>> = {}
  for (const [name, value] of Object.entries(sensor)) {
    if (value !== null && typeof value !== 'number' && typeof value !== 'string') throw new FileError(file, { expected: `a number or text in ${where}.${name}`, found: JSON.stringify(value) }) // prettier-ignore
    const column = columnOf(file, name, `a field of ${where}`, space)
    if (column in cells)
      throw new FileError(file, { expected: `each column once in ${where}`, found: `${column} twice` })
    cells[column] = value
  }
  return readingOf(file, where, cells, conversions, space)
}
