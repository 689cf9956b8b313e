import { describe, expect, it } from 'vitest'
import { type Formula, FormulaError, formula } from '../src/expression.js'
import { integers, key, uniform } from '../src/random.js'

const xy = { variables: ['x', 'y'] }

function thrown(run: () => unknown): FormulaError {
  try {
    run()
  } catch (error) {
    if (error instanceof FormulaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Uniform on (low, high), one stream for each name. */
function points(name: string, low: number, high: number, n = 40): Float64Array {
  return uniform(key(7, name), new Float64Array(n)).map(u => low + (high - low) * u)
}

type Reference = (x: number, y: number) => number
/** Formula, the same in JavaScript, and a box in which it is smooth and finite. */
const table: [text: string, reference: Reference, low: number, high: number][] = [
  ['x + y', (x, y) => x + y, -3, 3],
  ['x - y', (x, y) => x - y, -3, 3],
  ['x * y', (x, y) => x * y, -3, 3],
  ['x / y', (x, y) => x / y, 0.3, 3],
  ['x ^ y', Math.pow, 0.3, 3],
  ['pow(x, y)', Math.pow, 0.3, 3],
  ['x^2', x => x * x, -3, 3],
  ['x^3', x => x ** 3, -3, 3],
  ['x^-2', x => x ** -2, 0.3, 3],
  ['2^x', x => 2 ** x, -3, 3],
  ['-x', x => -x, -3, 3],
  ['+x', x => x, -3, 3],
  ['exp(x)', Math.exp, -3, 3],
  ['expm1(x)', Math.expm1, -1, 1],
  ['log(x)', Math.log, 0.2, 5],
  ['log2(x)', Math.log2, 0.2, 5],
  ['log10(x)', Math.log10, 0.2, 5],
  ['log1p(x)', Math.log1p, -0.7, 3],
  ['sqrt(x)', Math.sqrt, 0.2, 5],
  ['cbrt(x)', Math.cbrt, 0.2, 5],
  ['cbrt(x) + y', (x, y) => Math.cbrt(x) + y, -5, -0.2],
  ['abs(x)', Math.abs, 0.1, 3],
  ['abs(x) * y', (x, y) => Math.abs(x) * y, -3, -0.1],
  ['sign(x)', Math.sign, 0.1, 3],
  ['floor(x)', Math.floor, 1.1, 1.9],
  ['ceil(x)', Math.ceil, -1.9, -1.1],
  ['round(x)', Math.round, -0.4, 0.4],
  ['sin(x)', Math.sin, -4, 4],
  ['cos(x)', Math.cos, -4, 4],
  ['tan(x)', Math.tan, -1.2, 1.2],
  ['asin(x)', Math.asin, -0.9, 0.9],
  ['acos(x)', Math.acos, -0.9, 0.9],
  ['atan(x)', Math.atan, -4, 4],
  ['atan2(x, y)', Math.atan2, 0.2, 3],
  ['sinh(x)', Math.sinh, -3, 3],
  ['cosh(x)', Math.cosh, -3, 3],
  ['tanh(x)', Math.tanh, -3, 3],
  ['asinh(x)', Math.asinh, -3, 3],
  ['acosh(x)', Math.acosh, 1.2, 4],
  ['atanh(x)', Math.atanh, -0.9, 0.9],
  ['hypot(x, y)', Math.hypot, 0.2, 3],
  ['hypot(x, y, 2)', (x, y) => Math.hypot(Math.hypot(x, y), 2), -3, 3],
  ['max(x, y)', Math.max, -3, 3],
  ['min(x, y)', Math.min, -3, 3],
  ['max(x^2, y, 1)', (x, y) => Math.max(x * x, y, 1), -3, 3],
  ['min(x, sin(y), -0.5)', (x, y) => Math.min(x, Math.sin(y), -0.5), -3, 3],
  ['x < y ? x * y : x - y^2', (x, y) => (x < y ? x * y : x - y * y), -3, 3],
  ['x >= 0 ? sqrt(x) : -sqrt(-x)', x => (x >= 0 ? Math.sqrt(x) : -Math.sqrt(-x)), 0.2, 3],
  ['(x > y ? 1 : 2) * x + y', (x, y) => (x > y ? 1 : 2) * x + y, -3, 3],
  ['x <= 1 ? x : y <= 2 ? y : x * y', (x, y) => (x <= 1 ? x : y <= 2 ? y : x * y), 0, 3],
  ['0.01 * (50 / 0.01)^x', x => 0.01 * (50 / 0.01) ** x, 0, 1],
  ['exp(-x^2 / (2 * y^2)) / (y * sqrt(2 * pi))', (x, y) => Math.exp(-(x * x) / (2 * (y * y))) / (y * Math.sqrt(2 * Math.PI)), 0.5, 2],
  ['e^x - pi', x => Math.E ** x - Math.PI, -2, 2],
] // prettier-ignore

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

/**
 * Central differences at steps h and h/2, extrapolated: error h^4 f'''''/480 + 2 eps f / h. With h = 2e-3 and functions of
 * order one to thirty with fifth derivatives up to 1e4 that is below 1e-8 of the size of the values near by.
 */
function difference(f: (v: number) => number, v: number, h = 2e-3): number {
  const d = (s: number): number => (f(v + s) - f(v - s)) / (2 * s)
  return (4 * d(h / 2) - d(h)) / 3
}

function checkDerivative(f: Formula, x: number, y: number, tolerance = 1e-7): void {
  for (const v of ['x', 'y']) {
    const along = (s: number): number => f.value({ x, y, [v]: s })
    const expected = difference(along, v === 'x' ? x : y)
    const actual = f.derivative(v).value({ x, y })
    expect(Math.abs(actual - expected)).toBeLessThan(tolerance * (1 + Math.abs(expected) + Math.abs(f.value({ x, y }))))
  }
}

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

describe('latex', () => {
  const variables = ['x', 'y', 'sigma', 'sigma_max', 'x1', 'theta_1', 'speed', 'k_B_eff', 'alpha2_min']
  it.each([
    ['0.01*(50/0.01)^x', '0.01 \\cdot \\left(\\frac{50}{0.01}\\right)^{x}'],
    ['-x^2', '-x^{2}'],
    ['(-x)^2', '\\left(-x\\right)^{2}'],
    ['(x^2)^3', '\\left(x^{2}\\right)^{3}'],
    ['x^-y', 'x^{-y}'],
    ['sin(x)^2', '\\left(\\sin\\left(x\\right)\\right)^{2}'],
    ['x - (y - 1)', 'x - \\left(y - 1\\right)'],
    ['x - y - 1', 'x - y - 1'],
    ['x * (y + 1)', 'x \\cdot \\left(y + 1\\right)'],
    ['x * -y', 'x \\cdot \\left(-y\\right)'],
    ['-(x + y)', '-\\left(x + y\\right)'],
    ['x / (y + 1) * 2', '\\frac{x}{y + 1} \\cdot 2'],
    ['sqrt(x) + cbrt(y)', '\\sqrt{x} + \\sqrt[3]{y}'],
    ['abs(x - 1)', '\\left|x - 1\\right|'],
    ['floor(x)', '\\left\\lfloor x\\right\\rfloor'],
    ['exp(log(x))', '\\exp\\left(\\ln\\left(x\\right)\\right)'],
    ['max(x, y, 1)', '\\max\\left(x, y, 1\\right)'],
    ['atan2(y, x)', '\\operatorname{atan2}\\left(y, x\\right)'],
    ['x <= 1 ? x : y', '\\begin{cases} x & \\text{if } x \\le 1 \\\\ y & \\text{otherwise} \\end{cases}'],
    ['1e-7 * x', '10^{-7} \\cdot x'],
    ['2.5e21^x', '\\left(2.5 \\cdot 10^{21}\\right)^{x}'],
    ['pi * sigma * sigma_max', '\\pi \\cdot \\sigma \\cdot \\sigma_{\\mathrm{max}}'],
    ['x1 + theta_1 + speed', 'x_{1} + \\theta_{1} + \\mathrm{speed}'],
    ['k_B_eff + alpha2_min', 'k_{B,\\mathrm{eff}} + \\alpha_{2,\\mathrm{min}}'],
  ])('of %s', (text, expected) => {
    expect(formula(text, { variables }).latex()).toBe(expected)
  })

  it('stays linear for nested functions', () => {
    expect(formula(`${'sin('.repeat(45)}x${')'.repeat(45)}`, xy).latex().length).toBeLessThan(45 * 30)
  })
})

describe('refusals', () => {
  it.each<[text: string, position: number, message: string]>([
    // Names.
    ['1 + sgima', 4, 'unknown name "sgima"; did you mean "sigma"?'],
    ['sigma + z', 8, 'unknown name "z"; known names: sigma, x, c, pi, e'],
    ['x + sgn(x)', 4, 'unknown function "sgn"; did you mean "sign"?'],
    ['ln(x)', 0, 'the natural logarithm is "log"'],
    ['SIN(x)', 0, 'unknown function "SIN"'],
    ['sin + 1', 0, 'the function "sin" needs its arguments in brackets'],
    ['x + x(2)', 4, '"x" is not a function; a product is written with *'],
    ['pi(2)', 0, '"pi" is not a function'],
    ['x + constructor', 4, 'unknown name "constructor"'],
    ['toString', 0, 'unknown name "toString"'],
    ['valueOf(x)', 0, 'unknown function "valueOf"'],
    ['hasOwnProperty(x)', 0, 'unknown function "hasOwnProperty"'],
    ['x + __proto__', 4, 'unexpected character "_"'],
    ['i', 0, 'unknown name "i"'],
    ['x + Infinity', 4, '"Infinity" is not supported'],
    ['NaN', 0, '"NaN" is not supported'],
    ['true', 0, '"true" is not supported'],
    ['null', 0, '"null" is not supported'],
    ['end', 0, '"end" is not supported'],
    // Arity.
    ['1 + atan2(x)', 4, 'atan2 takes 2 arguments, not 1'],
    ['sin(x, 2)', 0, 'sin takes 1 argument, not 2'],
    ['x * exp()', 4, 'exp takes 1 argument, not 0'],
    ['max(x)', 0, 'max takes 2 or more arguments, not 1'],
    ['sin(x) + sin(sin(x, 1))', 13, 'sin takes 1 argument, not 2'],
    // What mathjs can do and a formula cannot.
    ['x = 3', 2, 'assignment and function definition are not supported'],
    ['f(x) = x', 5, 'assignment and function definition'],
    ['sin(x) = x', 7, 'assignment and function definition'],
    ['x += 1', 3, 'assignment'],
    ['import(x)', 0, 'unknown function "import"'],
    ['createUnit("x")', 11, 'text is not supported'],
    ['evaluate(x)', 0, 'unknown function "evaluate"'],
    ['parse(x)', 0, 'unknown function "parse"'],
    ['derivative(x, x)', 0, 'unknown function "derivative"'],
    ['x.constructor', 1, 'property access'],
    ['x["constructor"]', 1, 'matrices, indexing and objects'],
    ['sin.constructor(x)', 3, 'property access'],
    ['[1, 2]', 0, 'matrices'],
    ['{a: 1}', 0, 'matrices, indexing and objects'],
    ["x'", 1, 'text is not supported'],
    ['`x`', 0, 'text is not supported'],
    ['5 cm', 2, 'an operator is missing'],
    ['x to x', 2, '"to" is not supported'],
    ['x mod 2', 2, '"mod" is not supported'],
    ['1:3', 1, 'ranges are not supported'],
    ['x < 1 ? 2 : 3 : 4', 14, 'ranges are not supported'],
    ['x < 1 ? (2 : 3) : 4', 11, 'ranges are not supported'],
    ['x; x', 1, 'a formula is one expression'],
    ['x # note', 2, 'a formula is one expression'],
    ['5!', 1, 'factorial and percent'],
    ['5%', 1, 'factorial and percent'],
    ['x .* 2', 2, 'element-wise'],
    ['2.*x', 2, 'is not supported'],
    ['x & 1', 2, 'unexpected character "&"'],
    ['~x', 0, 'unexpected character "~"'],
    ['x + σ', 4, 'unexpected character "σ"'],
    ['x + 😀', 4, 'unexpected character "😀"'],
    ['x -> 1', 3, 'Value expected'],
    // Conditions.
    ['x < 1', 2, 'a comparison is allowed only as a condition'],
    ['1 + (x < 1)', 7, 'a comparison is allowed only as a condition'],
    ['x ? 1 : 2', 0, 'a condition is one comparison'],
    ['1 + (x + 1 ? 1 : 2)', 5, 'a condition is one comparison'],
    ['0 < x < 1 ? 1 : 2', 6, 'comparisons cannot be chained'],
    ['x < 1 and x > 0 ? 1 : 2', 6, '"and" is not supported'],
    ['x < 1 ? 2', 9, 'the formula ends too early'],
    // Products and powers.
    ['2x', 1, 'an operator is missing here; a product is written with *'],
    ['2 (x + 1)', 2, 'an operator is missing'],
    ['(x)(x)', 3, 'an operator is missing'],
    ['x sigma', 2, 'an operator is missing'],
    ['0x10', 1, 'an operator is missing'],
    ['1e', 1, 'an operator is missing'],
    ['1.2.3', 3, 'an operator is missing'],
    ['x ** 2', 3, 'a power is written with ^'],
    // Structure.
    ['', 0, 'the formula is empty'],
    ['  \n ', 0, 'the formula is empty'],
    ['x +', 3, 'the formula ends too early'],
    ['(x', 2, 'the formula ends too early'],
    ['sin(', 4, 'the formula ends too early'],
    ['x)', 1, 'Unexpected operator )'],
    ['()', 1, 'Value expected'],
    ['x, x', 1, 'Unexpected operator ,'],
    ['max(x,,2)', 6, 'Value expected'],
    ['* x', 0, 'Value expected'],
    // Size.
    ['1 + 1e999', 4, '1e999 is too large for a float64'],
    ['2 * 9^9^9^9', 7, '9 ^ 387420489 overflows'],
    ['x + 10^400', 6, '10 ^ 400 overflows'],
    ['1e300 * 1e300', 6, '1e+300 * 1e+300 overflows'],
    [`${'('.repeat(51)}x${')'.repeat(51)}`, 50, 'more than 50 nested brackets'],
    [`${'x<1?'.repeat(51)}x${':x'.repeat(51)}`, 203, 'more than 50 nested brackets and conditionals'],
    ['x'.repeat(2001), 0, 'the formula has 2001 characters, at most 2000'],
    // Constant parts.
    ['x + 1 / 0', 6, '1 / 0 divides by zero'],
    ['x + 1 / (c - 2)', 6, '1 / 0 divides by zero'],
    ['sqrt(-c) * x', 0, 'sqrt(-2) is not a finite real number: sqrt(a) needs a >= 0'],
  ])('%j at %i: %s', (text, position, message) => {
    const error = thrown(() => formula(text, { variables: ['sigma', 'x'], constants: { c: 2 } }))
    expect(error.message).toContain(message)
    expect([error.name, error.text, error.position]).toEqual(['FormulaError', text, position])
  })

  it('shows the text with a caret under the fault, and a window of a long text', () => {
    expect(thrown(() => formula('1 +\tsgima', { variables: ['sigma'] })).message).toBe(
      'unknown name "sgima"; did you mean "sigma"?\n  1 + sgima\n      ^',
    )
    const lines = thrown(() => formula(`${'1 + '.repeat(100)}z + 1`, xy)).message.split('\n')
    expect(lines[1]!.length).toBeLessThan(110)
    expect(lines[1]![lines[2]!.indexOf('^')]).toBe('z')
  })

  it('accepts the largest texts without overflow of the stack', () => {
    const deep = `${'('.repeat(50)}x${')'.repeat(50)}`
    expect(formula(deep, xy).value({ x: 2 })).toBe(2)
    for (const text of [
      `${'-'.repeat(1998)}x`,
      `x${'^x'.repeat(999)}`,
      `x${'+x'.repeat(999)}`,
      `${'x<1?x:'.repeat(300)}x`,
    ]) {
      const f = formula(text, xy)
      expect(f.value({ x: 1 })).toBe(text.includes('+') ? 1000 : 1)
      expect(f.latex()).toContain('x')
    }
    expect(
      formula(`x${'+x'.repeat(999)}`, xy)
        .derivative('x')
        .value({}),
    ).toBe(1000)
  })

  it.each(['sin', 'pi', 'e', 'mod', 'constructor', 'toString', '__proto__', 'hasOwnProperty', '', '1a', 'a b', 'σ', 'NaN', 'true'])(
    'refuses %j as a variable and as a constant',
    name => {
      expect(() => formula('1', { variables: [name] })).toThrow(`"${name}" cannot be a variable`)
      expect(() => formula('1', { variables: [], constants: Object.fromEntries([[name, 1]]) })).toThrow(RangeError)
    },
  ) // prettier-ignore

  it('refuses a name declared twice and a constant that is not finite', () => {
    expect(() => formula('1', { variables: ['x', 'x'] })).toThrow('declared twice')
    expect(() => formula('1', { variables: ['x'], constants: { x: 1 } })).toThrow('declared twice')
    expect(() => formula('1', { variables: [], constants: { c: NaN } })).toThrow('constant "c" is NaN')
  })
})

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
