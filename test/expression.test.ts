import { describe, expect, it } from 'vitest'
import { formula } from '../src/expression.js'
import { integers, key } from '../src/random.js'
import { type Reference, checkDerivative, points, table, xy } from './expression/formulas.js'

describe('values', () => {
  it.each(table)('%s is what JavaScript computes, bit by bit', (text, reference, low, high) => {
    const f = formula(text, xy)
    const [x, y] = [points('x', low, high), points('y', low, high)]
    // x^2 is x * x and x^3 is Math.pow, as in the references.
    x.forEach((a, i) => expect(f.value({ x: a, y: y[i]! })).toBe(reference(a, y[i]!)))
  })

  it.each(table)('%s at many points is the same at each', (text, _, low, high) => {
    const f = formula(text, xy)
    const n = 1500 // three blocks, the last one incomplete
    const [x, y] = [points('x', low, high, n), points('y', low, high, n)]
    const expected = Float64Array.from(x, (a, i) => f.value({ x: a, y: y[i]! }))
    expect(f.values({ x, y })).toEqual(expected)
    const out = new Float64Array(n)
    expect(f.values({ x, y: y[0]! }, out)).toBe(out)
    expect(out).toEqual(Float64Array.from(x, a => f.value({ x: a, y: y[0]! })))
  })

  // To 20 digits from tables of erf (Abramowitz and Stegun, table 7.1); within 2 units of the last place.
  it.each([
    [0.5, 0.52049987781304653768],
    [1, 0.84270079294971486934],
    [2, 0.99532226501895273416],
    [-3, -0.99997790950300141456],
    [1e-10, 1.1283791670955125739e-10],
  ])('erf(%s)', (x, expected) => {
    expect(Math.abs(formula('erf(x)', xy).value({ x }) / expected - 1)).toBeLessThan(2 ** -51)
  })

  it.each([
    ['1 + 2 * 3 ^ 2', 19],
    ['-2^2', -4],
    ['(-2)^2', 4],
    ['2^3^2', 512],
    ['2^-1', 0.5],
    ['8 / 4 / 2', 1],
    ['8 - 4 - 2', 2],
    ['-3 * -2', 6],
    ['--2', 2],
    ['((((1))))', 1],
    ['.5 + 1. + 1e-1 + 2.5E+1', 0.5 + 1 + 0.1 + 25],
    ['1 < 2 ? 3 : 4', 3],
    ['(2 != 2) ? 3 : 4', 4],
    ['2 == 2 ? 3 : 4', 3],
    ['1 + (1 > 2 ? 3 : 4)', 5],
    ['atan2(0 * -1, -1)', -Math.PI], // a negative zero stays one
    ['\t1\n + 2 ', 3],
  ])('%j is %s', (text, value) => {
    expect(formula(text, xy).value({})).toBe(value)
  })

  it('uses named constants, and keeps its declaration', () => {
    const f = formula('lambda * x', { variables: ['x'], constants: { lambda: 2.5 } })
    expect(f.value({ x: 2 })).toBe(5)
    expect([f.text, f.variables]).toEqual(['lambda * x', ['x']])
    expect(f.derivative('x').text).toBe('lambda')
    expect(f.derivative('x').value({})).toBe(2.5)
  })

  it('has one length for all arrays, also those that do not occur', () => {
    const two = new Float64Array(2)
    expect(formula('3', xy).values({ x: two })).toEqual(Float64Array.of(3, 3))
    expect(formula('3', xy).values({}, new Float64Array(3))).toEqual(Float64Array.of(3, 3, 3))
    expect(formula('3', xy).values({})).toEqual(Float64Array.of(3))
    expect(formula('x', xy).values({ x: 4 })).toEqual(Float64Array.of(4))
    expect(formula('x', xy).values({ x: new Float64Array(0) })).toHaveLength(0)
    expect(() => formula('x + y', xy).values({ x: two, y: new Float64Array(3) })).toThrow(
      '"x" has length 2, but "y" has 3',
    )
    expect(() => formula('x', xy).values({ x: two }, new Float64Array(3))).toThrow('"x" has length 2, but "out" has 3')
  })

  it('may write over its input, and forgets earlier points', () => {
    const f = formula('x * x + 1', xy)
    const x = Float64Array.of(1, 2, 3)
    expect(f.values({ x }, x)).toEqual(Float64Array.of(2, 5, 10))
    expect(f.value({ x: 2 })).toBe(5)
    expect(() => f.value({ x: NaN })).toThrow('x is NaN')
    expect(f.value({ x: 3 })).toBe(10)
    expect(f.values({ x: 7 })).toEqual(Float64Array.of(50))
  })
})

describe('random expressions', () => {
  /** An expression of the given depth, smooth and finite for x, y in (0.5, 1.5), beside the same in JavaScript. */
  function expression(draw: (n: number) => number, depth: number): { text: string; f: Reference } {
    if (depth === 0) {
      const k = draw(4)
      if (k === 0) return { text: 'x', f: x => x }
      if (k === 1) return { text: 'y', f: (_, y) => y }
      const c = (1 + draw(15)) / 8
      return { text: `${c}`, f: () => c }
    }
    const a = expression(draw, depth - 1)
    const b = expression(draw, draw(depth))
    const [A, B] = [`(${a.text})`, `(${b.text})`]
    const forms: { text: string; f: Reference }[] = [
      { text: `${A} + ${B}`, f: (x, y) => a.f(x, y) + b.f(x, y) },
      { text: `${A} - ${B}`, f: (x, y) => a.f(x, y) - b.f(x, y) },
      { text: `0.5 * ${A} * ${B}`, f: (x, y) => 0.5 * a.f(x, y) * b.f(x, y) },
      { text: `${A} / (1 + ${B}^2)`, f: (x, y) => a.f(x, y) / (1 + b.f(x, y) * b.f(x, y)) },
      { text: `-${A}`, f: (x, y) => -a.f(x, y) },
      { text: `sin(${a.text})`, f: (x, y) => Math.sin(a.f(x, y)) },
      { text: `tanh(${a.text})`, f: (x, y) => Math.tanh(a.f(x, y)) },
      { text: `exp(-${A}^2)`, f: (x, y) => Math.exp(-(a.f(x, y) * a.f(x, y))) },
      { text: `atan2(${a.text}, 2 + sin(${b.text}))`, f: (x, y) => Math.atan2(a.f(x, y), 2 + Math.sin(b.f(x, y))) },
      { text: `log(1 + ${A}^2)`, f: (x, y) => Math.log(1 + a.f(x, y) * a.f(x, y)) },
      { text: `(1 + ${A}^2)^sin(${b.text})`, f: (x, y) => Math.pow(1 + a.f(x, y) * a.f(x, y), Math.sin(b.f(x, y))) },
      { text: `hypot(${a.text}, 1, ${b.text})`, f: (x, y) => Math.hypot(Math.hypot(a.f(x, y), 1), b.f(x, y)) },
      { text: `x + y < 4 ? ${A} : ${B}`, f: a.f }, // always so in the box: smooth
    ]
    return forms[draw(forms.length)]!
  }

  it.each(Array.from({ length: 100 }, (_, i) => i))('number %i: value, values, derivative, text and LaTeX', i => {
    const stream = integers(key(3, 'tree', i), 0, 2 ** 31, new Int32Array(2000))
    let used = 0
    const { text, f } = expression(n => stream[used++]! % n, 1 + (i % 5))
    const parsed = formula(text, xy)
    const [x, y] = [points(`x${i}`, 0.6, 1.4, 5), points(`y${i}`, 0.6, 1.4, 5)]
    const values = parsed.values({ x, y })
    x.forEach((a, k) => {
      expect(values[k]).toBe(f(a, y[k]!))
      expect(parsed.value({ x: a, y: y[k]! })).toBe(values[k])
      checkDerivative(parsed, a, y[k]!, 1e-5)
    })
    for (const v of ['x', 'y']) {
      const slope = parsed.derivative(v)
      expect(formula(slope.text, xy).values({ x, y })).toEqual(slope.values({ x, y }))
      const tex = slope.latex()
      expect(tex.split('{').length).toBe(tex.split('}').length)
      expect(tex.split('\\left').length).toBe(tex.split('\\right').length)
    }
  })
})
