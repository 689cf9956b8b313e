import { describe, expect, it } from 'vitest'
import { paths } from '../../src/pde/path.js'
import { scheduleOfBeta, scheduleOfGamma, schedules } from '../../src/pde/schedule.js'
import { assertSchedule } from '../../src/pde/conditions.js'
import { allPaths, allSchedules } from './processes.js'

const times = [1e-4, 0.01, 0.2, 0.5, 0.77, 1]
const relative = (a: number, b: number): number => Math.abs(a / b - 1)

describe('every schedule', () => {
  it('has gamma = d(sigma^2)/dt, by a central difference of order 4', () => {
    const h = 1e-4 // h^4 times a fifth derivative, and round-off 1e-16/h, relative
    for (const { sigma, gamma } of allSchedules)
      for (const t of [0.05, 0.2, 0.5, 0.77, 0.99]) {
        const difference = (h: number): number => (sigma(t + h) ** 2 - sigma(t - h) ** 2) / (2 * h)
        const slope = (4 * difference(h) - difference(2 * h)) / 3
        expect(relative(gamma(t), slope)).toBeLessThan(1e-8)
      }
  })

  it('is inverted by time, to round-off', () => {
    for (const schedule of allSchedules) {
      for (const t of times) expect(relative(schedule.time(schedule.sigma(t)), t)).toBeLessThan(1e-11)
      expect(schedule.time(schedule.sigma(0))).toBe(0)
      expect(schedule.time(schedule.sigma(1))).toBe(1)
      expect(() => schedule.time(2 * schedule.sigma(1))).toThrow('lies outside the range')
    }
  })
})

describe('built-in schedules', () => {
  it('geometric runs between its ends', () => {
    const { sigma } = schedules.create('geometric', { sigmaMin: 0.02, sigmaMax: 30 })
    for (const t of [0, ...times]) expect(relative(sigma(t), 0.02 * 1500 ** t)).toBeLessThan(1e-13)
  })

  it('exponential-rate is (a^(2t) - 1)/(2 ln a), exactly 0 at t = 0', () => {
    const { sigma } = schedules.create('exponential-rate', { a: 25 })
    expect(sigma(0)).toBe(0)
    for (const t of times)
      expect(relative(sigma(t) ** 2, Math.expm1(2 * t * Math.log(25)) / (2 * Math.log(25)))).toBeLessThan(1e-13)
  })

  it('linear-beta is e^B - 1 with gamma = beta (1 + sigma^2), and ends near 152', () => {
    const { sigma, gamma } = schedules.create('linear-beta')
    expect(sigma(0)).toBe(0)
    expect(sigma(1)).toBeCloseTo(152, 0)
    for (const t of times) {
      const B = 0.1 * t + 9.95 * t ** 2
      expect(relative(sigma(t) ** 2, Math.expm1(B))).toBeLessThan(1e-12)
      expect(relative(gamma(t), (0.1 + 19.9 * t) * Math.exp(B))).toBeLessThan(1e-12)
    }
    expect(gamma(0)).toBeCloseTo(0.1, 9)
  })

  it('a beta clock on subvp is 2 sinh(B/2)', () => {
    const { sigma } = scheduleOfBeta('mine', '0.2+8*t', paths.create('subvp'))
    for (const t of times) expect(relative(sigma(t), 2 * Math.sinh((0.2 * t + 4 * t ** 2) / 2))).toBeLessThan(1e-12)
  })

  it('a beta clock has ln xi = -B/2 on every path that moves', () => {
    for (const path of allPaths.filter(({ name }) => name !== 've')) {
      const schedule = scheduleOfBeta('mine', '0.2+8*t', path)
      assertSchedule(schedule)
      for (const t of times)
        expect(Math.abs(path.logScale(schedule.sigma(t)) + (0.2 * t + 4 * t ** 2) / 2)).toBeLessThan(1e-12)
    }
  })

  it('cosine has m = cos(angle t) on vp and ends at sigma_max', () => {
    const { sigma } = schedules.create('cosine', { sigmaMax: 80 })
    expect(relative(sigma(1), 80)).toBeLessThan(1e-12)
    for (const t of times)
      expect(Math.abs(paths.create('vp').scale(sigma(t)) - Math.cos(Math.atan(80) * t))).toBeLessThan(1e-14)
  })

  it('karras gives the levels of Karras et al., index 0 at sigma_max', () => {
    const { sigma } = schedules.create('karras')
    for (let i = 0; i < 18; i++) {
      const level = (80 ** (1 / 7) + (i / 17) * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
      expect(relative(sigma(1 - i / 17), level)).toBeLessThan(1e-12)
    }
  })

  it('of gamma start at sigmaMin', () => {
    const { sigma } = scheduleOfGamma('mine', '3*t^2', 0.1)
    expect(sigma(0)).toBe(0.1)
    expect(sigma(1)).toBeCloseTo(Math.sqrt(1.01), 14)
  })

  it('reject a beta for a path that has none', () => {
    expect(() => scheduleOfBeta('mine', '1', paths.create('ve')).sigma(0.5)).toThrow("path 've' has no sigma with xi")
  })
})
