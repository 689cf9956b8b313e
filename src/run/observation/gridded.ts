/** Measurements of an operator as a list of numbers with gaps: of the one that is stated, or of the cells themselves. */
import { array, elements, shapeText, type NdArray } from '../../io/array.js'
import { FileError } from '../../io/error.js'
import type { OperatorSpec, Space } from '../../operators/operator.js'
import { noiseOf, type Assembled } from './assemble.js'

export interface Gridded extends Pick<Assembled, 'operator' | 'y' | 'noise'> {
  readonly dropped: number
}

/** The operator of an array of cell values, [...grid.shape] (at the last time) or [times, ...grid.shape]. */
export function cellsOperator(file: string, shape: readonly number[], { grid, times }: Space): OperatorSpec {
  const [still, moving] = [grid.shape, times && [times.length, ...grid.shape]]
  const fits = (wanted: readonly number[] | undefined): boolean => wanted?.join() === shape.join()
  if (!fits(still) && !fits(moving))
    throw new FileError(file, {
      expected: `an array ${shapeText(still)}${moving ? ` or ${shapeText(moving)}` : ''}, the cells of the grid`,
      found: shapeText(shape),
      remedy: 'For measurements of another kind, state their operator.',
    })
  const cells = Array.from({ length: grid.size }, (_, k) => k)
  return { kind: 'mask', cells, ...(fits(moving) && { time: 'all' }) }
}

/**
 * The measurements that are there: gaps (NaN) are taken out of an operator's outputs.
 *
 * @param std one level, or one for each value
 * @throws FileError for infinite values, noise that is not positive or of another length, or nothing but gaps.
 */
export function withoutGaps(
  file: string,
  operator: OperatorSpec,
  values: ArrayLike<number>,
  std: number | ArrayLike<number>,
): Gridded {
  // prettier-ignore
  const level = (k: number): number => (typeof std === 'number' ? std : std[k]!)
  if (typeof std !== 'number' && std.length !== values.length)
    throw new FileError(file, { expected: `${values.length} noise levels, one for each value`, found: `${std.length}` })
  const kept: number[] = []
  for (let k = 0; k < values.length; k++) {
    const v = values[k]!
    if (Number.isNaN(v)) continue
    if (!Number.isFinite(v)) throw new FileError(file, { expected: 'finite values', found: `${v} at index ${k}` })
    if (!(level(k) > 0 && level(k) < Infinity)) throw new FileError(file, { expected: 'a positive standard deviation of the noise', found: `${level(k)} at index ${k}` }) // prettier-ignore
    kept.push(k)
  }
  if (kept.length === 0) throw new FileError(file, { expected: 'at least one value', found: 'gaps only' })
  return {
    operator: kept.length === values.length ? operator : selected(operator, kept),
    y: array(Float64Array.from(kept, k => values[k]!)),
    noise: noiseOf(kept.map(level)),
    dropped: values.length - kept.length,
  }
}

/** Cells of a still picture are named themselves; outputs of any other operator are selected. */
function selected(operator: OperatorSpec, kept: readonly number[]): OperatorSpec {
  const cells = operator.kind === 'mask' && operator.time !== 'all' ? operator.cells : undefined
  if (Array.isArray(cells)) return { ...operator, cells: kept.map(k => cells[k] as number) }
  return { kind: 'select', operator, indices: [...kept] }
}

/** The elements as numbers, in C order. */
export const numbersOf = (a: NdArray): Float64Array => Float64Array.from(elements(a) as ArrayLike<number>, Number)
