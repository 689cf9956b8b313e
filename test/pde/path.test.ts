import { describe, expect, it } from 'vitest'
import { pathOf, paths, type Path } from '../../src/pde/path.js'
import { allPaths, builtInPaths } from './processes.js'

const sigmas = [1e-8, 1e-4, 0.01, 0.3, 1, 2.7, 20, 1e3]
const vpk = (k: number): Path => paths.create('vp-k', { k })
const relative = (a: number, b: number): number => Math.abs(a / b - 1)

describe('every path', () => {
  it('starts at exactly 1 and never grows, with a contraction between 0 and 1', () => {
    for (const path of allPaths) {
      expect(path.scale(0)).toBe(1)
      expect(path.contraction(0)).toBe(0)
      sigmas.forEach((sigma, i) => {
        expect(path.scale(sigma)).toBeLessThanOrEqual(path.scale(sigmas[i - 1] ?? 0))
        expect(path.contraction(sigma)).toBeGreaterThanOrEqual(0)
        expect(path.contraction(sigma)).toBeLessThanOrEqual(1 + 1e-9)
      })
    }
  })

  it('has ln xi as the logarithm of its formula', () => {
    for (const path of allPaths)
      for (const sigma of sigmas)
        expect(Math.abs(path.logScale(sigma) - Math.log(path.xi.value({ sigma })))).toBeLessThan(1e-9)
  })

  it('has the contraction that a central difference of ln xi gives', () => {
    const h = 1e-4 // error h^2/6 times a third derivative of order k^2, and round-off 1e-16/h
    for (const path of allPaths)
      for (const sigma of [0.01, 0.3, 1, 2.7, 20]) {
        const slope = (path.logScale(sigma * Math.exp(h)) - path.logScale(sigma * Math.exp(-h))) / (2 * h)
        expect(Math.abs(path.contraction(sigma) + slope)).toBeLessThan(1e-7)
      }
  })
})

describe('built-in paths', () => {
  it('satisfy their identities: m^k + s^k = 1 and s = 1 - m^2', () => {
    for (const sigma of sigmas) {
      for (const k of [0.5, 1, 2, 3, 7]) {
        const m = vpk(k).scale(sigma)
        expect(Math.abs(m ** k + (m * sigma) ** k - 1)).toBeLessThan(1e-14)
      }
      const m = paths.create('subvp').scale(sigma)
      expect(Math.abs(m * sigma + m * m - 1)).toBeLessThan(1e-14)
      expect(paths.create('ve').scale(sigma)).toBe(1)
      expect(paths.create('vp').scale(sigma)).toBe(vpk(2).scale(sigma))
    }
  })

  it('have the b/gamma of theory.md, section 2', () => {
    for (const sigma of sigmas) {
      const ratio = (path: Path): number => path.contraction(sigma) / (2 * sigma ** 2)
      for (const k of [0.5, 1, 2, 3])
        expect(relative(ratio(vpk(k)), sigma ** (k - 2) / (2 * (1 + sigma ** k)))).toBeLessThan(1e-13)
      expect(relative(ratio(paths.create('subvp')), 1 / (2 * sigma * Math.sqrt(sigma ** 2 + 4)))).toBeLessThan(1e-13)
    }
  })

  it('keep ln xi where 1 + sigma^k rounds to 1, and s where xi underflows in its formula', () => {
    for (const k of [1, 2, 3]) expect(relative(-vpk(k).logScale(1e-9), 1e-9 ** k / k)).toBeLessThan(1e-8)
    expect(relative(-paths.create('subvp').logScale(1e-9), 0.5e-9)).toBeLessThan(1e-14)
    for (const path of builtInPaths.filter(({ name }) => name !== 've'))
      expect(relative(Math.exp(path.logScale(1e200) + Math.log(1e200)), 1)).toBeLessThan(1e-12)
  })

  it('reach the values of the literature: xi sigma at 20, m at 0.01', () => {
    expect(vpk(2).scale(20) * 20).toBeCloseTo(0.99875, 5)
    expect(vpk(1).scale(20) * 20).toBeCloseTo(0.9524, 4)
    expect(vpk(0.5).scale(20) * 20).toBeCloseTo(0.668, 3)
    expect(vpk(0.5).scale(0.01)).toBeCloseTo(0.826, 3)
  })

  it('agree with the same formula written by a user', () => {
    const written = pathOf('mine', '(1+sigma^2)^(-1/2)')
    for (const sigma of sigmas)
      expect(relative(written.scale(sigma), paths.create('vp').scale(sigma))).toBeLessThan(1e-14)
  })
})

describe('registry', () => {
  it('lists entries with their parameters', () => {
    expect(paths.list().map(({ name }) => name)).toEqual(['ve', 'vp', 'vp-k', 'subvp'])
    expect(paths.list()[2]!.parameters).toMatchObject({ k: { default: 1 } })
  })

  it('names the nearest known name, parameter and range', () => {
    expect(() => paths.create('vpk')).toThrow("unknown path 'vpk'; did you mean 'vp'")
    expect(() => paths.create('vp-k', { j: 1 })).toThrow("unknown parameter of path 'vp-k': 'j'; did you mean 'k'?")
    expect(() => paths.create('vp', { k: 1 })).toThrow("unknown parameter of path 'vp': 'k'; there are none")
    for (const k of [0, -1, NaN, Infinity]) expect(() => paths.create('vp-k', { k })).toThrow(`k = ${k} is not in`)
    expect(() => paths.register(paths.list()[0]!)).toThrow("path 've' is already registered")
  })
})
