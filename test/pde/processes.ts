/** Every built-in path and schedule, and three of each as a user would write them. */
import { pathOf, paths, type Path } from '../../src/pde/path.js'
import { scheduleOfBeta, scheduleOfGamma, scheduleOfSigma, schedules, type Schedule } from '../../src/pde/schedule.js'

export const builtInPaths: readonly Path[] = [
  ...paths.list().map(({ name }) => paths.create(name)),
  paths.create('vp-k', { k: 0.5 }),
  paths.create('vp-k', { k: 3 }),
]
export const writtenPaths: readonly Path[] = [
  pathOf('cubic', '(1+sigma^3)^(-1/3)'),
  pathOf('both', '1/sqrt(1+sigma+sigma^2)'),
  pathOf('subtracted', '(sqrt(sigma^2+4)-sigma)/2'),
]
export const allPaths = [...builtInPaths, ...writtenPaths]

export const builtInSchedules: readonly Schedule[] = schedules.list().map(({ name }) => schedules.create(name))
export const writtenSchedules: readonly Schedule[] = [
  scheduleOfSigma('square root', '5*sqrt(t)'),
  scheduleOfGamma('powers', '2*t + 300*t^4'),
  scheduleOfBeta('beta of subvp', '0.2+8*t', paths.create('subvp')),
]
export const allSchedules = [...builtInSchedules, ...writtenSchedules]
