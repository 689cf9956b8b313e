/** One process for each path, on one clock, and levels between two sigmas, for the samplers' tests. */
import { pathOf, paths, type Path } from '../../src/pde/path.js'
import { diffusionProcess, type Process } from '../../src/pde/process.js'
import { schedules } from '../../src/pde/schedule.js'

const clock = schedules.create('geometric', { sigmaMin: 0.01, sigmaMax: 20 })

interface Named {
  readonly name: string
  readonly process: Process
}
const on = (path: Path): Named => ({ name: path.name, process: diffusionProcess(clock, path) })

/** VE and every built-in VP path. */
export const processes: readonly Named[] = [
  on(paths.create('ve')),
  on(paths.create('vp')),
  on(paths.create('vp-k', { k: 1 })),
  on(paths.create('vp-k', { k: 0.5 })),
  on(paths.create('subvp')),
]

/** Paths as a user would write them. */
export const writtenProcesses: readonly Named[] = [
  on(pathOf('cubic', '(1+sigma^3)^(-1/3)')),
  on(pathOf('both', '1/sqrt(1+sigma+sigma^2)')),
  on(pathOf('rational', '(1+sigma)/(1+sigma+sigma^2)')),
]

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
