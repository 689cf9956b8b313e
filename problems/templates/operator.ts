/** Means over pairs of neighbours along the first axis. Replace `apply` by what your instrument does. */
import { defineOperator, itemwise } from 'invdiff'

export default defineOperator(({ grid }) => {
  const [rows, rest] = [Math.floor(grid.shape[0]! / 2), grid.size / grid.shape[0]!]
  const [cells, values] = [[...grid.shape], [rows, ...grid.shape.slice(1)]]
  return {
    name: 'my-operator',
    description: 'mean of every two cells along the first axis',
    inputShape: cells,
    outputShape: values,
    // Of one field x, into y, which begins at zero.
    apply: itemwise(cells, values, (x, y) => {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < rest; j++) y[i * rest + j] = (x[2 * i * rest + j]! + x[(2 * i + 1) * rest + j]!) / 2
    }),
    // <A x, y> = <x, A^T y>: 'invdiff operators check' tries it. Leave it out where the operator is not linear.
    adjoint: itemwise(values, cells, (y, x) => {
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < rest; j++) x[2 * i * rest + j] = x[(2 * i + 1) * rest + j] = y[i * rest + j]! / 2
    }),
    noise: { kind: 'gaussian', std: 0.05 },
  }
})
