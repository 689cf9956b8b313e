/** Small dense matrices, row by row, for closed forms in tests. */
import { Matrix, solve as solveMatrix } from 'ml-matrix'

type Rows = readonly (readonly number[])[]
const matrix = (a: Rows): Matrix => new Matrix(a.map(row => [...row]))

export const transpose = (a: Rows): number[][] => matrix(a).transpose().to2DArray()
export const multiply = (a: Rows, b: Rows): number[][] => matrix(a).mmul(matrix(b)).to2DArray()
/** a^-1 b. */
export const solve = (a: Rows, b: readonly number[]): number[] =>
  solveMatrix(matrix(a), Matrix.columnVector([...b])).to1DArray()
