import { describe, expect, it } from 'vitest'
import { convergence } from '../../src/diagnostics/convergence.js'
import { key, normal, normalQuantile } from '../../src/random.js'

const n = 1000

/** Four chains of x_k = rho x_(k-1) + sqrt(1 - rho^2) w_k, stationary from the start. */
const chains = (rho: number, seed = 1): Float64Array[] =>
  [0, 1, 2, 3].map(c => {
    const x = normal(key(seed, 'chain', c), new Float64Array(n))
    for (let k = 1; k < n; k++) x[k] = rho * x[k - 1]! + Math.sqrt(1 - rho * rho) * x[k]!
    return x
  })

describe('effective sizes', () => {
  // The estimate sums noisy autocorrelations over some multiples of tau: within a fifth for 4000 draws, over ten seeds.
  it.each([0, 0.5, 0.9, -0.4])('are S (1 - rho) / (1 + rho) of an autoregression, rho = %f', rho => {
    const seeds = Array.from({ length: 10 }, (_, s) => convergence(chains(rho, s)))
    const mean = (f: (c: (typeof seeds)[number]) => number): number => seeds.reduce((sum, c) => sum + f(c), 0) / seeds.length // prettier-ignore
    const exact = (4 * n * (1 - rho)) / (1 + rho)
    expect(Math.abs(mean(c => c.meanEss) / exact - 1)).toBeLessThan(0.1)
    expect(Math.abs(mean(c => c.bulkEss) / exact - 1)).toBeLessThan(0.1)
    // Folded draws correlate by about rho^2. R-hat - 1 is about (chi^2_7 / 7) / (2 draws of a half in effect); chi^2_7 > 24 once in 1000.
    expect(Math.max(...seeds.map(c => c.rHat))).toBeLessThan(
      1 + (24 / 7) * (8 / Math.min(exact, (4 * n * (1 - rho * rho)) / (1 + rho * rho)) / 2),
    )
  })

  it('of the bulk and the tails stand heavy tails, where R-hat of the values would not', () => {
    const heavy = chains(0).map(chain => chain.map((z, k) => z / chain[(k + 7) % n]!)) // Cauchy
    const { rHat, bulkEss, tailEss } = convergence(heavy)
    expect(rHat).toBeLessThan(1.01)
    expect(bulkEss).toBeGreaterThan(2500)
    expect(tailEss).toBeGreaterThan(2000)
  })
})

describe('R-hat', () => {
  it('sees a chain elsewhere, a chain of another width, and a drift', () => {
    const shifted = chains(0).map((chain, c) => (c === 0 ? chain.map(v => v + 1) : chain))
    const wide = chains(0).map((chain, c) => (c === 0 ? chain.map(v => 4 * v) : chain))
    const drifting = chains(0).map(chain => chain.map((v, k) => v + (2 * k) / n))
    for (const bad of [shifted, wide, drifting]) expect(convergence(bad).rHat).toBeGreaterThan(1.05)
  })

  it('is sqrt((n-1)/n + B/W) of the normal scores', () => {
    // Two chains of eight, by hand: halves {1..4}, {5..8}, {9..12}, {13..16}: scores of ranks, means of halves far apart.
    const { rHat } = convergence([0, 8].map(at => Float64Array.from({ length: 8 }, (_, k) => at + k + 1)))
    const scores = Array.from({ length: 16 }, (_, k) => normalQuantile((k + 1 - 3 / 8) / (16 + 1 / 4)))
    const halves = [0, 4, 8, 12].map(k => scores.slice(k, k + 4))
    const mean = (v: number[]): number => v.reduce((a, b) => a + b, 0) / v.length
    const W = mean(halves.map(h => h.reduce((s, v) => s + (v - mean(h)) ** 2, 0) / 3))
    const B = halves.reduce((s, h) => s + mean(h) ** 2, 0) / 3
    expect(rHat).toBeCloseTo(Math.sqrt(3 / 4 + B / W), 12)
  })

  it('wants chains that can be compared', () => {
    expect(() => convergence([new Float64Array(10)])).toThrow('1 chains of 10 draws')
    expect(() => convergence([new Float64Array(10), new Float64Array(9)])).toThrow(
      'chain 1 has 9 draws, chain 0 has 10',
    )
    expect(() => convergence([new Float64Array(10), new Float64Array(10).fill(NaN)])).toThrow(
      'draw 0 of chain 1 is NaN',
    )
  })
})
