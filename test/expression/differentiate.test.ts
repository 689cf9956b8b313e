import { describe, expect, it } from 'vitest'
import { formula } from '../../src/expression.js'
import { checkDerivative, points, table, thrown, xy } from './formulas.js'

describe('derivative', () => {
  // Points nearer than 0.02 to a kink (x = y, a switch of max) are left out: there the difference is not the derivative.
  const awayFromKinks = (text: string, x: number, y: number): boolean => {
    const f = formula(text, xy)
    const slope = (dx: number, dy: number): number => f.derivative('x').value({ x: x + dx, y: y + dy })
    const kinked = /max|min|\?/.test(text)
    const near = [slope(0.02, 0), slope(-0.02, 0), slope(0, 0.02), slope(0, -0.02)]
    return !kinked || near.every(s => Math.abs(s - slope(0, 0)) < 0.2)
  }

  it.each(table)('of %s agrees with central differences', (text, _, low, high) => {
    const margin = 0.05 * (high - low)
    const [x, y] = [points('dx', low + margin, high - margin), points('dy', low + margin, high - margin)]
    const f = formula(text, xy)
    let used = 0
    x.forEach((a, i) => {
      if (!awayFromKinks(text, a, y[i]!)) return
      checkDerivative(f, a, y[i]!, 1e-6)
      used++
    })
    expect(used).toBeGreaterThan(20)
  })

  it('of erf is the Gaussian, and the second derivative its slope', () => {
    const f = formula('erf(x)', xy)
    for (const x of points('erf', -2, 2)) {
      const gaussian = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x)
      expect(f.derivative('x').value({ x })).toBeCloseTo(gaussian, 13)
      expect(f.derivative('x').derivative('x').value({ x })).toBeCloseTo(-2 * x * gaussian, 12)
    }
  })

  it.each([
    ['3 * x^2', '6 * x'],
    ['x^3 - 2*x + 1', '3 * x^2 - 2'],
    ['y', '0'],
    ['x / y', '1 / y'],
    ['0.01*(50/0.01)^x', '0.01 * ((50 / 0.01)^x * log(50 / 0.01))'],
    ['x^y', 'y * x^(y - 1)'],
    ['y - (1 - x)', '1'],
    ['(x - 1) * (x + 1)', 'x + 1 + (x - 1)'],
    ['max(x, 1)', 'x >= 1 ? 1 : 0'],
    ['min(y, 2 * x)', 'y <= 2 * x ? 0 : 2'],
    ['abs(x)', 'sign(x)'],
    ['floor(x) + sign(x) + round(x) + ceil(x)', '0'],
    ['x < 1 ? x^2 : 2*x - 1', 'x < 1 ? 2 * x : 2'],
    ['(x < 1 ? x : 3) * y', '(x < 1 ? 1 : 0) * y'],
    ['sin(-x)', '-cos(-x)'],
  ])('of %s is written %s', (text, expected) => {
    expect(formula(text, xy).derivative('x').text).toBe(expected)
  })

  it('follows the documented rules at kinks', () => {
    const at = (text: string, x: number): number => formula(text, xy).derivative('x').value({ x })
    expect([at('abs(x)', -2), at('abs(x)', 0), at('abs(x)', 2)]).toEqual([-1, 0, 1])
    expect([at('max(2 * x, x)', 0), at('max(x, 2 * x)', 0), at('min(2 * x, x)', 0)]).toEqual([2, 1, 2])
    expect([at('x < 1 ? 5 * x : 7 * x', 1), at('x <= 1 ? 5 * x : 7 * x', 1)]).toEqual([7, 5])
  })

  it('is a formula: its text reads back to the same values and its errors have places', () => {
    for (const [text, , low, high] of table) {
      const slope = formula(text, xy).derivative('x')
      const again = formula(slope.text, xy)
      const [x, y] = [points('x', low, high), points('y', low, high)]
      expect(again.values({ x, y })).toEqual(slope.values({ x, y }))
    }
    const slope = formula('2 * sqrt(x - 1)', xy).derivative('x')
    expect(slope.text).toBe('2 / (2 * sqrt(x - 1))')
    expect(thrown(() => slope.value({ x: 1 })).position).toBe(slope.text.indexOf('/'))
    expect(thrown(() => slope.value({ x: 0 })).position).toBe(slope.text.indexOf('sqrt'))
  })

  it('reports constant parts that overflow, in its own text', () => {
    const error = thrown(() => formula('1e300 * (1e10 * x)', xy).derivative('x'))
    expect([error.text, error.position]).toEqual(['1e+300 * 10000000000', 7])
  })

  it('refuses a name that is no variable, and grows no further than is sensible', () => {
    expect(() => formula('x', { variables: ['theta'], constants: { x: 1 } }).derivative('x')).toThrow(
      '"x" is not a variable',
    )
    expect(() => formula('sigma', { variables: ['sigma'] }).derivative('sigm')).toThrow('did you mean "sigma"?')
    const product = formula(Array.from({ length: 400 }, () => 'x').join('*'), xy)
    expect(() => product.derivative('x')).toThrow(/the derivative has \d+ terms, at most 20000/)
  })
})
