/** One process for each path, on one clock, and levels between two sigmas, for the samplers' tests. */
import { paths } from '../../src/pde/path.js'
import { diffusionProcess, type Process } from '../../src/pde/process.js'
import { schedules } from '../../src/pde/schedule.js'

const clock = schedules.create('geometric', { sigmaMin: 0.01, sigmaMax: 20 })

export const processes: readonly { readonly name: string; readonly process: Process }[] = [
  ['ve', {}],
  ['vp', {}],
  ['vp-k', { k: 1 }],
  ['vp-k', { k: 0.5 }],
  ['subvp', {}],
].map(([name, values]) => {
  const path = paths.create(name as string, values as Record<string, number>)
  return { name: path.name, process: diffusionProcess(clock, path) }
})

/** N + 1 levels, uniform in ln sigma. */
export const levelsBetween = (top: number, bottom: number, steps: number): number[] =>
  Array.from({ length: steps + 1 }, (_, i) => (i === steps ? bottom : top * (bottom / top) ** (i / steps)))

/** Least-squares slope of ln|error| against ln(1/steps): the measured order. */
export function measuredOrder(steps: readonly number[], errors: readonly number[]): number {
  const [x, y] = [steps.map(n => -Math.log(n)), errors.map(e => Math.log(Math.abs(e)))]
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b) / v.length
  const [mx, my] = [mean(x), mean(y)]
  return x.reduce((sum, v, i) => sum + (v - mx) * (y[i]! - my), 0) / x.reduce((sum, v) => sum + (v - mx) ** 2, 0)
}
