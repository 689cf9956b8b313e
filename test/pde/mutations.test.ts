/**
 * Tests of the tests: each mutation is a mistake that has been made in some library, put into the coefficients of a process
 * that is right otherwise. Every check named beside it must hold without the mistake and fail with it.
 */
import { describe, expect, it } from 'vitest'
import type { Check } from '../../src/pde/checks/check.js'
import { forwardEquation, rates, reverseEquation } from '../../src/pde/checks/equations.js'
import { minimiser } from '../../src/pde/checks/minimiser.js'
import { kernelMoments, marginals } from '../../src/pde/checks/particles.js'
import { denoiserFrozenTotals, gaussianOrder, scoreFrozenTotals } from '../../src/pde/checks/steps.js'
import { forwardVolumes, volumesReachTerminalLaw, volumesReturn } from '../../src/pde/checks/volumes.js'
import { pathChecks } from '../../src/pde/conditions.js'
import { pathOf, paths } from '../../src/pde/path.js'
import { diffusionProcess, terminalLaw, tweedie, type Process } from '../../src/pde/process.js'
import { reverseFamily, type ReverseFamily } from '../../src/pde/reverse.js'
import { schedules } from '../../src/pde/schedule.js'
import { key } from '../../src/random.js'

const k = key(0, 'mutations')
const process = diffusionProcess(schedules.create('geometric', { sigmaMax: 20 }), paths.create('vp-k', { k: 1 }))
const { schedule, path } = process
const reverse = reverseFamily(process, 1)
const volumes = forwardVolumes(process)

/** gamma at the start of the step, times dt: what stands for Delta when gamma is frozen at nodes. */
const frozen = (from: number, to: number): number =>
  schedule.gamma(schedule.time(from)) * (schedule.time(from) - schedule.time(to))

interface Mutation<T> {
  readonly mistake: string
  readonly right: T
  readonly wrong: T
  readonly checks: Readonly<Record<string, (subject: T) => Check | readonly Check[]>>
}
const mutation = <T>(m: Mutation<T>): Mutation<unknown> => m as Mutation<unknown>

const forwardChecks = {
  forwardEquation: (p: Process) => forwardEquation(p, k),
  kernelMoments: (p: Process) => kernelMoments(p, k),
}
const reverseChecks = {
  reverseEquation: (r: ReverseFamily) => reverseEquation(r, k),
  marginals: (r: ReverseFamily) => marginals(r),
}
const volumesCheck = { volumesReturn: (r: ReverseFamily) => volumesReturn(r, volumes) }

const mutations: readonly Mutation<unknown>[] = [
  mutation({
    mistake: 'start drawn from N(0, I) at k = 1',
    right: terminalLaw(process.kernel(20), { mean: 0.4, variance: 0.7 }),
    wrong: { mean: 0, variance: 1 },
    checks: { marginals: start => marginals(reverseFamily(process, 0), start) },
  }),
  mutation({
    mistake: 'gamma frozen at nodes, score-frozen step',
    right: reverse,
    wrong: {
      ...reverse,
      scoreFrozen: (from, to) => {
        const [xi, next] = [path.scale(from), path.scale(to)]
        return { z: next / xi, score: frozen(from, to) * xi * next, w: next * Math.sqrt(frozen(from, to)) }
      },
    },
    checks: { scoreFrozenTotals },
  }),
  mutation({
    mistake: 'gamma frozen at nodes, denoiser-frozen step',
    right: reverse,
    wrong: {
      ...reverse,
      denoiserFrozen: (from, to) => reverse.denoiserFrozen(from, Math.sqrt(Math.max(from ** 2 - frozen(from, to), 0))),
    },
    checks: { denoiserFrozenTotals },
  }),
  mutation({
    mistake: 'a factor 2 in the forward drift',
    right: process,
    wrong: { ...process, drift: t => 2 * process.drift(t) },
    checks: { ...forwardChecks, rates: p => rates(p, k) },
  }),
  mutation({
    mistake: 'a factor 2 in the reverse drift',
    right: reverse,
    wrong: {
      ...reverse,
      rates: sigma => ({ ...reverse.rates(sigma), z: 2 * reverse.rates(sigma).z }),
      increments: (from, to) => ({
        ...reverse.increments(from, to),
        stretch: 2 * reverse.increments(from, to).stretch,
      }),
    },
    checks: { ...reverseChecks, ...volumesCheck },
  }),
  mutation({
    mistake: 'a factor 2 in front of the score',
    right: reverse,
    wrong: {
      ...reverse,
      rates: sigma => ({ ...reverse.rates(sigma), score: 2 * reverse.rates(sigma).score }),
      increments: (from, to) => ({ ...reverse.increments(from, to), score: 2 * reverse.increments(from, to).score }),
      scoreFrozen: (from, to) => ({ ...reverse.scoreFrozen(from, to), score: 2 * reverse.scoreFrozen(from, to).score }),
    },
    checks: { ...reverseChecks, ...volumesCheck, scoreFrozenTotals, order: r => gaussianOrder(r, 'scoreFrozen') },
  }),
  mutation({
    mistake: 'noise without its drift: alpha in the diffusion only',
    right: reverse,
    wrong: {
      ...reverse,
      rates: sigma => ({ ...reverse.rates(sigma), score: reverseFamily(process, 0).rates(sigma).score }),
      increments: (from, to) => ({ ...reverse.increments(from, to), score: reverseFamily(process, 0).increments(from, to).score }), // prettier-ignore
    },
    checks: { ...reverseChecks, ...volumesCheck },
  }),
  mutation({
    mistake: 'gamma^ without xi^2',
    right: process,
    wrong: { ...process, diffusion: schedule.gamma },
    checks: forwardChecks,
  }),
  mutation({
    mistake: 's = sigma in Green’s function',
    right: process,
    wrong: { ...process, kernel: sigma => ({ m: path.scale(sigma), s: sigma }) },
    checks: { kernelMoments: forwardChecks.kernelMoments, minimiser: p => minimiser(p) },
  }),
  mutation({
    mistake: 'gamma = d(sigma)/dt',
    right: process,
    wrong: { ...process, schedule: { ...schedule, gamma: t => schedule.gamma(t) / (2 * schedule.sigma(t)) } },
    checks: { rates: p => rates(p, k) },
  }),
  mutation({
    mistake: 'Tweedie without dividing by m',
    right: tweedie,
    wrong: kernel => ({ z: 1, score: kernel.s ** 2 }),
    checks: { minimiser: denoise => minimiser(process, denoise) },
  }),
  mutation({
    mistake: 'DDIM with noise of a full step: sigma′ sqrt(1 - (sigma′/sigma)^alpha)',
    right: reverse,
    wrong: {
      ...reverse,
      denoiserFrozen: (from, to) => ({ ...reverse.denoiserFrozen(from, to), w: process.kernel(to).s * Math.sqrt(1 - to / from) }), // prettier-ignore
    },
    checks: { denoiserFrozenTotals, order: r => gaussianOrder(r, 'denoiserFrozen') },
  }),
  mutation({
    mistake: 'a path that stops short: xi sigma -> 2',
    right: path,
    wrong: pathOf('short', '1/(1+sigma/2)'),
    checks: { pathChecks },
  }),
  mutation({
    mistake: 'forward volumes of another path',
    right: volumes,
    wrong: forwardVolumes({ ...process, path: { ...path, logScale: sigma => path.logScale(sigma) / 2 } }),
    checks: { volumesReachTerminalLaw: v => volumesReachTerminalLaw(process, v) },
  }),
]

const cases = mutations.flatMap(m => Object.entries(m.checks).map(([name, run]) => ({ ...m, name, run })))
const holds = (found: Check | readonly Check[]): boolean => [found].flat().every(check => check.holds)

describe('mutations', () => {
  it.each(cases)('$name catches: $mistake', ({ run, right, wrong }) => {
    expect(holds(run(right))).toBe(true)
    expect(holds(run(wrong))).toBe(false)
  })
})
