import { describe, expect, it } from 'vitest'
import { assertPath, assertSchedule, ConditionError, pathChecks } from '../../src/pde/conditions.js'
import { pathOf, paths } from '../../src/pde/path.js'
import { diffusionProcess } from '../../src/pde/process.js'
import { scheduleOfBeta, scheduleOfGamma, scheduleOfSigma, schedules } from '../../src/pde/schedule.js'
import { allPaths, allSchedules } from './processes.js'

/** The error that a function throws. */
function thrown(f: () => unknown): ConditionError {
  try {
    f()
  } catch (error) {
    if (error instanceof ConditionError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('conditions', () => {
  it('hold for every built-in and user-written process', () => {
    for (const schedule of allSchedules) assertSchedule(schedule)
    for (const path of allPaths) {
      assertPath(path)
      expect(pathChecks(path).filter(({ holds }) => !holds)).toEqual([])
    }
    for (const k of [0.1, 0.5, 30]) assertPath(paths.create('vp-k', { k }))
  })

  it.each([
    ['2*t - 1', 'sigma >= 0', 0],
    ['sin(4*t)', 'sigma > sigma(', Math.PI / 8],
    ['t - 2*t^2 + 1', 'gamma > 0', 0.25],
    ['1/(1-2*t)', 'a finite value', 0.5],
    ['sqrt(0.7-t)', 'sigma > sigma(', 0],
    ['1', 'sigma > sigma(', 0],
  ])('sigma(t) = %s wants %s, at t = %f', (text, condition, at) => {
    const error = thrown(() => assertSchedule(scheduleOfSigma('mine', text)))
    expect(error.condition).toContain(condition)
    expect(Math.abs(error.at - at)).toBeLessThan(2e-3)
    expect(error.message).toContain(text)
    expect(error.message).toContain(`at t = ${error.at}`)
  })

  it.each([
    ['gamma', '1-2*t', 0.5],
    ['beta', '1-2*t', 0.5],
  ])('%s(t) = %s must be positive, at t = %f', (kind, text, at) => {
    const make = kind === 'gamma' ? scheduleOfGamma : scheduleOfBeta
    const error = thrown(() => assertSchedule(make('mine', text)))
    expect(error.condition).toMatch(/gamma > 0|sigma > sigma/)
    expect(Math.abs(error.at - at)).toBeLessThan(2e-3)
  })

  it.each([
    ['2/(1+sigma)', 'xi(0) = 1', 0],
    ['(1+sigma)/(1+sigma^2)', 'xi <= xi(', 1e-6],
    ['1-sigma/3', 'xi > 0', 3],
    ['1+sin(sigma)^2*0-0.1*max(0,sigma-1)', 'xi > 0', 11],
    ['1/(1+sigma)^0.9', 'xi sigma -> 1', 1e300],
    ['1/(1+sigma/2)', 'xi sigma -> 1', 1e300],
    ['1/(1+0.9*sigma)', 'xi sigma -> 1', 1e300], // passes 1 exactly at sigma = 10
    ['exp(-sigma)', 'xi > 0', 740],
    ['sqrt(1.001-sigma)/sqrt(1.001)', 'a finite value', 1.001],
  ])('xi = %s wants %s, at sigma = %f', (text, condition, at) => {
    const error = thrown(() => assertPath(pathOf('mine', text)))
    expect(error.condition).toContain(condition)
    expect(error.at).toBeGreaterThanOrEqual(at)
    expect(error.at).toBeLessThanOrEqual(1.06 * at)
    expect(error.message).toContain(`at sigma = ${error.at}`)
  })

  it('are asked of every process', () => {
    const good = schedules.create('geometric')
    expect(() => diffusionProcess(good, pathOf('mine', '2/(1+sigma)'))).toThrow(ConditionError)
    expect(() => diffusionProcess(schedules.create('geometric', { sigmaMin: 60 }), paths.create('vp'))).toThrow(
      /schedule geometric: sigma\(t\) = 60 \* \(50 \/ 60\)\^t: wants sigma > sigma\(0\)/,
    )
  })
})
