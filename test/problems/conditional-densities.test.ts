import { describe, expect, it } from 'vitest'
import { key, uniform } from '../../src/random.js'
import {
  bimodal,
  conditionalDensities,
  swissroll,
  tanh,
  type ConditionalDensity,
  type Law,
} from '../../problems/conditional-densities/index.js'

const n = 20_000

/** Kolmogorov's distance of values from U(0, 1). */
function distanceFromUniform(values: Float64Array): number {
  const sorted = values.slice().sort()
  return sorted.reduce((worst, u, i) => Math.max(worst, (i + 1) / sorted.length - u, u - i / sorted.length), 0)
}

/** The distance that n uniform values exceed with probability 1e-6: 2 exp(-2 n d^2) = 1e-6. */
const critical = (size: number): number => Math.sqrt(Math.log(2e6) / (2 * size))

/** F(x_i | y_i) of n pairs, with the y_i: uniform, and independent of y, exactly when the pairs follow the law. */
function ranks(density: ConditionalDensity, size: number): { y: number; u: number }[] {
  const { x, y } = density.sample(key(7, density.name), size)
  return Array.from(x.data, (value, i) => ({ y: y.data[i]!, u: density.given(y.data[i]!).cdf(value) }))
}

/** The integral of f over [a, b] by Simpson's rule. */
function integral(f: (x: number) => number, a: number, b: number, panels = 4000): number {
  const h = (b - a) / panels
  let sum = f(a) + f(b)
  for (let i = 1; i < panels; i++) sum += f(a + i * h) * (i % 2 === 1 ? 4 : 2)
  return (sum * h) / 3
}

describe.each(conditionalDensities.map(density => ({ name: density.name, density })))('$name', ({ density }) => {
  const laws: Law[] = density.grid.filter((_, i) => i % 5 === 0).map(y => density.given(y))

  it('draws pairs from the law that it states, for every y', () => {
    const size = density.name === 'swissroll' ? 4000 : n
    const sorted = ranks(density, size).sort((a, b) => a.y - b.y)
    const quarter = size / 4
    for (let q = 0; q < 4; q++) {
      const part = Float64Array.from(sorted.slice(q * quarter, (q + 1) * quarter), ({ u }) => u)
      expect(distanceFromUniform(part)).toBeLessThan(critical(quarter))
    }
  })

  it('has a density that is the slope of its distribution function', () => {
    for (const law of laws) {
      const [a, b] = [law.quantile(0.05), law.quantile(0.95)]
      // Simpson's rule with 4000 panels: h^4 times a fourth derivative below 1e5 is under 1e-7.
      expect(integral(x => law.pdf(x), a, b)).toBeCloseTo(0.9, 7)
    }
  })

  it('has quantiles that invert it', () => {
    for (const law of laws)
      for (const u of [1e-6, 0.01, 0.3, 0.5, 0.77, 0.999]) {
        const error = law.cdf(law.quantile(u)) - u
        expect(Math.abs(error)).toBeLessThan(1e-13) // round-off: cancellation in the tails, relative to 1
      }
  })

  it('makes pair i of its key and i alone', () => {
    const whole = density.sample(key(1), 10)
    const tail = density.sample(key(1), 4, 6)
    expect(whole.x.shape).toEqual([10, 1])
    expect(tail.x.data).toEqual(whole.x.data.slice(6))
    expect(tail.y.data).toEqual(whole.y.data.slice(6))
    expect(density.sample(key(2), 10).x.data).not.toEqual(whole.x.data)
  })

  it('refuses what is no probability and no number', () => {
    for (const u of [0, 1, -0.1, NaN]) expect(() => laws[0]!.quantile(u)).toThrow(`${density.name}: u = ${u}`)
    expect(() => density.given(NaN)).toThrow(`${density.name}: y = NaN is not finite`)
  })
})

describe('closed forms', () => {
  it('tanh: quantile tanh y - 0.3 ln(1 - u), nothing below tanh y', () => {
    const law = tanh.given(0.7)
    expect(law.quantile(0.9)).toBeCloseTo(Math.tanh(0.7) + 0.3 * Math.LN10, 14)
    expect(law.cdf(Math.tanh(0.7) - 1e-9)).toBe(0)
    expect(law.pdf(Math.tanh(0.7))).toBeCloseTo(1 / 0.3, 12)
  })

  it('bimodal: the median is cbrt(y); the density vanishes at 0', () => {
    expect(bimodal.given(0.5).quantile(0.5)).toBeCloseTo(Math.cbrt(0.5), 14)
    expect(bimodal.given(0.5).pdf(0)).toBe(0)
  })

  it('swissroll: the first two moments given y agree with a plain sum over 200,000 points of the curve', () => {
    for (const y of [-0.9, 0.2, 1.3, 2.5]) {
      let [mass, mean, square] = [0, 0, 0]
      for (let i = 0; i < 200_000; i++) {
        const t = 1.5 * Math.PI * (1 + (2 * (i + 0.5)) / 200_000)
        const weight = Math.exp(-0.5 * ((y - 0.1 * t * Math.cos(t)) / 0.1) ** 2)
        mass += weight
        mean += weight * 0.1 * t * Math.sin(t)
        square += weight * ((0.1 * t * Math.sin(t)) ** 2 + 0.01)
      }
      const law = swissroll.given(y)
      // Second order in 5e-5 and fourth order in 0.015 standard deviations: both rules are off by 1e-10 or less.
      expect(integral(x => x * law.pdf(x), -3, 3)).toBeCloseTo(mean / mass, 9)
      expect(integral(x => x * x * law.pdf(x), -3, 3)).toBeCloseTo(square / mass, 9)
    }
  })

  it('swissroll: the noise of x has its size', () => {
    // E[p''(x)/p(x) | y] = int p'' = 0 for x from p; noise larger by 10 % makes it nearly 10 standard errors.
    const { x, y } = swissroll.sample(key(5), 16_000)
    const [h, curvatures] = [1e-3, new Float64Array(16_000)]
    for (let i = 0; i < curvatures.length; i++) {
      const [{ pdf }, at] = [swissroll.given(y.data[i]!), x.data[i]!]
      curvatures[i] = (pdf(at + h) - 2 * pdf(at) + pdf(at - h)) / (h * h * pdf(at))
    }
    const mean = curvatures.reduce((sum, c) => sum + c, 0) / curvatures.length
    const square = curvatures.reduce((sum, c) => sum + (c - mean) ** 2, 0) / curvatures.length
    expect(Math.abs(mean) / Math.sqrt(square / curvatures.length)).toBeLessThan(4.9) // standard errors: 1e-6 by chance
  })

  it('swissroll: stays a law where no data lie', () => {
    const law = swissroll.given(40)
    expect(law.cdf(3)).toBe(1)
    expect(law.quantile(0.5)).toBeGreaterThan(-3)
  })
})

describe('the check of uniformity', () => {
  it('finds pairs from a law that is slightly wrong', () => {
    const u = uniform(key(3), new Float64Array(n))
    expect(distanceFromUniform(u)).toBeLessThan(critical(n))
    expect(distanceFromUniform(u.map(v => v ** 1.1))).toBeGreaterThan(critical(n))
  })
})
