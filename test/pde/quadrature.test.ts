import { describe, expect, it } from 'vitest'
import { integrate, invert } from '../../src/pde/quadrature.js'

describe('integrate', () => {
  it('is exact for polynomials up to degree 22 on one panel', () => {
    for (let n = 0; n <= 22; n++) {
      const exact = (3 ** (n + 1) - (-1) ** (n + 1)) / (n + 1)
      expect(Math.abs(integrate(x => x ** n, -1, 3) / exact - 1)).toBeLessThan(1e-13)
    }
  })

  it('reaches round-off on a sharp peak and on an endpoint singularity', () => {
    const peak = integrate(x => 1 / (1e-4 + x * x), -1, 1)
    expect(Math.abs(peak / (200 * Math.atan(100)) - 1)).toBeLessThan(1e-12)
    expect(Math.abs(integrate(x => 1 / Math.sqrt(x), 0, 1) - 2)).toBeLessThan(1e-7) // depth 50: 2^-25 of the range left
    expect(integrate(x => 1 / Math.sqrt(x), 1, 1)).toBe(0)
  })

  it('stops where round-off hides the error asked for: a spike between the first nodes', () => {
    const spike = integrate(x => Math.exp(-(((x - 0.345) / 0.008) ** 2)), 0, 1)
    expect(Math.abs(spike / (0.008 * Math.sqrt(Math.PI)) - 1)).toBeLessThan(1e-12)
  })

  it('says that an integrand is too rough', () => {
    expect(() => integrate(x => 1 + (Math.sin(1e9 * x) > 0 ? 1 : 0), 0, 1)).toThrow('does not converge')
  })

  it('returns NaN rather than hanging where the integrand is NaN', () => {
    expect(integrate(() => NaN, 0, 1)).toBeNaN()
  })
})

describe('invert', () => {
  it('inverts increasing functions to round-off', () => {
    for (const x of [0, 1e-9, 0.1, 0.5, 0.999, 1]) {
      expect(Math.abs(invert(t => 0.01 * 5000 ** t, 0.01 * 5000 ** x, 0, 1) - x)).toBeLessThan(2e-15)
      expect(Math.abs(invert(t => t * t, x * x, 0, 1) - x)).toBeLessThan(1e-15)
      expect(Math.abs(invert(t => Math.tan(1.5 * t), Math.tan(1.5 * x), 0, 1) - x)).toBeLessThan(1e-15)
    }
  })

  it('names a value outside the range', () => {
    expect(() => invert(x => x, 2, 0, 1)).toThrow('2 lies outside the range [0, 1]')
  })
})
