import { describe, expect, it } from 'vitest'
import { driftMonitor, type Direction } from '../../src/diagnostics/drift.js'
import { array } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'

/** When an alarm is raised on normal scores that move by `shift` after 200, to one decimal where `tied`. */
function watch(
  seed: number,
  length: number,
  shift: number,
  options: { falseAlarm?: number; direction?: Direction } = {},
  tied = false,
) {
  // prettier-ignore
  const round = (v: number): number => (tied ? Math.round(2 * v) / 2 : v)
  const calibration = normal(key(seed, 'calibration'), new Float64Array(150)).map(round)
  const monitor = driftMonitor(array(calibration), { ...options, key: key(seed) })
  const stream = normal(key(seed, 'stream'), new Float64Array(length))
  const found = Array.from(stream, (v, i) => monitor.observe(round(i < 200 ? v : v + shift)))
  return { monitor, found }
}

describe('driftMonitor', () => {
  it('raises a false alarm in no more runs than stated', () => {
    const [runs, falseAlarm] = [300, 0.1]
    for (const direction of ['higher', 'both'] as const) {
      let alarms = 0
      for (let seed = 0; seed < runs; seed++)
        if (watch(seed, 400, 0, { falseAlarm, direction }, seed % 2 === 0).monitor.alarmedAt !== null) alarms++
      expect(alarms / runs).toBeLessThan(falseAlarm + 3 * Math.sqrt((falseAlarm * (1 - falseAlarm)) / runs))
      // Ville's inequality is not far from an equality for small steps: a monitor that never bets would be at 0.
      expect(alarms).toBeGreaterThan(0)
    }
  })

  it('has independent uniform p-values, with ties too', () => {
    for (const tied of [false, true]) {
      const p = watch(7, 4000, 0, {}, tied).found.map(o => o.p)
      const sorted = [...p].sort((a, b) => a - b)
      const distance = Math.max(...sorted.map((v, i) => Math.max(Math.abs(v - i / 4000), Math.abs(v - (i + 1) / 4000))))
      expect(distance * Math.sqrt(4000)).toBeLessThan(1.95) // Kolmogorov: probability 0.001
      let lag = 0
      for (let i = 1; i < 4000; i++) lag += 12 * (p[i]! - 0.5) * (p[i - 1]! - 0.5)
      expect(Math.abs(lag) / Math.sqrt(4000)).toBeLessThan(3.5)
    }
  })

  it('finds a shift of one standard deviation in either direction, and not where it does not look', () => {
    for (let seed = 0; seed < 20; seed++)
      for (const [shift, direction] of [
        [1, 'higher'],
        [-1, 'lower'],
        [1, 'both'],
        [-1, 'both'],
      ] as const) {
        // prettier-ignore
        const at = watch(seed, 400, shift, { direction, falseAlarm: 0.01 }).monitor.alarmedAt
        expect(at).toBeGreaterThan(200)
        expect(at).toBeLessThanOrEqual(400)
      }
    for (let seed = 0; seed < 20; seed++) expect(watch(seed, 400, -1).monitor.alarmedAt).toBeNull()
  })

  it('is a function of its scores and key: the same again, and an alarm stays', () => {
    const [a, b] = [watch(3, 400, 2), watch(3, 400, 2)]
    expect(a.found).toEqual(b.found)
    const at = a.monitor.alarmedAt!
    expect(a.found.map(o => o.alarm)).toEqual(a.found.map((_, i) => i + 1 >= at))
    expect(a.found[at - 1]!.capital).toBeGreaterThanOrEqual(100)
    expect(a.monitor.observed).toBe(400)
  })

  it('bets by densities: after two scores the capital is the closed form of its p-values', () => {
    const exponents = [0.1, 0.3, 0.5, 0.7, 0.9]
    // Each e p^(e - 1) integrates to 1 over (0, 1), and so does their mean.
    const mean = (g: (e: number) => number): number => exponents.reduce((sum, e) => sum + g(e), 0) / 5
    for (const direction of ['higher', 'lower'] as const) {
      const monitor = driftMonitor(array(normal(key(1), new Float64Array(9))), { key: key(2), direction })
      const [one, two] = [monitor.observe(0.3), monitor.observe(-1)]
      const [p, q] = direction === 'higher' ? [one.p, two.p] : [1 - one.p, 1 - two.p]
      expect(one.capital).toBeCloseTo(1 / 2 + mean(e => e * p ** (e - 1)) / 2, 12)
      const both = mean(e => e * q ** (e - 1) * ((e * p ** (e - 1)) / 2 + 1 / 6))
      expect(two.capital).toBeCloseTo(1 / 3 + both, 12)
    }
  })

  it('refuses what it cannot watch', () => {
    const one = array(Float64Array.of(1))
    expect(() => driftMonitor(array(new Float64Array(0)), { key: key(1) })).toThrow(/no calibration scores/)
    expect(() => driftMonitor(one, { key: key(1), falseAlarm: 1 })).toThrow(/falseAlarm = 1/)
    expect(() => driftMonitor(one, { key: key(1), direction: 'up' as Direction })).toThrow(/'up'/)
    expect(() => driftMonitor(one, { key: key(1) }).observe(NaN)).toThrow(/score 1 is NaN/)
  })
})
