import { describe, expect, it } from 'vitest'
import { formula } from '../../src/expression.js'
import { thrown, xy } from './formulas.js'

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
