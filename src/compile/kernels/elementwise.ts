/** Kernels that act element by element, with NumPy's broadcasting. */
import * as tf from '@tensorflow/tfjs'
import { cast, div, elementwise, fill, like, mul, neg, sub, where } from '../ops.js'
import type { DType, Value } from '../value.js'
import { kernel, type Kernel } from './kernel.js'

/** A unary kernel that ONNX has too. */
const unary = (op: string): Kernel => kernel<tf.UnaryInputs>(({ x }) => elementwise(op, [x]))

/** A binary kernel that ONNX has too; `dtype` where the result's type differs from the inputs'. */
const binary = (op: string, dtype?: DType): Kernel =>
  kernel<tf.BinaryInputs>(({ a, b }) => elementwise(op, [a, b], dtype))

const of = (f: (x: Value) => Value): Kernel => kernel<tf.UnaryInputs>(({ x }) => f(x))

export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Add: binary('Add'),
  Sub: binary('Sub'),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Pow: binary('Pow'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  SquaredDifference: kernel<tf.BinaryInputs>(({ a, b }) => {
    const d = sub(a, b)
    return mul(d, d)
  }),
  Equal: binary('Equal', 'bool'),
  Greater: binary('Greater', 'bool'),
  GreaterEqual: binary('GreaterOrEqual', 'bool'),
  Less: binary('Less', 'bool'),
  LessEqual: binary('LessOrEqual', 'bool'),

  Abs: unary('Abs'),
  Exp: unary('Exp'),
  Log: unary('Log'),
  Neg: unary('Neg'),
  Relu: unary('Relu'),
  Sigmoid: unary('Sigmoid'),
  Sqrt: unary('Sqrt'),
  Tanh: unary('Tanh'),
  Sin: unary('Sin'),
  Cos: unary('Cos'),
  Reciprocal: unary('Reciprocal'),
  Rsqrt: of(x => elementwise('Reciprocal', [elementwise('Sqrt', [x])])),
  Square: of(x => mul(x, x)),
  Identity: of(x => x),

  Cast: kernel<tf.CastInputs, tf.CastAttrs>(({ x }, { dtype }) => cast(x, dtype as DType)),
  ZerosLike: of(x => fill(x.shape, 0, x.dtype)),
  OnesLike: of(x => fill(x.shape, 1, x.dtype)),
  Fill: kernel<object, tf.FillAttrs>((_, { shape, value, dtype }) => fill(shape, value as number, dtype as DType)),
  AddN: inputs => elementwise('Sum', Object.values(inputs)),
  Select: kernel<tf.SelectInputs>(({ condition, t, e }) => where(condition, t, e)),
  Step: of(x => div(neg(x), like(x, 1))),
}
