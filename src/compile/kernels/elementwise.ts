/** Kernels that act element by element, with NumPy's broadcasting. */
import * as tf from '@tensorflow/tfjs'
import { add, cast, elementwise, equal, fill, greater, less, like, min, mul, not, sub, where } from '../ops.js'
import type { DType, Value } from '../value.js'
import * as functions from './functions.js'
import { kernel, type Kernel } from './kernel.js'

/** x as a type that ONNX computes with: it has no arithmetic of bools. */
const number = (x: Value): Value => (x.dtype === 'bool' ? cast(x, 'int32') : x)

/** A unary kernel; the result has x's type. */
const of = (f: (x: Value) => Value): Kernel => kernel<tf.UnaryInputs>(({ x }) => cast(f(number(x)), x.dtype))

/** A unary function of real numbers: integers go through float32 and are truncated, as in tfjs. */
const real = (f: (x: Value) => Value): Kernel => of(x => cast(f(cast(x, 'float32')), x.dtype))

const unary = (op: string): Kernel => of(x => elementwise(op, [x]))
const realUnary = (op: string): Kernel => real(x => elementwise(op, [x]))

/** A function that leaves integers as they are. */
const rounding = (op: string): Kernel => of(x => (x.dtype === 'float32' ? elementwise(op, [x]) : x))

/** A binary kernel; the result has a's type. */
const ofTwo = (f: (a: Value, b: Value) => Value): Kernel =>
  kernel<tf.BinaryInputs>(({ a, b }) => cast(f(number(a), number(b)), a.dtype))

const binary = (op: string): Kernel => ofTwo((a, b) => elementwise(op, [a, b]))

const comparison = (op: string): Kernel =>
  kernel<tf.BinaryInputs>(({ a, b }) => elementwise(op, [number(a), number(b)], 'bool'))

const logical = (op: string): Kernel =>
  kernel<tf.BinaryInputs>(({ a, b }) => elementwise(op, [cast(a, 'bool'), cast(b, 'bool')], 'bool'))

/** A test of real numbers, with its answer for integers. */
const test = (f: (x: Value) => Value, ofIntegers: boolean): Kernel =>
  kernel<tf.UnaryInputs>(({ x }) => (x.dtype === 'float32' ? f(x) : fill(x.shape, ofIntegers ? 1 : 0, 'bool')))

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: ofTwo(functions.times),
  RealDiv: binary('Div'),
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Mod: ofTwo(functions.mod),
  FloorDiv: kernel<tf.BinaryInputs>(({ a, b }) => cast(functions.floorDiv(number(a), number(b)), 'int32')),
  BitwiseAnd: binary('BitwiseAnd'),
  Atan2: ofTwo((a, b) => cast(functions.atan2(cast(a, 'float32'), cast(b, 'float32')), a.dtype)),
  SquaredDifference: ofTwo((a, b) => {
    const d = sub(a, b)
    return mul(d, d)
  }),
  AddN: inputs => Object.values(inputs).reduce(add),

  Equal: comparison('Equal'),
  NotEqual: kernel<tf.BinaryInputs>(({ a, b }) => not(equal(a, b))),
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  LogicalAnd: logical('And'),
  LogicalOr: logical('Or'),
  LogicalNot: kernel<tf.UnaryInputs>(({ x }) => not(cast(x, 'bool'))),

  Abs: unary('Abs'),
  Neg: unary('Neg'),
  Square: of(x => mul(x, x)),
  Ceil: rounding('Ceil'),
  Floor: rounding('Floor'),
  /** Halves go to the even neighbour. */
  Round: rounding('Round'),
  Sign: of(functions.sign),
  Exp: kernel<tf.UnaryInputs>(({ x }) => elementwise('Exp', [cast(x, 'float32')])),
  Expm1: real(functions.expm1),
  Log: realUnary('Log'),
  Log1p: real(functions.log1p),
  Sqrt: realUnary('Sqrt'),
  Rsqrt: real(x => elementwise('Reciprocal', [elementwise('Sqrt', [x])])),
  Reciprocal: realUnary('Reciprocal'),
  Erf: realUnary('Erf'),
  ...Object.fromEntries(
    ['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Tanh', 'Asinh', 'Acosh', 'Atanh'].map(op => [
      op,
      realUnary(op),
    ]),
  ),

  Relu: unary('Relu'),
  Relu6: of(x => elementwise('Clip', [x, like(x, 0), like(x, 6)], x.dtype)),
  Sigmoid: realUnary('Sigmoid'),
  Softplus: real(functions.softplus),
  Elu: real(functions.elu),
  EluGrad: kernel<tf.EluGradInputs>(({ dy, y }) => mul(dy, add(min(y, like(y, 0)), like(y, 1)))),
  Selu: real(functions.selu),
  LeakyRelu: kernel<tf.LeakyReluInputs, tf.LeakyReluAttrs>(({ x }, { alpha }) =>
    functions.leakyRelu(cast(x, 'float32'), alpha),
  ),
  Prelu: kernel<tf.PreluInputs>(({ x, alpha }) => functions.prelu(cast(x, 'float32'), cast(alpha, 'float32'))),
  /** 1 above zero, alpha elsewhere, NaN where x is. Of a relu's input this is Sign of the very same Relu. */
  Step: kernel<tf.StepInputs, tf.StepAttrs>(({ x }, { alpha }) => {
    if (alpha === 0 && x.dtype !== 'bool') return elementwise('Sign', [elementwise('Relu', [x])])
    const step = where(greater(number(x), like(number(x), 0)), like(number(x), 1), like(number(x), alpha))
    return x.dtype === 'float32' ? where(elementwise('IsNaN', [x], 'bool'), x, step) : cast(step, x.dtype)
  }),
  ClipByValue: kernel<tf.ClipByValueInputs, tf.ClipByValueAttrs>(({ x }, { clipValueMin, clipValueMax }) =>
    elementwise('Clip', [x, like(x, clipValueMin), like(x, clipValueMax)], x.dtype),
  ),

  IsNan: test(x => elementwise('IsNaN', [x], 'bool'), false),
  IsInf: test(x => elementwise('IsInf', [x], 'bool'), false),
  IsFinite: test(x => less(elementwise('Abs', [x]), like(x, Infinity)), true),

  Identity: kernel<tf.UnaryInputs>(({ x }) => x),
  Cast: kernel<tf.CastInputs, tf.CastAttrs>(({ x }, { dtype }) => cast(x, dtype as DType)),
  ZerosLike: kernel<tf.UnaryInputs>(({ x }) => fill(x.shape, 0, x.dtype)),
  OnesLike: kernel<tf.UnaryInputs>(({ x }) => fill(x.shape, 1, x.dtype)),
  Fill: kernel<object, tf.FillAttrs>((_, { shape, value, dtype }) => fill(shape, value as number, dtype as DType)),
  Select: kernel<tf.SelectInputs>(({ condition, t, e }) => functions.select(condition, t, e)),
}
