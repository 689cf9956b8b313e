/**
 * The exact law of a step's iterates for Gaussian data. The denoiser is affine then, so a compiled step is an affine map of its
 * state and noise; it is read off by running it on unit vectors, and the moments follow without a sample being drawn.
 */
import { array } from '../../src/io/array.js'
import type { Process } from '../../src/pde/process.js'
import { gaussianDenoiser } from '../../src/scores/exact/index.js'
import { planRun } from '../../src/samplers/plan.js'
import { compileStep, memoryName, noiseName, type Real } from '../../src/samplers/program.js'
import type { Step } from '../../src/samplers/step.js'

export interface Gaussian {
  readonly mean: readonly number[]
  readonly covariance: readonly (readonly number[])[]
}
type Matrix = number[][]

const transposed = (a: readonly (readonly number[])[]): Matrix => a[0]!.map((_, j) => a.map(row => row[j]!))
/** A B^T. */
const timesTransposed = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): Matrix =>
  a.map(row => b.map(other => row.reduce((sum, v, k) => sum + v * other[k]!, 0)))

/** Mean and covariance of x~ = z/m at the last level, started from the terminal law of the data, its mean off by `offset`. */
export async function finalMoments(
  step: Step,
  process: Process,
  levels: readonly number[],
  data: Gaussian,
  { alpha, offset }: { readonly alpha?: number; readonly offset: readonly number[] },
): Promise<Gaussian> {
  const plan = planRun(step, process, levels, alpha)
  const d = data.mean.length
  const names = ['z', ...Array.from({ length: step.memory ?? 0 }, (_, j) => memoryName(j))]
  const noises = Array.from({ length: step.noises ?? 0 }, (_, j) => noiseName(j))
  const [states, inputs] = [d * names.length, d * (names.length + noises.length)]
  // Row 0 is the affine part; row 1 + i responds to entry i of [state, noise].
  const n = 1 + inputs
  const units = (first: number): Real => {
    const rows = array(new Float64Array(n * d), [n, d])
    for (let j = 0; j < d; j++) rows.set(1 + first + j, j, 1)
    return rows
  }
  const state = Object.fromEntries(names.map((name, i) => [name, units(i * d)]))
  const noise = Object.fromEntries(noises.map((name, i) => [name, units(states + i * d)]))
  const chunk = { size: n, shape: [d], condition: {} }
  const f = await compileStep(step, plan.names, gaussianDenoiser(data), chunk, { precision: 'float64' })
  const { m, s } = plan.first
  let mean = Array.from({ length: states }, (_, i) => (i < d ? m * (data.mean[i]! + offset[i]!) : 0))
  let P: Matrix = mean.map((_, i) => mean.map((_, j) => (i < d && j < d ? m ** 2 * data.covariance[i]![j]! + (i === j ? s ** 2 : 0) : 0))) // prettier-ignore
  for (const call of plan.calls) {
    await f.setState(state)
    await f.run({ c: array(Float64Array.from(call)), ...noise })
    const next = await f.state()
    const rows = Array.from({ length: n }, (_, i) => names.flatMap(name => Array.from(next[name]!.data.slice(i * d, (i + 1) * d) as Float64Array))) // prettier-ignore
    const response = transposed(rows.slice(1).map(row => row.map((v, j) => v - rows[0]![j]!)))
    const [A, B] = [response.map(row => row.slice(0, states)), response.map(row => row.slice(states))]
    mean = A.map((row, i) => row.reduce((sum, a, k) => sum + a * mean[k]!, rows[0]![i]!))
    const [moved, shaken] = [timesTransposed(timesTransposed(A, transposed(P)), A), timesTransposed(B, B)]
    P = moved.map((row, i) => row.map((v, j) => v + shaken[i]![j]!))
  }
  await f.dispose()
  const last = plan.last.m
  return {
    mean: mean.slice(0, d).map(v => v / last),
    covariance: P.slice(0, d).map(row => row.slice(0, d).map(v => v / last ** 2)),
  }
}
