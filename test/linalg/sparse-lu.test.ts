import { describe, expect, it } from 'vitest'
import { minimumDegree } from '../../src/linalg/minimum-degree.js'
import { analyse, factor, lanes, type SparseMatrix } from '../../src/linalg/sparse-lu.js'
import { key, normal, uniform } from '../../src/random.js'

/** The 5-point stencil on a grid, in C order. */
function stencil(shape: readonly number[], periodic: readonly boolean[]): number[][] {
  const [nx, ny] = [shape[0]!, shape[1] ?? 1]
  const rows = Array.from({ length: nx * ny }, (): number[] => [])
  const join = (a: number, b: number): void => {
    rows[a]!.push(b)
    rows[b]!.push(a)
  }
  for (let i = 0; i < nx; i++)
    for (let j = 0; j < ny; j++) {
      if (i + 1 < nx || (periodic[0] && nx > 1)) join(i * ny + j, ((i + 1) % nx) * ny + j)
      if (j + 1 < ny || (periodic[1] && ny > 1)) join(i * ny + j, i * ny + ((j + 1) % ny))
    }
  return rows
}

const listed = (rows: readonly number[][]): Pick<SparseMatrix, 'pointers' | 'columns'> => {
  const pointers = new Int32Array(rows.length + 1)
  rows.forEach((row, i) => (pointers[i + 1] = pointers[i]! + row.length))
  return { pointers, columns: Int32Array.from(rows.flat()) }
}

const orderOf = (rows: readonly number[][]): Int32Array => minimumDegree(listed(rows).pointers, listed(rows).columns)

/** The same pattern in the order of minimum degree. */
function reordered(rows: readonly number[][]): number[][] {
  const order = orderOf(rows)
  const place = new Int32Array(order.length)
  order.forEach((i, k) => (place[i] = k))
  return Array.from(order, i => rows[i]!.map(j => place[j]!))
}

/** A random, not symmetric, diagonally dominant matrix on a pattern. */
function randomMatrix(rows: readonly number[][]): SparseMatrix {
  const { pointers, columns } = listed(rows)
  const values = uniform(key(1, 'values'), new Float64Array(columns.length)).map(u => -u)
  const diagonal = Float64Array.from(rows, (row, i) => row.reduce((s, _, k) => s - values[pointers[i]! + k]!, 0.5))
  return { diagonal, pointers, columns, values }
}

/** A x, or A^T x. */
function apply(
  { diagonal, pointers, columns, values }: SparseMatrix,
  x: Float64Array,
  transposed = false,
): Float64Array {
  const y = diagonal.map((d, i) => d * x[i]!)
  diagonal.forEach((_, i) => {
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) {
      const [row, column] = transposed ? [columns[p]!, i] : [i, columns[p]!]
      y[row]! += values[p]! * x[column]!
    }
  })
  return y
}

const off = (a: Float64Array, b: Float64Array): number => a.reduce((m, v, k) => Math.max(m, Math.abs(v - b[k]!)), 0)

const grids: [shape: number[], periodic: boolean[]][] = [
  [[1], [false]],
  [[23], [true]],
  [
    [7, 13],
    [false, false],
  ],
  [
    [16, 9],
    [true, false],
  ],
  [
    [12, 12],
    [true, true],
  ],
  [
    [3, 2],
    [true, true],
  ],
]

describe.each(grids)('the stencil on %j, periodic %j', (shape, periodic) => {
  const matrix = randomMatrix(reordered(stencil(shape, periodic)))
  const size = matrix.diagonal.length
  const factors = factor(analyse(matrix), matrix)

  it('solves A x = b and A^T x = b', () => {
    for (const transposed of [false, true]) {
      const b = normal(key(2), new Float64Array(size))
      const x = b.slice()
      ;(transposed ? factors.transposed() : factors).solve(x, 1)
      expect(off(apply(matrix, x, transposed), b)).toBeLessThan(1e-12)
    }
  })

  it('gives each lane the bits of a single solve', () => {
    const block = normal(key(3), new Float64Array(size * lanes))
    const singles = Array.from({ length: lanes }, (_, r) => block.filter((_, k) => k % lanes === r))
    factors.solve(block, lanes)
    singles.forEach((x, r) => {
      factors.solve(x, 1)
      expect(block.filter((_, k) => k % lanes === r)).toEqual(x)
    })
  })

  it('orders every cell once', () => {
    expect(orderOf(stencil(shape, periodic)).toSorted()).toEqual(Int32Array.from({ length: size }, (_, k) => k))
  })
})

it('a transpose of the transpose is the matrix again, with one pattern for other values', () => {
  const matrix = randomMatrix(reordered(stencil([6, 5], [false, true])))
  const pattern = analyse(matrix)
  const other = { ...matrix, values: matrix.values.map(v => v / 2) }
  const [b, factors] = [normal(key(4), new Float64Array(30)), factor(pattern, other)]
  const [x, y] = [b.slice(), b.slice()]
  factors.solve(x, 1)
  factors.transposed().transposed().solve(y, 1)
  expect(off(apply(other, x), b)).toBeLessThan(1e-13)
  expect(off(x, y)).toBeLessThan(1e-13)
})

describe('minimum degree', () => {
  const fill = (rows: readonly number[][]): number => 2 * analyse(listed(rows)).upperColumns.length

  it('leaves a tree without fill, whatever its numbering', () => {
    const parents = [2, 5, 4, 4, 6, 6] // of 0, ..., 5; 6 is the root
    const rows = Array.from({ length: 7 }, (): number[] => [])
    parents.forEach((parent, i) => {
      rows[i]!.push(parent)
      rows[parent]!.push(i)
    })
    expect(fill(reordered(rows))).toBe(12) // the edges themselves
  })

  it('fills the stencil with below 3 log2 N entries for each cell, where the natural order has 2 sqrt N', () => {
    for (const n of [16, 32, 64]) {
      const rows = stencil([n, n], [false, false])
      expect(fill(reordered(rows)) / n ** 2).toBeLessThan(3 * Math.log2(n * n))
      expect(fill(rows) / n ** 2).toBeGreaterThan(1.8 * n)
    }
  })
})

describe('errors', () => {
  it('a pivot that is zero, a pattern without its mirror image, a block of a wrong width', () => {
    const line = (diagonal: number[]): SparseMatrix => ({
      diagonal: Float64Array.from(diagonal),
      pointers: Int32Array.of(0, 1, 2),
      columns: Int32Array.of(1, 0),
      values: Float64Array.of(1, 1),
    })
    const matrix = line([1, 1])
    expect(() => factor(analyse(matrix), matrix)).toThrow(
      'sparse LU: pivot 1 is 0: the matrix is singular or not finite',
    )
    expect(() => factor(analyse(matrix), line([NaN, 1]))).toThrow('pivot 0 is NaN')
    expect(() => analyse({ pointers: Int32Array.of(0, 1, 1), columns: Int32Array.of(1) })).toThrow(
      'the matrix has an entry at (0, 1) but none at (1, 0)',
    )
    const regular = line([2, 2])
    expect(() => factor(analyse(regular), regular).solve(new Float64Array(6), 3)).toThrow('6 values are not [2, 3], width 1 or 8') // prettier-ignore
  })
})
