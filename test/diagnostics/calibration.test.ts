import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { binomialBand, chiSquareTail, logGamma } from '../../src/diagnostics/chi-square.js'
import { coverage } from '../../src/diagnostics/coverage.js'
import { crps } from '../../src/diagnostics/crps.js'
import { predictiveCheck } from '../../src/diagnostics/predictive.js'
import { poolRanks, ranksOf, type Ranks } from '../../src/diagnostics/ranks.js'
import { rankHistogram } from '../../src/diagnostics/sbc.js'
import { credibility, tarp } from '../../src/diagnostics/tarp.js'
import { key, normal } from '../../src/random.js'

const draws = (n: number, ...path: (string | number)[]): Float64Array => normal(key(7, ...path), new Float64Array(n))
const row = (values: Float64Array): NdArray<Float64Array> => array(values)

/** x ~ N(0, 1), y = x + 0.5 e in each of d coordinates: the posterior is N(0.8 y, 0.2). */
const [gain, std] = [0.8, Math.sqrt(0.2)]
interface Wrong {
  /** Factor of the standard deviation, shift in standard deviations, or the prior in place of the posterior. */
  stretch?: number
  shift?: number
  prior?: boolean
}
function simulate(observations: number, n: number, d: number, { stretch = 1, shift = 0, prior = false }: Wrong = {}) {
  return Array.from({ length: observations }, (_, o) => {
    const x = draws(d, 'x', o)
    const y = draws(d, 'e', o).map((e, i) => x[i]! + 0.5 * e)
    const samples = draws(n * d, 'samples', o).map((z, k) =>
      prior ? z : gain * y[k % d]! + std * (shift + stretch * z),
    )
    return { x: row(x), y: row(y), samples: array(samples, [n, d]) }
  })
}
const ranksIn = (cases: ReturnType<typeof simulate>): Ranks =>
  poolRanks(cases.map(({ samples, x }) => ranksOf(samples, x)))

/** The normal distribution function, by the chi-square tail with one degree of freedom. */
const Phi = (z: number): number => (z < 0 ? chiSquareTail(z * z, 1) / 2 : 1 - chiSquareTail(z * z, 1) / 2)

describe('tails', () => {
  it('of chi-square: closed forms and tabulated quantiles', () => {
    for (const x of [0.01, 1, 5, 18, 60]) {
      expect(chiSquareTail(x, 2)).toBeCloseTo(Math.exp(-x / 2), 13)
      let [term, sum] = [1, 1] // k = 20: exp(-x/2) sum_(j<10) (x/2)^j / j!
      for (let j = 1; j < 10; j++) sum += term *= x / 2 / j
      expect(chiSquareTail(x, 20) / (Math.exp(-x / 2) * sum)).toBeCloseTo(1, 11)
    }
    // 95 % quantiles of NIST's table.
    for (const [k, x] of [[1, 3.841458820694124], [10, 18.307038053275146], [100, 124.34211340400407]] as const) expect(chiSquareTail(x, k)).toBeCloseTo(0.05, 10) // prettier-ignore
    expect([chiSquareTail(0, 3), chiSquareTail(1e4, 3)]).toEqual([1, 0])
    for (const [x, g] of [[0.5, Math.sqrt(Math.PI)], [5, 24], [10.5, 1133278.3889487855]] as const) expect(logGamma(x)).toBeCloseTo(Math.log(g), 12) // prettier-ignore
  })

  it('of the binomial law: the band is the least whose tails are small enough', () => {
    for (const [n, p] of [
      [20, 0.9],
      [100, 0.5],
      [1, 0.5],
      [400, 0.95],
    ] as const) {
      const [low, high] = binomialBand(n, p) // prettier-ignore
      const pmf = (k: number): number => Math.exp(logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)) * p ** k * (1 - p) ** (n - k) // prettier-ignore
      const mass = (a: number, b: number): number => Array.from({ length: Math.max(0, b - a + 1) }, (_, i) => pmf(a + i)).reduce((s, v) => s + v, 0) // prettier-ignore
      expect(mass(0, low - 1)).toBeLessThanOrEqual(0.025)
      expect(mass(0, low)).toBeGreaterThan(0.025)
      expect(mass(high + 1, n)).toBeLessThanOrEqual(0.025)
      expect(mass(high, n)).toBeGreaterThan(0.025)
    }
  })
})

describe('coverage', () => {
  it('of uniform ranks is the level exactly, for few samples and for ties', () => {
    const n = 7
    const ranks: Ranks = { n, observations: n + 1, quantities: 1, less: Uint32Array.from({ length: n + 1 }, (_, r) => r), equal: new Uint32Array(n + 1) } // prettier-ignore
    for (const { level, covered } of coverage(ranks, [0.5, 0.9, 0.95])) expect(covered).toBeCloseTo(level, 12)
    const tied: Ranks = { n, observations: 1, quantities: 1, less: Uint32Array.of(0), equal: Uint32Array.of(n) }
    expect(coverage(tied, [0.9])[0]!.covered).toBeCloseTo(0.9, 12)
  })

  const [observations, n] = [600, 199]
  const within = (z: number, stretch: number, shift: number): number => Phi(stretch * z - shift) - Phi(-stretch * z - shift) // prettier-ignore
  const z = { 0.5: 0.6744897502, 0.9: 1.6448536270, 0.95: 1.9599639845 } as const // prettier-ignore

  for (const [name, wrong] of Object.entries({
    right: {},
    narrow: { stretch: 0.7 },
    wide: { stretch: 1.4 },
    biased: { shift: 0.7 },
  } as Record<string, Wrong>))
    it(`of a ${name} posterior is the closed form, and its band tells`, () => {
      for (const { level, covered, band, standardError } of coverage(ranksIn(simulate(observations, n, 1, wrong)))) {
        const exact = within(z[level as 0.5], wrong.stretch ?? 1, wrong.shift ?? 0)
        // Four binomial standard errors, and the quantiles' own error of order 1 / n.
        expect(Math.abs(covered - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / observations) + 1 / n)
        expect(standardError / Math.sqrt((exact * (1 - exact)) / observations)).toBeCloseTo(1, 0)
        const told = name === 'right' ? 0 : name === 'wide' ? 1 : -1
        expect(covered < band[0] ? -1 : covered > band[1] ? 1 : 0).toBe(told)
      }
    })

  it('of many quantities is their mean, observation by observation', () => {
    const cases = simulate(50, 99, 3)
    const [all] = coverage(ranksIn(cases), [0.9])
    const each = cases.map(({ samples, x }) => coverage(ranksOf(samples, x), [0.9])[0]!.covered)
    expect(all!.covered).toBeCloseTo(each.reduce((a, b) => a + b) / 50, 12)
  })

  it('refuses NaN, other shapes and mixed sizes', () => {
    const one = ranksOf(array(Float64Array.of(1, 2), [2, 1]), row(Float64Array.of(1.5)))
    expect([one.less[0], one.equal[0]]).toEqual([1, 0])
    expect(() => ranksOf(array(Float64Array.of(1, NaN), [2, 1]), row(Float64Array.of(0)))).toThrow(
      /sample 1 .* NaN at entry 0/,
    )
    expect(() => ranksOf(array(Float64Array.of(1, 2), [2, 1]), row(Float64Array.of(1, 2)))).toThrow(
      /expected shape \[1\]/,
    )
    expect(() => poolRanks([one, ranksOf(array(Float64Array.of(1), [1, 1]), row(Float64Array.of(1)))])).toThrow(
      /different/,
    )
    expect(() => poolRanks([])).toThrow(/no observations/)
  })
})

describe('simulation-based calibration and TARP', () => {
  // One seed: a right posterior passes at 0.001; each wrong one is found beyond any doubt.
  const verdicts = (wrong: Wrong, reference: (y: NdArray, o: number) => NdArray) => {
    const cases = simulate(500, 99, 4, wrong)
    return {
      sbc: rankHistogram(ranksIn(cases), 0).p,
      tarp: tarp(cases.map(({ samples, x, y }, o) => credibility(samples, x, reference(y, o)))).p,
    }
  }
  const random = (_: NdArray, o: number): NdArray => row(draws(4, 'reference', o))

  it('pass the right posterior', () => {
    const { sbc, tarp } = verdicts({}, random)
    expect(sbc).toBeGreaterThan(0.001)
    expect(tarp).toBeGreaterThan(0.001)
  })

  it('find a narrow and a wide one', () => {
    for (const wrong of [{ stretch: 0.7 }, { stretch: 1.4 }]) {
      const { sbc, tarp } = verdicts(wrong, random)
      expect(sbc).toBeLessThan(1e-4)
      expect(tarp).toBeLessThan(1e-4)
    }
  })

  it('find a biased one, TARP by references on one side: on all sides a shift cancels', () => {
    expect(verdicts({ shift: 0.5 }, random).sbc).toBeLessThan(1e-6)
    expect(verdicts({ shift: 0.5 }, random).tarp).toBeGreaterThan(0.001)
    expect(verdicts({ shift: 0.5 }, () => row(new Float64Array(4).fill(3))).tarp).toBeLessThan(1e-6)
    expect(verdicts({}, () => row(new Float64Array(4).fill(3))).tarp).toBeGreaterThan(0.001)
  })

  it('TARP finds the prior in place of the posterior only by references that know the observation', () => {
    expect(verdicts({ prior: true }, random).sbc).toBeGreaterThan(0.001)
    expect(verdicts({ prior: true }, random).tarp).toBeGreaterThan(0.001)
    expect(verdicts({ prior: true }, y => y).tarp).toBeLessThan(1e-6)
    expect(verdicts({}, y => y).tarp).toBeGreaterThan(0.001)
  })

  it('histograms of uniform ranks are flat, whatever the bins', () => {
    const n = 23
    const less = Uint32Array.from({ length: n + 1 }, (_, r) => r)
    const ranks: Ranks = { n, observations: n + 1, quantities: 1, less, equal: new Uint32Array(n + 1) }
    const { counts, expected, p } = rankHistogram(ranks, 0, 7)
    counts.forEach(count => expect(count).toBeCloseTo(expected, 12))
    expect(p).toBeCloseTo(1, 12)
    expect(() => rankHistogram(ranks, 1)).toThrow(/quantity 1 of 1/)
    expect(() => rankHistogram({ ...ranks, observations: 5 })).toThrow(/20 at least/)
  })

  it('the Kolmogorov tail is the tabulated one', () => {
    // m = 100 equally spaced u shifted by s: the distance is s + 1/(2 m); at 0.1340 the table (Stephens) has p = 0.05.
    const shift = 0.134 - 0.005
    const u = Float64Array.from({ length: 100 }, (_, k) => (k + 0.5) / 100 + shift)
    expect(tarp(u).distance).toBeCloseTo(0.134, 10)
    expect(tarp(u).p).toBeCloseTo(0.05, 2)
    expect(() => tarp([])).toThrow(/no observations/)
  })
})

describe('CRPS', () => {
  it('is the double sum of its definition', () => {
    const x = draws(6, 'crps')
    const t = 0.3
    let [far, apart] = [0, 0]
    x.forEach(a => (far += Math.abs(a - t) / 6))
    x.forEach(a => x.forEach(b => (apart += Math.abs(a - b) / (2 * 6 * 5))))
    expect(crps(array(x, [6, 1]), row(Float64Array.of(t))).data[0]).toBeCloseTo(far - apart, 13)
  })

  it('of a Gaussian has the closed form, without bias for two samples', () => {
    const [m, t] = [40_000, 0.7]
    const pairs = crps(array(draws(2 * m, 'pairs'), [2, m]), row(new Float64Array(m).fill(t))).data
    const phi = Math.exp((-t * t) / 2) / Math.sqrt(2 * Math.PI)
    const exact = t * (2 * Phi(t) - 1) + 2 * phi - 1 / Math.sqrt(Math.PI)
    const mean = pairs.reduce((a, b) => a + b, 0) / m
    const spread = Math.sqrt(pairs.reduce((s, v) => s + (v - mean) ** 2, 0) / m)
    expect(Math.abs(mean - exact)).toBeLessThan((4 * spread) / Math.sqrt(m))
    expect(() => crps(array(Float64Array.of(1), [1, 1]), row(Float64Array.of(t)))).toThrow(/two at least/)
  })
})

describe('predictive check', () => {
  const m = 50
  const noise = row(new Float64Array(m).fill(0.5))
  const check = (error: number) => {
    const x = draws(m, 'truth')
    const y = row(draws(m, 'noise').map((e, i) => x[i]! + error * e))
    const n = 400
    const samples = draws(n * m, 'posterior').map((z, k) => gain * y.data[k % m]! + std * z)
    return { y, found: predictiveCheck(y, array(samples, [n, m]), noise) }
  }

  it('averages the closed form: |y - A mu|^2 / s^2 + tr(A C A^T) / s^2', () => {
    const { y, found } = check(0.5)
    const exact = y.data.reduce((s, v) => s + ((1 - gain) * v) ** 2 / 0.25, 0) + (m * 0.2) / 0.25
    // Spread of one sample's sum about 2 sqrt(m) 0.8 = 11; four standard errors over 400.
    expect(Math.abs(found.chiSquare - exact)).toBeLessThan((4 * 11) / 20)
    expect(found.p).toBeGreaterThan(0.05)
    expect(found.values).toBe(m)
  })

  it('of one sample is the chi-square tail, and rejects what does not explain the measurements', () => {
    const y = row(Float64Array.of(1, 2))
    const { chiSquare, p } = predictiveCheck(y, array(Float64Array.of(0, 0), [1, 2]), row(Float64Array.of(1, 2)))
    expect([chiSquare, p]).toEqual([2, expect.closeTo(Math.exp(-1), 12)])
    const off = array(new Float64Array(m).fill(3), [1, m])
    expect(predictiveCheck(check(0.5).y, off, noise).p).toBeLessThan(1e-6)
    expect(() => predictiveCheck(y, off, y)).toThrow(/expected shape \[50\]/)
  })
})
