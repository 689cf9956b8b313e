/** Time grids: the levels sigma_0 > sigma_1 > ... > sigma_N > 0 at which a run stands. */
import { registry } from '../pde/registry.js'
import type { Schedule } from '../pde/schedule.js'

/** The levels of N steps: N + 1 of them, from sigma(1) down to sigma(0), or to the grid's `sigmaMin` where that is larger. */
export type TimeGrid = (schedule: Schedule, steps: number) => number[]

/** The built-in grids, by name; `timeGrids.register` adds one. */
export const timeGrids = registry<TimeGrid>('time grid')

const sigmaMin = { default: 0.01, description: 'last level, where sigma(0) is smaller' }

/** N + 1 levels between the ends by a map of [0, 1] that decreases from the first to the last. */
function between(
  { sigma }: Schedule,
  steps: number,
  ends: { readonly sigmaMin: number; readonly sigmaMax: number },
  level: (u: number, top: number, bottom: number) => number,
): number[] {
  if (!(Number.isInteger(steps) && steps >= 1))
    throw new RangeError(`a time grid of ${steps} steps: wants an integer >= 1`)
  const [top, bottom] = [Math.min(sigma(1), ends.sigmaMax), Math.max(sigma(0), ends.sigmaMin)]
  if (!(bottom < top)) throw new RangeError(`a time grid from sigma = ${top} down to ${bottom}: nothing lies between`)
  return Array.from({ length: steps + 1 }, (_, i) =>
    i === 0 ? top : i === steps ? bottom : level(i / steps, top, bottom),
  )
}

const parameters = { sigmaMin, sigmaMax: { default: 1e300, description: 'first level, where sigma(1) is larger' } }

timeGrids.register({
  name: 'log-sigma',
  description: 'uniform in ln sigma',
  parameters,
  create: ends => (schedule, steps) => between(schedule, steps, ends, (u, top, bottom) => top * (bottom / top) ** u),
})
timeGrids.register({
  name: 'karras',
  description: 'sigma^(1/rho) uniform (Karras et al., arXiv 2206.00364)',
  parameters: { ...parameters, rho: { default: 7, description: 'exponent; larger puts more levels at small sigma' } },
  create:
    ({ rho, ...ends }) =>
    (schedule, steps) =>
      between(schedule, steps, ends, (u, top, bottom) => {
        const [a, b] = [top ** (1 / rho), bottom ** (1 / rho)]
        return (a + u * (b - a)) ** rho
      }),
})
timeGrids.register({
  name: 'uniform-t',
  description: "uniform in the schedule's t",
  parameters,
  create: ends => (schedule, steps) =>
    between(schedule, steps, ends, (u, top, bottom) => {
      const [first, last] = [schedule.time(top), schedule.time(bottom)]
      return schedule.sigma(first + u * (last - first))
    }),
})

/**
 * A list of levels, checked.
 *
 * @throws RangeError unless there are two or more, finite, above 0 and each below the one before.
 */
export function assertLevels(levels: readonly number[]): void {
  if (levels.length < 2)
    throw new RangeError(`a run needs two levels or more, from large to small; got ${levels.length}`)
  levels.forEach((sigma, i) => {
    if (!(sigma > 0 && sigma < (levels[i - 1] ?? Infinity)))
      throw new RangeError(
        `levels go down and stay above 0 (the run ends with E[x0 | x~], not with sigma = 0): level ${i} is ${sigma}` +
          (i > 0 ? `, after ${levels[i - 1]!}` : ''),
      )
  })
}
