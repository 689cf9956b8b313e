import { describe, expect, it } from 'vitest'
import { formula } from '../../src/expression.js'
import { type Reference, points, thrown, xy } from './formulas.js'

describe('results that are not finite', () => {
  it.each<[text: string, x: number, position: number, message: string]>([
    ['1 + log(x - 3)', 1, 4, 'log(-2) is not a finite real number: log(a) needs a > 0, with x = 1'],
    ['log(x)', 0, 0, 'log(0) is not a finite real number'],
    ['2 * sqrt(x)', -1, 4, 'sqrt(-1) is not'],
    ['log2(x)', -1, 0, 'log2(-1)'],
    ['log10(x)', -1, 0, 'log10(-1)'],
    ['log1p(x)', -1, 0, 'log1p(-1) is not a finite real number: log1p(a) needs a > -1'],
    ['asin(x)', 2, 0, 'needs -1 <= a <= 1'],
    ['acos(x)', 2, 0, 'needs -1 <= a <= 1'],
    ['acosh(x)', 0.5, 0, 'needs a >= 1'],
    ['atanh(x)', 1, 0, 'needs -1 < a < 1'],
    ['x^0.5', -4, 1, '(-4) ^ 0.5 is not a real number: a negative base needs an integer exponent, with x = -4'],
    ['pow(x, 1/3)', -8, 0, '(-8) ^ 0.333'],
    ['x^-1', 0, 1, '0 ^ (-1) divides by zero'],
    ['1 / x', 0, 2, '1 / 0 divides by zero, with x = 0'],
    ['x / x', 0, 2, '0 / 0 divides by zero'],
    ['1 / (1 / x)', 0, 7, '1 / 0 divides by zero'],
    ['exp(x)', 1000, 0, 'exp(1000) overflows: it is too large for a float64, with x = 1000'],
    ['exp(-exp(x))', 1000, 5, 'exp(1000) overflows'],
    ['x^x', 1000, 1, '1000 ^ 1000 overflows'],
    ['x * 1e300', 1e300, 2, 'overflows'],
    ['x^2', 1e200, 1, '1e+200 ^ 2 overflows'],
    ['x + x', 1.5e308, 2, 'overflows'],
    ['-x - x', 1.5e308, 3, 'overflows'],
    ['sinh(x)', 1000, 0, 'overflows'],
    ['1 + x', NaN, 4, 'x is NaN, not a finite number'],
    ['atan(x)', Infinity, 5, 'x is Infinity, not a finite number'],
  ])('%s at x = %s', (text, x, position, message) => {
    const f = formula(text, xy)
    const error = thrown(() => f.value({ x }))
    expect(error.message).toContain(message)
    expect([error.text, error.position]).toEqual([text, position])
    const good = text.startsWith('acosh') ? 2 : text.includes('x - 3') ? 4 : 0.5
    const array = new Float64Array(1200).fill(good)
    array[700] = x
    array[900] = x
    const many = thrown(() => f.values({ x: array }))
    expect(many.message).toContain(message)
    expect(many.message).toContain('at index 700\n')
    expect(many.position).toBe(position)
  })

  it('reports the first index, whatever the order of the operations', () => {
    const f = formula('log(x) + 1 / y', xy)
    const error = thrown(() => f.values({ x: Float64Array.of(1, 1, 1, -1), y: Float64Array.of(1, 0, 1, 1) }))
    expect(error.message).toContain('1 / 0 divides by zero, with y = 0, at index 1')
    expect(error.position).toBe(f.text.indexOf('/'))
  })

  it('evaluates only the branch that is taken', () => {
    const f = formula('x > 0 ? log(x) : x == 0 ? 0 : 1 / x', xy)
    const x = Float64Array.of(1, 2, 0, -2, 4, 0, 0, -1)
    expect(f.values({ x })).toEqual(x.map(v => (v > 0 ? Math.log(v) : v === 0 ? 0 : 1 / v)))
    expect(f.value({ x: 0 })).toBe(0)
    const nested = formula('(x > 0 ? sqrt(x) * (y > 0 ? log(y) : y) : -x) + (y < 0 ? sqrt(-y) : x)', xy)
    const g: Reference = (a, b) => (a > 0 ? Math.sqrt(a) * (b > 0 ? Math.log(b) : b) : -a) + (b < 0 ? Math.sqrt(-b) : a)
    const [a, b] = [points('a', -1, 1, 2000), points('b', -1, 1, 2000)]
    expect(nested.values({ x: a, y: b })).toEqual(a.map((v, i) => g(v, b[i]!)))
  })

  it('underflow is zero', () => {
    expect(formula('exp(-x)', xy).value({ x: 1000 })).toBe(0)
  })

  it('names a missing variable or one of the wrong kind, at its place', () => {
    const f = formula('1 + x * y', xy)
    expect(thrown(() => f.value({ x: 1 }))).toMatchObject({ position: 8, message: expect.stringContaining('no value is given for the variable "y"') as string }) // prettier-ignore
    expect(thrown(() => f.values({ y: 1 })).position).toBe(4)
    expect(() => f.value({ x: '1' as unknown as number, y: 1 })).toThrow(
      'the value given is not a number for the variable "x"',
    )
    expect(() => f.values({ x: [1] as unknown as Float64Array, y: 1 })).toThrow('not a number or a Float64Array')
    expect(formula('2', xy).value({})).toBe(2)
    const inherited = Object.create({ x: 1, y: 1 }) as Record<string, number>
    expect(() => f.value(inherited)).toThrow('no value is given')
  })
})
