/** Formulas beside their references in JavaScript, and what their tests share. */
import { expect } from 'vitest'
import { type Formula, FormulaError } from '../../src/expression.js'
import { key, uniform } from '../../src/random.js'

export const xy = { variables: ['x', 'y'] }

export function thrown(run: () => unknown): FormulaError {
  try {
    run()
  } catch (error) {
    if (error instanceof FormulaError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Uniform on (low, high), one stream for each name. */
export function points(name: string, low: number, high: number, n = 40): Float64Array {
  return uniform(key(7, name), new Float64Array(n)).map(u => low + (high - low) * u)
}

export type Reference = (x: number, y: number) => number
/** Formula, the same in JavaScript, and a box in which it is smooth and finite. */
export const table: [text: string, reference: Reference, low: number, high: number][] = [
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

/**
 * Central differences at steps h and h/2, extrapolated: error h^4 f'''''/480 + 2 eps f / h. With h = 2e-3 and functions of
 * order one to thirty with fifth derivatives up to 1e4 that is below 1e-8 of the size of the values near by.
 */
function difference(f: (v: number) => number, v: number, h = 2e-3): number {
  const d = (s: number): number => (f(v + s) - f(v - s)) / (2 * s)
  return (4 * d(h / 2) - d(h)) / 3
}

export function checkDerivative(f: Formula, x: number, y: number, tolerance = 1e-7): void {
  for (const v of ['x', 'y']) {
    const along = (s: number): number => f.value({ x, y, [v]: s })
    const expected = difference(along, v === 'x' ? x : y)
    const actual = f.derivative(v).value({ x, y })
    expect(Math.abs(actual - expected)).toBeLessThan(tolerance * (1 + Math.abs(expected) + Math.abs(f.value({ x, y }))))
  }
}
