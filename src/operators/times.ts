/** Observation in time: which of a field's times an operator of space sees. Linear interpolation between them. */
import type { Domain } from './entry.js'
import { rowsOperator } from './linear.js'
import type { LinearOperator, Space } from './operator.js'
import { kronecker, rowsOf, stackRows, unitRows, type Row, type SparseRows } from './sparse-rows.js'

/** A time in the units of the space, or one of its own. */
export type TimeChoice = number | 'last' | 'all'

/** The parameter that every operator of space takes. */
export const timeParameter = {
  description: "time of the observation, interpolated linearly; 'last', or 'all' for each time of the space",
  anyOf: [{ type: 'number' }, { type: 'string', enum: ['last', 'all'] }],
  default: 'last',
} as const

/** Weights of the space's times for an observation at t. Throws RangeError outside of them. */
export function timeRow({ times = [] }: Space, t: number, where: string): Row {
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined)
    throw new RangeError(`${where} = ${t}, but the field is given at one time only: leave it out`)
  if (t < first || t > last) throw new RangeError(`${where} = ${t} is outside of the field's times, ${first} to ${last}`) // prettier-ignore
  const next = times.findIndex(time => time >= t)
  const after = times[next]!
  if (after === t) return [[next, 1]]
  const before = times[next - 1]!
  const share = (t - before) / (after - before)
  return [
    [next - 1, 1 - share],
    [next, share],
  ]
}

export interface Instants {
  /** Rows over the times of the space, one for each instant; none where a field has no times. */
  readonly rows?: SparseRows
  /** The instants; undefined stands for a field without times. */
  readonly at: readonly (number | undefined)[]
  /** How the outputs of one instant are preceded by an axis of instants. */
  readonly axis: readonly number[]
  /** The times of the output where there are several. */
  readonly times?: readonly number[]
}

/** The instants of a choice. Throws RangeError for a time outside of the space's, or 'all' where it has none. */
export function instantsOf(space: Space, choice: TimeChoice, path: string): Instants {
  const { times } = space
  if (!times) {
    if (choice === 'last') return { at: [undefined], axis: [] }
    throw new RangeError(`${path}.time = ${choice}, but the field is given at one time only: leave it out`)
  }
  if (choice === 'all') return { rows: unitRows(times.length), at: times, axis: [times.length], times }
  const t = choice === 'last' ? times.at(-1)! : choice
  return { rows: rowsOf([timeRow(space, t, `${path}.time`)], times.length), at: [t], axis: [] }
}

/** What an operator of space observes at one time, as rows over the cells, made operator of a field in time. */
export function observed(
  name: string,
  { shape }: Domain,
  outputShape: readonly number[],
  { rows: instants, axis, times }: Instants,
  cells: SparseRows,
  outputGrid?: Space['grid'],
): LinearOperator {
  const outputSpace = outputGrid && { grid: outputGrid, ...(times && { times }) }
  const rows = instants ? kronecker(instants, cells) : cells
  return rowsOperator(name, shape, [...axis, ...outputShape], rows, outputSpace)
}

/** As `observed`, for what differs from one instant to the next. */
export function observedEach(
  name: string,
  { shape }: Domain,
  outputShape: readonly number[],
  { rows: instants, at, axis }: Instants,
  cells: (t: number | undefined) => SparseRows,
): LinearOperator {
  const rows = at.map((t, k) => (instants ? kronecker(row(instants, k), cells(t)) : cells(t)))
  return rowsOperator(name, shape, [...axis, ...outputShape], stackRows(rows))
}

const row = ({ columns, pointers, indices, values }: SparseRows, k: number): SparseRows => {
  const [start, end] = [pointers[k]!, pointers[k + 1]!]
  return { rows: 1, columns, pointers: Int32Array.of(0, end - start), indices: indices.subarray(start, end), values: values.subarray(start, end) } // prettier-ignore
}
