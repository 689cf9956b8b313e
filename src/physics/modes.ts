/**
 * Orthonormal bases of the cells of a grid, axis by axis: Fourier modes on a periodic axis, cosines on one between walls
 * (whose slope vanishes there). Transforms are dense products along each axis, for any size: nx ny (nx + ny) operations,
 * little beside one simulation on the same grid.
 */
import type { Grid } from './grid.js'

export type AxisKind = 'periodic' | 'neumann'

/** Modes of one axis: column m of Q [n, n] is a mode of angular frequency omega[m]. */
interface Axis {
  readonly n: number
  readonly Q: Float64Array
  readonly omega: Float64Array
}

export interface Modes {
  /** Angular frequencies of each mode along each axis, in C order of the coefficients. */
  readonly omega: readonly Float64Array[]
  /** Sum of modes: the field of `coefficients`, into `out`. */
  synthesize(coefficients: Float64Array, out: Float64Array): void
  /** The transpose and inverse: the coefficients of a field, into `out`. */
  analyse(field: Float64Array, out: Float64Array): void
  /** sum_m weights_m mode_m^2, for each cell. */
  squares(weights: Float64Array): Float64Array
}

/** The modes of a grid; `kinds` has one for each axis. */
export function modesOf({ shape, lengths, size }: Grid, kinds: readonly AxisKind[]): Modes {
  const axes = shape.map((n, axis) => (kinds[axis] === 'periodic' ? fourier(n, lengths[axis]!) : cosine(n, lengths[axis]!))) // prettier-ignore
  const [a, b = { n: 1, Q: Float64Array.of(1), omega: Float64Array.of(0) }] = axes as [Axis, Axis?]
  const between = new Float64Array(size)
  const turned = [transpose(a), transpose(b)] as const
  const squared = [a, b].map(({ n, Q }) => ({ n, Q: Q.map(q => q * q) })) as [Factor, Factor]

  /** out = A x B^T. */
  function product(A: Factor, x: Float64Array, B: Factor, out: Float64Array): void {
    const [rows, columns] = [A.n, B.n]
    between.fill(0)
    for (let i = 0; i < rows; i++)
      for (let m = 0; m < rows; m++) {
        const q = A.Q[i * rows + m]!
        for (let j = 0; j < columns; j++) between[i * columns + j]! += q * x[m * columns + j]!
      }
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = 0
        for (let m = 0; m < columns; m++) sum += between[i * columns + m]! * B.Q[j * columns + m]!
        out[i * columns + j] = sum
      }
  }

  return {
    omega: axes.map((axis, k) => Float64Array.from({ length: size }, (_, i) => axis.omega[k === 0 ? Math.floor(i / b.n) : i % b.n]!)), // prettier-ignore
    synthesize: (coefficients, out) => product(a, coefficients, b, out),
    analyse: (field, out) => product(turned[0], field, turned[1], out),
    squares(weights) {
      const out = new Float64Array(size)
      product(squared[0], weights, squared[1], out)
      return out
    },
  }
}

type Factor = Pick<Axis, 'n' | 'Q'>

const transpose = ({ n, Q }: Factor): Factor => ({ n, Q: Q.map((_, k) => Q[(k % n) * n + Math.floor(k / n)]!) })

/** Column m is `mode(m, s)` at the centres s = (i + 1/2)/n, brought to length 1. */
function axisOf(n: number, frequency: (m: number) => number, mode: (m: number, s: number) => number): Axis {
  const Q = Float64Array.from({ length: n * n }, (_, k) => mode(k % n, (Math.floor(k / n) + 0.5) / n))
  for (let m = 0; m < n; m++) {
    let square = 0
    for (let i = 0; i < n; i++) square += Q[i * n + m]! ** 2
    for (let i = 0; i < n; i++) Q[i * n + m]! /= Math.sqrt(square)
  }
  return { n, Q, omega: Float64Array.from({ length: n }, (_, m) => frequency(m)) }
}

/** 1, then cosine and sine of 1, 2, ... waves; of n/2 waves, with n even, the sine alone is not zero at the centres. */
function fourier(n: number, length: number): Axis {
  const waves = (m: number): number => Math.ceil(m / 2)
  const cosine = (m: number): boolean => m === 0 || (m % 2 === 1 && 2 * waves(m) !== n)
  return axisOf(
    n,
    m => (2 * Math.PI * waves(m)) / length,
    (m, s) => (cosine(m) ? Math.cos(2 * Math.PI * waves(m) * s) : Math.sin(2 * Math.PI * waves(m) * s)),
  )
}

/** cos(pi m s), m = 0, 1, ... */
const cosine = (n: number, length: number): Axis =>
  axisOf(
    n,
    m => (Math.PI * m) / length,
    (m, s) => Math.cos(Math.PI * m * s),
  )
