/**
 * The exact law of a step's iterates for Gaussian data. The denoiser is affine then, so a compiled step is an affine map of its
 * state and noise; it is read off by running it on unit vectors, and the moments follow without a sample being drawn.
 */
import { array } from '../../src/io/array.js'
import type { Process } from '../../src/pde/process.js'
import { terminalLaw } from '../../src/pde/process.js'
import { gaussianDenoiser } from '../../src/scores/exact/index.js'
import { planRun } from '../../src/samplers/plan.js'
import { compileStep, memoryName, noiseName, type Real } from '../../src/samplers/program.js'
import type { Step } from '../../src/samplers/step.js'

/** Mean and variance of x~ = z/m at the last level, started from the terminal law of N(mean, variance), its mean off by `offset`. */
export async function finalMoments(
  step: Step,
  process: Process,
  levels: readonly number[],
  data: { readonly mean: number; readonly variance: number },
  { alpha, offset = 0 }: { readonly alpha?: number; readonly offset?: number } = {},
): Promise<{ mean: number; variance: number }> {
  const plan = planRun(step, process, levels, alpha)
  const noises = step.noises ?? 0
  const S = 1 + (step.memory ?? 0)
  const n = 1 + S + noises
  const denoise = gaussianDenoiser({ mean: [data.mean], covariance: data.variance })
  const f = await compileStep(
    step,
    plan.names,
    denoise,
    { size: n, shape: [1], condition: {} },
    { precision: 'float64' },
  )
  const unit = (i: number): Real =>
    array(
      Float64Array.from({ length: n }, (_, k) => (k === i ? 1 : 0)),
      [n, 1],
    )
  const names = ['z', ...Array.from({ length: S - 1 }, (_, j) => memoryName(j))]
  const basis = Object.fromEntries(names.map((name, i) => [name, unit(1 + i)]))
  const noise = Object.fromEntries(Array.from({ length: noises }, (_, j) => [noiseName(j), unit(1 + S + j)]))
  const start = terminalLaw(plan.first, data)
  let mean = names.map((_, i) => (i === 0 ? start.mean + plan.first.m * offset : 0))
  let P = names.map((_, i) => names.map((_, j) => (i === 0 && j === 0 ? start.variance : 0)))
  for (const call of plan.calls) {
    await f.setState(basis)
    await f.run({ c: array(Float64Array.from(call)), ...noise })
    const next = await f.state()
    const rows = names.map(name => Array.from(next[name]!.data as Float64Array))
    const offset = rows.map(row => row[0]!)
    const A = rows.map(row => row.slice(1, 1 + S).map(v => v - row[0]!))
    const B = rows.map(row => row.slice(1 + S).map(v => v - row[0]!))
    mean = A.map((row, i) => row.reduce((sum, a, k) => sum + a * mean[k]!, offset[i]!))
    const AP = A.map(row => names.map((_, j) => row.reduce((sum, a, k) => sum + a * P[k]![j]!, 0)))
    P = AP.map((row, i) =>
      A.map(
        (other, j) =>
          other.reduce((sum, a, k) => sum + row[k]! * a, 0) + B[i]!.reduce((sum, b, k) => sum + b * B[j]![k]!, 0),
      ),
    )
  }
  await f.dispose()
  return { mean: mean[0]! / plan.last.m, variance: P[0]![0]! / plan.last.m ** 2 }
}
