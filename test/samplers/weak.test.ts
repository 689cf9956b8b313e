/**
 * Weak orders on a mixture: the law of the iterates follows from a compiled step without a sample. Where noise enters after
 * the denoiser, z' = f(z) + c w carries a density p to p'(z') = int p(z) N(z'; f(z), c^2) dz, by the trapezoidal rule.
 */
import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import type { Process } from '../../src/pde/process.js'
import { planRun } from '../../src/samplers/plan.js'
import { compileStep, levelNames, noiseName } from '../../src/samplers/program.js'
import { steps, type Level, type Step } from '../../src/samplers/step.js'
import '../../src/samplers/index.js'
import { mixture } from './laws.js'
import { levelsBetween, measuredOrder, processes } from './processes.js'

const [top, bottom] = [8, 0.2]
const counts = [64, 128, 256]

/** Nodes, 0.01 standard deviations of the law apart: a fifth of the least c and less, so that the rule is exact. */
const u = Float64Array.from({ length: 1401 }, (_, i) => (i - 700) / 100)
const deviation = ({ sigma, m }: Level): number => m * Math.sqrt(mixture.variance + sigma ** 2)
const nodes = (level: Level): Float64Array => u.map(v => level.m * mixture.mean + deviation(level) * v)

/** Errors of E[x~] and E[x~^2] at the last level, started from the exact law. */
async function errors(step: Step, process: Process, count: number, alpha: number): Promise<number[]> {
  const plan = planRun(step, process, levelsBetween(top, bottom, count), alpha)
  const chunk = { size: u.length, shape: [1], condition: {} }
  const f = await compileStep(step, plan.names, mixture.denoise, chunk, { precision: 'float64', threads: 1 })
  const none = { [noiseName(0)]: array(new Float64Array(u.length), [u.length, 1]) }
  let p = nodes(plan.first).map(z => mixture.density(z / plan.first.m, top) / plan.first.m)
  for (const [k, call] of plan.calls.entries()) {
    const [from, to] = [plan.levels[k]!, plan.levels[k + 1]!]
    await f.setState({ z: array(nodes(from), [u.length, 1]) })
    await f.run({ c: array(Float64Array.from(call)), ...none })
    const centres = (await f.state()).z!.data as Float64Array
    p = spread(p, centres, call[levelNames.length + plan.names.indexOf('w')]!, deviation(from) / 100, nodes(to))
  }
  await f.dispose()
  const x = nodes(plan.last).map(z => z / plan.last.m)
  const moment = (g: (v: number) => number): number =>
    x.reduce((sum, v, i) => sum + g(v) * p[i]!, 0) * (deviation(plan.last) / 100)
  const exact = mixture.variance + mixture.mean ** 2 + bottom ** 2
  return [moment(v => v) - mixture.mean, moment(v => v * v) - exact]
}

/** p'(z') at equally spaced nodes. */
function spread(p: Float64Array, centres: Float64Array, c: number, dz: number, z: Float64Array): Float64Array {
  const next = new Float64Array(z.length)
  const gap = z[1]! - z[0]!
  for (let i = 0; i < p.length; i++) {
    const at = (centres[i]! - z[0]!) / gap
    const reach = (8 * c) / gap
    const weight = (p[i]! * dz) / (c * Math.sqrt(2 * Math.PI))
    for (let j = Math.max(0, Math.ceil(at - reach)); j <= Math.min(z.length - 1, at + reach); j++)
      next[j]! += weight * Math.exp(-0.5 * (((j - at) * gap) / c) ** 2)
  }
  return next
}

const cases = ['exponential', 'euler-maruyama'].flatMap(name => [0.5, 1, 2].map(alpha => ({ name, alpha })))

describe.each(cases)('$name, alpha = $alpha', ({ name, alpha }) => {
  it('has its weak order on the mean and the variance of the mixture', async () => {
    const step = steps.create(name) as Step
    const { process } = processes[alpha === 1 ? 2 : 0]!
    const found: number[][] = []
    for (const count of counts) found.push(await errors(step, process, count, alpha))
    for (const i of [0, 1]) {
      const of = found.map(e => e[i]!)
      console.log(measuredOrder(counts, of), of.join(' '))
      expect(Math.abs(measuredOrder(counts, of) - step.order), of.join(' ')).toBeLessThan(0.15)
    }
  })
})
