/** Small dense matrices, row by row, for closed forms in tests. */
import { Matrix, solve as solveMatrix } from 'ml-matrix'

type Rows = readonly (readonly number[])[]
const matrix = (a: Rows): Matrix => new Matrix(a.map(row => [...row]))

export const transpose = (a: Rows): number[][] => matrix(a).transpose().to2DArray()
export const multiply = (a: Rows, b: Rows): number[][] => matrix(a).mmul(matrix(b)).to2DArray()
/** a^-1 b. */
export const solve = (a: Rows, b: readonly number[]): number[] =>
  solveMatrix(matrix(a), Matrix.columnVector([...b])).to1DArray()

/** A Gaussian prior N(mean, C) and a measurement y = A x + N(0, diag R). */
export interface LinearGaussian {
  readonly mean: readonly number[]
  readonly C: Rows
  readonly A: Rows
  readonly R: readonly number[]
}

/** E[x0 | x~, y], with x~ and y as measurements of x0 alike. */
export function gaussianMean(
  { mean, C, A, R }: LinearGaussian,
  x: readonly number[],
  sigma: number,
  y: readonly number[],
): number[] {
  const H = [...A, ...mean.map((_, i) => mean.map((_, j) => (i === j ? 1 : 0)))]
  const variances = [...R, ...x.map(() => sigma ** 2)]
  const away = [...y, ...x].map((v, i) => v - H[i]!.reduce((sum, h, j) => sum + h * mean[j]!, 0))
  const cross = multiply(H, C)
  const S = multiply(cross, transpose(H)).map((row, i) => row.map((v, j) => v + (i === j ? variances[i]! : 0)))
  const weighted = solve(S, away)
  return mean.map((v, j) => v + cross.reduce((sum, row, i) => sum + row[j]! * weighted[i]!, 0))
}
