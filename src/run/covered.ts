/** How often central 90 % intervals hold the truth: of cells, and of total mass, a line integral and a point. */
import { coverage } from '../diagnostics/coverage.js'
import { poolRanks, ranksOf, type Ranks } from '../diagnostics/ranks.js'
import { array, sizeOf, type NdArray } from '../io/array.js'

/** Shares of truths; 0.9 in the mean for a calibrated posterior. */
export interface Covered {
  readonly cells: number
  readonly functionals: number
}

/** @param shape of the unknown. */
export function coveredTruths(shape: readonly number[]) {
  const [cells, functionals]: [Ranks[], Ranks[]] = [[], []]
  const share = (ranks: readonly Ranks[]): number => coverage(poolRanks(ranks), [0.9])[0]!.covered
  const of = (count: number): Covered => ({ cells: share(cells.slice(-count)), functionals: share(functionals.slice(-count)) }) // prettier-ignore
  return {
    /** Samples x [n, ...shape] and the truth [...shape] of a case; gives the shares of this case. */
    add(x: NdArray<Float64Array>, truth: NdArray<Float64Array>): Covered {
      cells.push(ranksOf(x, truth))
      functionals.push(ranksOf(functionalsOf(x, shape), functionalsOf(array(truth.data, [1, ...shape]), shape).pick(0, null))) // prettier-ignore
      return of(1)
    },
    /** Over all cases. */
    value: (): Covered => of(cells.length),
  }
}

/** Total, the mean along the middle of the first axis, and one cell of each field: [n, 3]. */
function functionalsOf(x: NdArray<Float64Array>, shape: readonly number[]): NdArray<Float64Array> {
  const N = sizeOf(shape)
  const n = x.size / N
  const columns = shape[1] ?? 1
  const middle = Math.floor(shape[0]! / 2) * columns
  const out = new Float64Array(3 * n)
  for (let r = 0; r < n; r++) {
    const field = x.data.subarray(r * N, (r + 1) * N)
    out[3 * r] = field.reduce((sum, v) => sum + v, 0)
    out[3 * r + 1] = field.subarray(middle, middle + columns).reduce((sum, v) => sum + v, 0)
    out[3 * r + 2] = field[Math.floor(N / 3)]!
  }
  return array(out, [n, 3])
}
