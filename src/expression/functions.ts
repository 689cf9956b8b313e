/**
 * The functions, operators and comparisons of formulas as tables: how each is computed, differentiated and written.
 */
import { mathjs } from './mathjs.js'

/** Fills out[lo, hi) from a and b (out may be a); returns the first index whose result is not finite, or -1. */
type Kernel = (out: Float64Array, a: Float64Array, b: Float64Array, lo: number, hi: number) => number

interface Rule {
  readonly arity: '1' | '2' | '2 or more'
  readonly kernel: Kernel
  /** Partial derivatives in the arguments a and b. */
  readonly slopes: readonly string[]
  readonly tex: string
  /** Where it is defined, when that is not everywhere. */
  readonly domain: string
}

/** In a kernel, v - v is 0 exactly when v is finite. */
const unary =
  (f: (a: number) => number): Kernel =>
  (out, a, _, lo, hi) => {
    for (let i = lo; i < hi; i++) {
      const v = f(a[i]!)
      if (v - v !== 0) return i
      out[i] = v
    }
    return -1
  }

const binary =
  (f: (a: number, b: number) => number): Kernel =>
  (out, a, b, lo, hi) => {
    for (let i = lo; i < hi; i++) {
      const v = f(a[i]!, b[i]!)
      if (v - v !== 0) return i
      out[i] = v
    }
    return -1
  }

const one = (f: (a: number) => number, slope: string, tex: string, domain = ''): Rule => ({
  arity: '1',
  kernel: unary(f),
  slopes: [slope],
  tex,
  domain,
})
const two = (f: (a: number, b: number) => number, slopes: string[], tex: string, arity: Rule['arity'] = '2'): Rule => ({
  arity,
  kernel: binary(f),
  slopes,
  tex,
  domain: '',
})

/** tex is a macro, or a whole in which # is the argument. */
export const functions = new Map<string, Rule>([
  ['exp', one(Math.exp, 'exp(a)', '\\exp')],
  ['expm1', one(Math.expm1, 'exp(a)', '\\operatorname{expm1}')],
  ['log', one(Math.log, '1 / a', '\\ln', 'a > 0')],
  ['log2', one(Math.log2, '1 / (a * log(2))', '\\log_{2}', 'a > 0')],
  ['log10', one(Math.log10, '1 / (a * log(10))', '\\log_{10}', 'a > 0')],
  ['log1p', one(Math.log1p, '1 / (1 + a)', '\\operatorname{log1p}', 'a > -1')],
  ['sqrt', one(Math.sqrt, '1 / (2 * sqrt(a))', '\\sqrt{#}', 'a >= 0')],
  ['cbrt', one(Math.cbrt, '1 / (3 * cbrt(a)^2)', '\\sqrt[3]{#}')],
  ['abs', one(Math.abs, 'sign(a)', '\\left|#\\right|')],
  ['sign', one(Math.sign, '0', '\\operatorname{sign}')],
  ['floor', one(Math.floor, '0', '\\left\\lfloor #\\right\\rfloor')],
  ['ceil', one(Math.ceil, '0', '\\left\\lceil #\\right\\rceil')],
  ['round', one(Math.round, '0', '\\operatorname{round}')], // halves go up
  ['sin', one(Math.sin, 'cos(a)', '\\sin')],
  ['cos', one(Math.cos, '-sin(a)', '\\cos')],
  ['tan', one(Math.tan, '1 + tan(a)^2', '\\tan')],
  ['asin', one(Math.asin, '1 / sqrt(1 - a^2)', '\\arcsin', '-1 <= a <= 1')],
  ['acos', one(Math.acos, '-1 / sqrt(1 - a^2)', '\\arccos', '-1 <= a <= 1')],
  ['atan', one(Math.atan, '1 / (1 + a^2)', '\\arctan')],
  ['sinh', one(Math.sinh, 'cosh(a)', '\\sinh')],
  ['cosh', one(Math.cosh, 'sinh(a)', '\\cosh')],
  ['tanh', one(Math.tanh, '1 - tanh(a)^2', '\\tanh')],
  ['asinh', one(Math.asinh, '1 / sqrt(a^2 + 1)', '\\operatorname{arsinh}')],
  ['acosh', one(Math.acosh, '1 / sqrt(a^2 - 1)', '\\operatorname{arcosh}', 'a >= 1')],
  ['atanh', one(Math.atanh, '1 / (1 - a^2)', '\\operatorname{artanh}', '-1 < a < 1')],
  ['erf', one(a => mathjs().erf(a), '2 / sqrt(pi) * exp(-a^2)', '\\operatorname{erf}')],
  ['atan2', two(Math.atan2, ['b / (a^2 + b^2)', '-a / (a^2 + b^2)'], '\\operatorname{atan2}')],
  ['hypot', two(Math.hypot, ['a / hypot(a, b)', 'b / hypot(a, b)'], '\\operatorname{hypot}', '2 or more')],
  ['max', two(Math.max, [], '\\max', '2 or more')],
  ['min', two(Math.min, [], '\\min', '2 or more')],
  ['pow', two(Math.pow, [], '')], // read as ^
])

/** Written out, not made with unary and binary: a call for each element would cost more than the operation. */
export const operators = new Map<string, { kernel: Kernel; strength: number }>([
  ['+', { strength: 2, kernel: (out, a, b, lo, hi) => { for (let i = lo; i < hi; i++) { const v = a[i]! + b[i]!; if (v - v !== 0) return i; out[i] = v } return -1 } }], // prettier-ignore
  ['-', { strength: 2, kernel: (out, a, b, lo, hi) => { for (let i = lo; i < hi; i++) { const v = a[i]! - b[i]!; if (v - v !== 0) return i; out[i] = v } return -1 } }], // prettier-ignore
  ['*', { strength: 3, kernel: (out, a, b, lo, hi) => { for (let i = lo; i < hi; i++) { const v = a[i]! * b[i]!; if (v - v !== 0) return i; out[i] = v } return -1 } }], // prettier-ignore
  ['/', { strength: 3, kernel: (out, a, b, lo, hi) => { for (let i = lo; i < hi; i++) { const v = a[i]! / b[i]!; if (v - v !== 0) return i; out[i] = v } return -1 } }], // prettier-ignore
  ['neg', { strength: 4, kernel: (out, a, _, lo, hi) => { for (let i = lo; i < hi; i++) out[i] = -a[i]!; return -1 } }], // prettier-ignore
  ['^', { strength: 5, kernel: binary(Math.pow) }],
])
export const square: Kernel = (out, a, _, lo, hi) => { for (let i = lo; i < hi; i++) { const v = a[i]! * a[i]!; if (v - v !== 0) return i; out[i] = v } return -1 } // prettier-ignore

export const comparisons = new Map<string, { kernel: Kernel; tex: string }>([
  ['<', { kernel: binary((a, b) => +(a < b)), tex: '<' }],
  ['<=', { kernel: binary((a, b) => +(a <= b)), tex: '\\le' }],
  ['>', { kernel: binary((a, b) => +(a > b)), tex: '>' }],
  ['>=', { kernel: binary((a, b) => +(a >= b)), tex: '\\ge' }],
  ['==', { kernel: binary((a, b) => +(a === b)), tex: '=' }],
  ['!=', { kernel: binary((a, b) => +(a !== b)), tex: '\\ne' }],
])

export const builtin: ReadonlyMap<string, number> = new Map([
  ['pi', Math.PI],
  ['e', Math.E],
])
export const reserved = new Set('mod to in and xor or not true false null undefined NaN Infinity end'.split(' '))
