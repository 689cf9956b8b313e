/** A Gaussian field, carried by a flow and observed at points: the problem that the tests of closed forms share. */
import { array, type NdArray } from '../../../src/io/array.js'
import type { LinearGaussianProblem } from '../../../src/diagnostics/exact/posterior.js'
import { advectionDiffusion } from '../../../src/physics/advection-diffusion.js'
import { doubleGyre } from '../../../src/physics/flows.js'
import { gaussianField, type GaussianField } from '../../../src/physics/gaussian-field.js'
import { cellGrid } from '../../../src/physics/grid.js'
import type { LinearMap } from '../../../src/physics/solution.js'
import { key, normal, permutation } from '../../../src/random.js'

export interface Transported extends LinearGaussianProblem {
  readonly prior: GaussianField
  readonly std: number
}

/** m sensors in cells of an n x n grid at the final time, noise of one standard deviation. */
export function transported(n: number, m: number, std = 0.05, seed = 1): Transported {
  const grid = cellGrid([n, n])
  const prior = gaussianField({ grid, boundary: 'neumann', length: 0.25, smoothness: 1, mean: 0.5 })
  const solver = advectionDiffusion({
    ...{ grid, velocity: doubleGyre(grid, 0.5), kappa: 0.05, sides: 'zero-flux', steps: 4, dt: 0.05 },
    ...{ maxPeclet: 10 },
  })
  const operator = sensed(solver.map('initial'), permutation(key(seed, 'sensors'), n * n).slice(0, m))
  return { prior, operator, noise: array(new Float64Array(m).fill(std ** 2)), std }
}

/** The values of a map's output in some cells. */
function sensed(map: LinearMap, cells: Uint32Array): LinearMap {
  const size = map.outputShape.reduce((a, b) => a * b, 1)
  const batched = (x: NdArray, item: readonly number[], shape: readonly number[]): number[] => [...x.shape.slice(0, x.shape.length - item.length), ...shape] // prettier-ignore
  return {
    inputShape: map.inputShape,
    outputShape: [cells.length],
    apply(x) {
      const full = map.apply(x).data
      const n = full.length / size
      const out = new Float64Array(n * cells.length)
      for (let r = 0; r < n; r++) cells.forEach((cell, i) => (out[r * cells.length + i] = full[r * size + cell]!))
      return array(out, batched(x, map.inputShape, [cells.length]))
    },
    adjoint(y) {
      const values = y.data as Float64Array
      const n = values.length / cells.length
      const full = new Float64Array(n * size)
      for (let r = 0; r < n; r++) cells.forEach((cell, i) => (full[r * size + cell] = values[r * cells.length + i]!))
      return map.adjoint(array(full, batched(y, [cells.length], map.outputShape)))
    },
  }
}

/** Truths and their measurements: fields [n, ...shape] and y [n, m]. */
export function simulated(
  { prior, operator, std }: Transported,
  n: number,
  seed = 5,
): { x: NdArray<Float64Array>; y: NdArray<Float64Array> } {
  const x = prior.sample(key(seed, 'x'), n)
  const y = operator.apply(x)
  const noise = normal(key(seed, 'noise'), new Float64Array(y.size))
  return { x, y: array(y.data.map((value, k) => value + std * noise[k]!), y.shape) } // prettier-ignore
}

/** Row r of a batch. */
export const rowOf = (a: NdArray<Float64Array>, r: number): NdArray<Float64Array> => {
  const shape = a.shape.slice(1)
  const size = shape.reduce((x, y) => x * y, 1)
  return array(a.data.slice(r * size, (r + 1) * size), shape)
}

/** The largest difference of two arrays, relative to the largest entry of the first. */
export function relativeDifference(a: NdArray, b: NdArray): number {
  const [x, y] = [a.data as Float64Array, b.data as Float64Array]
  if (x.length !== y.length) throw new Error(`${x.length} and ${y.length} values`)
  let [worst, size] = [0, 0]
  x.forEach((value, k) => {
    worst = Math.max(worst, Math.abs(value - y[k]!))
    size = Math.max(size, Math.abs(value))
  })
  return worst / size
}
