/**
 * Weak orders on a mixture, without a sample: a compiled step, its noise left out, moves masses, and c w spreads them to the
 * density sum_i mass_i N(z; z_i, c^2) on equally spaced nodes, which the trapezoidal rule takes as masses again.
 */
import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import type { Process } from '../../src/pde/process.js'
import { planRun, type Plan } from '../../src/samplers/plan.js'
import { compileStep, levelNames, noiseName } from '../../src/samplers/program.js'
import { steps, type Level, type Step } from '../../src/samplers/step.js'
import '../../src/samplers/index.js'
import { mixture } from '../samplers/laws.js'
import { levelsBetween, measuredOrder, processes } from '../samplers/processes.js'

const [top, bottom] = [8, 0.2]
const counts = [64, 128, 256]

/** Nodes, 0.01 standard deviations of the law apart: 0.4 of the least c and less, where the rule is exact. */
const u = Float64Array.from({ length: 1201 }, (_, i) => (i - 600) / 100)
const deviation = ({ sigma, m }: Level): number => m * Math.sqrt(mixture.variance + sigma ** 2)
const nodes = (level: Level): Float64Array => u.map(v => level.m * mixture.mean + deviation(level) * v)

interface Masses {
  readonly z: Float64Array
  readonly mass: Float64Array
}
/** A call of the step without its noise, or noise c w, on the nodes of a level. */
type Part = { readonly call: readonly number[] } | { readonly c: number; readonly at: Level }

/** What call k does, in the order in which its noise enters. */
function partsOf(step: Step, plan: Plan, k: number): Part[] {
  const [from, to] = [plan.levels[k]!, plan.levels[k + 1]!]
  const index = (name: string): number => levelNames.length + plan.names.indexOf(name)
  const value = (name: string): number => plan.calls[k]![index(name)]!
  const withValues = (values: Record<string, number>): number[] =>
    plan.calls[k]!.map((v, i) => Object.entries(values).find(([name]) => index(name) === i)?.[1] ?? v)
  if (step.name === 'edm') return [{ c: value('w') / value('up'), at: from }, { call: plan.calls[k]! }]
  if (step.name !== 'predictor-corrector') return [{ call: plan.calls[k]! }, { c: value('w'), at: to }]
  const predictor = [{ call: withValues({ kept: 1, pulled: 0, shaken: 0 }) }, { c: value('w'), at: to }]
  return [...predictor, { call: withValues({ z: 1, denoised: 0, w: 0 }) }, { c: value('shaken'), at: to }]
}

/** Errors of E[x~] and E[x~^2] at the last level, started from the exact law. */
async function errors(step: Step, process: Process, count: number, alpha: number): Promise<number[]> {
  const plan = planRun(step, process, levelsBetween(top, bottom, count), alpha)
  const chunk = { size: u.length, shape: [1], condition: {} }
  const f = await compileStep(step, plan.names, mixture.denoise, chunk, { precision: 'float64', threads: 1 })
  const zeros = array(new Float64Array(u.length), [u.length, 1])
  const none = Object.fromEntries(Array.from({ length: step.noises! }, (_, j) => [noiseName(j), zeros]))
  const begin = nodes(plan.first)
  const density = begin.map(z => mixture.density(z / plan.first.m, top) / plan.first.m)
  let now: Masses = { z: begin, mass: density.map(p => (p * deviation(plan.first)) / 100) }
  for (const part of plan.calls.flatMap((_, k) => partsOf(step, plan, k))) {
    if ('c' in part) now = spread(now, part.c, nodes(part.at))
    else {
      await f.setState({ z: array(now.z, [u.length, 1]) })
      await f.run({ c: array(Float64Array.from(part.call)), ...none })
      now = { ...now, z: (await f.state()).z!.data as Float64Array }
    }
  }
  await f.dispose()
  const moment = (g: (x: number) => number): number =>
    now.z.reduce((sum, z, i) => sum + g(z / plan.last.m) * now.mass[i]!, 0)
  const exact = mixture.variance + mixture.mean ** 2 + bottom ** 2
  return [moment(x => x) - mixture.mean, moment(x => x * x) - exact]
}

function spread({ z, mass }: Masses, c: number, onto: Float64Array): Masses {
  if (c === 0) return { z, mass }
  const next = new Float64Array(onto.length)
  const gap = onto[1]! - onto[0]!
  for (let i = 0; i < z.length; i++) {
    const at = (z[i]! - onto[0]!) / gap
    const reach = (8 * c) / gap
    const weight = (mass[i]! * gap) / (c * Math.sqrt(2 * Math.PI))
    for (let j = Math.max(0, Math.ceil(at - reach)); j <= Math.min(onto.length - 1, at + reach); j++)
      next[j]! += weight * Math.exp(-0.5 * (((j - at) * gap) / c) ** 2)
  }
  return { z: onto, mass: next }
}

// The law of dpm-solver++2m-sde has a second variable, its memory; order.test.ts has it on Gaussian data.
const cases = [
  ...['exponential', 'euler-maruyama'].flatMap(name => [1, 2].map(alpha => ({ name, alpha, values: {} }))),
  ...[0, 1].map(alpha => ({ name: 'predictor-corrector', alpha, values: {} })),
  { name: 'edm', alpha: 0, values: { churn: 2 } },
]

describe.each(cases)('$name, alpha = $alpha', ({ name, alpha, values }) => {
  it('has its weak order on the mean and the variance of the mixture', async () => {
    const step = steps.create(name, values) as Step
    const { process } = processes[alpha === 1 ? 2 : 0]!
    const found: number[][] = []
    for (const count of counts) found.push(await errors(step, process, count, alpha))
    for (const i of [0, 1]) {
      const of = found.map(e => e[i]!)
      expect(Math.abs(measuredOrder(counts, of) - step.order), of.join(' ')).toBeLessThan(0.15)
    }
  })
})
