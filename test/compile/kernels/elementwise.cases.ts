import { bools, floats, integers, of, vector, type Case, type Input } from './cases.js'

const special = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  2.5,
  -0.5,
  -1.5,
  -2.5,
  1e-8,
  -1e-6,
  20,
  -20,
  90,
  -100,
]
const shapes = [[2, 3, 2], [4], [], [0], [3, 0]]

type Options = Omit<Case, 'kernel' | 'inputs'> & { readonly low?: number; readonly high?: number }

/** Shapes, special numbers and integers of a unary kernel, defined between low and high. */
function unary(kernel: string, { low = -3, high = 3, ...rest }: Options = {}): Case[] {
  const row = (x: Input, more: Partial<Case> = {}): Case => ({ kernel, inputs: { x }, ...rest, ...more })
  return [
    ...shapes.map(shape => row(floats(shape, low, high))),
    row(vector(special), { noGradient: 'at poles and kinks gradients are conventions' }),
    row(integers([7], Math.ceil(low), Math.floor(high)), { noGradient: 'of integers' }),
  ]
}

const pairs: [number[], number[]][] = [
  [[2, 3], [2, 3]],
  [[2, 3], [3]],
  [[2, 1, 2], [3, 1]],
  [[], [4]],
  [[4], []],
  [[0, 3], [3]],
  [[2, 0], [1, 1]],
] // prettier-ignore

const noGradientOfIntegers = { noGradient: 'of integers' }

interface Pair extends Options {
  readonly aLow?: number
  readonly bLow?: number
  /** tfjs' gradient forgets to sum over what was broadcast. */
  readonly gradientBroadcasts?: false
  readonly integersFrom?: number
}

function binary(kernel: string, pair: Pair = {}): Case[] {
  const { aLow = -3, bLow = -3, integersFrom = -4, gradientBroadcasts, ...rest } = pair
  const without = (a: number[], b: number[]): object => {
    if (b[0] === 1) return { noGradient: 'tfjs does not sum over an empty axis' }
    return gradientBroadcasts === false && a.join() !== b.join() ? { noGradient: 'tfjs does not sum' } : {}
  }
  return [
    ...pairs.map(([a, b]): Case => ({
      kernel,
      inputs: { a: floats(a, aLow), b: floats(b, bLow, 2, 1) },
      ...without(a, b),
      ...rest,
    })),
    ...pairs.slice(0, 3).map(([a, b]): Case => ({
      kernel,
      inputs: { a: integers(a, integersFrom, 4), b: integers(b, integersFrom, 4, 1) },
      ...rest,
      ...noGradientOfIntegers,
    })),
  ]
}

const extremes = { a: vector([NaN, 1, NaN, Infinity, -Infinity, 0]), b: vector([1, NaN, NaN, -Infinity, -1, -0]) }

const comparison = (kernel: string): Case[] => [
  ...binary(kernel, { integersFrom: -1 }),
  { kernel, inputs: extremes },
  { kernel, inputs: { a: bools([2, 3]), b: bools([3], 1) } },
]

const logical = (kernel: string): Case[] => pairs.map(([a, b]) => ({ kernel, inputs: { a: bools(a), b: bools(b, 1) } }))

const kink = 'x = 0 is a kink'

export const elementwiseCases: readonly Case[] = [
  ...['Add', 'Sub', 'Multiply'].flatMap(kernel => binary(kernel)),
  ...binary('SquaredDifference', { gradientBroadcasts: false }),
  ...binary('RealDiv', { bLow: 0.5 }),
  ...binary('Pow', { aLow: 0.1, integersFrom: 0 }),
  {
    kernel: 'Pow',
    inputs: { a: vector([-2, -2, 2, 0, 3]), b: vector([3, 2, -1, 0, 0.5]) },
    noGradient: 'log of negatives',
  },
  ...['Maximum', 'Minimum'].flatMap(kernel => [
    ...binary(kernel, { gradientBroadcasts: false }),
    { kernel, inputs: extremes, noGradient: 'ties' },
  ]),
  ...['Mod', 'FloorDiv'].flatMap(kernel => [
    ...binary(kernel, { noGradient: 'jumps' }),
    { kernel, inputs: { a: vector([5, -5, 5, -5, 6, -6, 0], 'int32'), b: vector([3, 3, -3, -3, 3, 3, 2], 'int32') } },
    {
      kernel,
      inputs: { a: vector([5.5, -5.5, 5.5, -5.5, 6, -1e-7]), b: vector([3, 3, -3, -3, 3, 2]) },
      noGradient: 'jumps',
    },
    { kernel, inputs: { a: vector([7, -7, 0], 'int32'), b: vector([0, 0, 0], 'int32') } },
  ]),
  { kernel: 'BitwiseAnd', inputs: { a: integers([2, 3], 0, 255), b: integers([3], -9, 255, 1) } },
  ...binary('Atan2', { integersFrom: 1 }),
  {
    kernel: 'Atan2',
    inputs: { a: vector([0, 1, -1, 0, 0, 1, -1]), b: vector([0, 0, 0, 1, -1, -1, -1]) },
    noGradient: '0 / 0',
  },
  {
    kernel: 'AddN',
    inputs: [floats([2, 3]), floats([2, 3], -1, 1, 1), floats([2, 3], -1, 1, 2)],
    noGradient: 'of lists',
  },
  { kernel: 'AddN', inputs: [integers([4]), integers([4], -4, 4, 1)], noGradient: 'of lists' },

  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].flatMap(comparison),
  ...['LogicalAnd', 'LogicalOr'].flatMap(logical),
  ...[[2, 3], [], [0]].map((shape): Case => ({ kernel: 'LogicalNot', inputs: { x: bools(shape) } })),

  ...['Abs', 'Neg', 'Square', 'Sign', 'Ceil', 'Floor', 'Round', 'Sigmoid', 'Tanh', 'Relu', 'Relu6'].flatMap(k =>
    unary(k),
  ),
  ...['Sin', 'Cos', 'Atan', 'Asinh', 'Sinh', 'Cosh', 'Exp', 'Expm1'].flatMap(k => unary(k)),
  ...['Softplus', 'Elu', 'Selu', 'Erf'].flatMap(k => unary(k, { absolute: 3e-7 })), // tfjs' erf is good to 1.5e-7
  ...unary('Tan', { low: -1.4, high: 1.4 }),
  ...['Asin', 'Acos', 'Atanh'].flatMap(k => unary(k, { low: -0.9, high: 0.9 })),
  ...unary('Acosh', { low: 1.1 }),
  ...['Log', 'Sqrt', 'Rsqrt', 'Reciprocal'].flatMap(k => unary(k, { low: 0.1 })),
  ...unary('Log1p', { low: -0.9 }),
  // Where cancelling would show: relative to the result alone.
  ...['Expm1', 'Log1p'].map((kernel): Case => ({
    kernel,
    inputs: { x: vector([1e-8, -1e-8, 1e-5, -3e-4, 1e-3, 0.02, -0.1, 0.3]) },
    absolute: 0,
  })),
  { kernel: 'EluGrad', inputs: { dy: floats([2, 3]), y: floats([2, 3], -0.9, 2, 1) } },
  { kernel: 'EluGrad', inputs: { dy: floats([0]), y: floats([0]) } },
  ...[0.2, 0, 1.5].flatMap(alpha => unary('LeakyRelu', { attributes: { alpha } })).filter(isFloat),
  ...unary('Step', { attributes: { alpha: 0 } }),
  ...unary('Step', { attributes: { alpha: -1 } }),
  ...unary('ClipByValue', { attributes: { clipValueMin: -1, clipValueMax: 2 } }),
  ...[
    { x: floats([2, 3]), alpha: floats([3], 0.1, 1, 1) },
    { x: floats([2, 3]), alpha: floats([], 0.1, 1, 1) },
    { x: floats([2, 3]), alpha: floats([2, 3], 0.1, 1, 1) },
    { x: floats([3]), alpha: floats([2, 1], 0.1, 1, 1) },
    { x: vector([NaN, -1, 0, 2]), alpha: floats([4], 0.1, 1) },
  ].map((inputs): Case => ({ kernel: 'Prelu', inputs, noGradient: kink })),
  ...['IsNan', 'IsInf', 'IsFinite'].flatMap(k => unary(k)),

  ...(['float32', 'int32', 'bool'] as const).flatMap(dtype =>
    [floats([2, 3], -3, 3), vector([0, -0, 0.5, -1.7, 2]), integers([4]), bools([4]), floats([]), floats([0])].map(
      (x): Case => ({ kernel: 'Cast', inputs: { x }, attributes: { dtype }, noGradient: 'of integers' }),
    ),
  ),
  ...['Identity', 'ZerosLike', 'OnesLike'].flatMap(kernel =>
    [floats([2, 3]), floats([]), floats([0]), floats([80]), integers([3]), bools([3])].map((x): Case => ({
      kernel,
      inputs: { x },
      ...(x.dtype === 'float32' ? {} : noGradientOfIntegers),
    })),
  ),
  ...[[2, 3], [], [0, 2], [9, 9]].flatMap(shape =>
    [{ value: 2.5 }, { value: -3, dtype: 'int32' }, { value: 1, dtype: 'bool' }].map((a): Case => ({
      kernel: 'Fill',
      inputs: {},
      attributes: { dtype: 'float32', ...a, shape },
    })),
  ),
  ...[
    { condition: bools([2, 3]), t: floats([2, 3]), e: floats([2, 3], -1, 1, 1) },
    { condition: bools([]), t: floats([]), e: floats([], -1, 1, 1) },
    { condition: bools([0]), t: floats([0]), e: floats([0]) },
    { condition: bools([4]), t: integers([4]), e: integers([4], -4, 4, 1) },
    { condition: bools([4]), t: bools([4], 1), e: bools([4], 2) },
    { condition: of(bools([4]), [2, 2]), t: vector4(NaN), e: vector4(Infinity) },
  ].map((inputs): Case => ({ kernel: 'Select', inputs, noGradient: 'a gradient by the condition is undefined' })),
]

function isFloat({ inputs }: Case): boolean {
  return Object.values(inputs as Record<string, Input>).every(({ dtype }) => dtype === 'float32')
}

function vector4(value: number): Input {
  return of(vector([value, 1, 2, 3]), [2, 2])
}
