/**
 * Functions that ONNX lacks (log1p, atan2, ...), and some that ONNX Runtime has in single precision only (softplus,
 * elu, ...): those are one node in graphs of single precision and are made of others in graphs of double.
 */
import { inDouble } from '../doubles.js'
import { abs, add, and, broadcast, div, elementwise, equal, exp, expand, less, like, log } from '../ops.js'
import { max, min, mul, neg, not, or, sameShape, sub, where } from '../ops.js'
import { node, type Attributes, type Value } from '../value.js'

const zero = (x: Value): Value => like(x, 0)
const one = (x: Value): Value => like(x, 1)

/** exp(x) - 1 = tanh(x / 2) (exp(x) + 1), in which nothing cancels. */
export const expm1 = (x: Value): Value => mul(elementwise('Tanh', [mul(x, like(x, 0.5))]), add(exp(x), one(x)))

/** log(u) and the part of x that u = 1 + x has rounded off, relative to u: log(1 + x) is their sum (Kahan). */
function logOnePlus(x: Value): { readonly rounded: Value; readonly rest: Value } {
  const u = add(one(x), x)
  return { rounded: log(u), rest: div(sub(x, sub(u, one(x))), u) }
}

/** log(1 + x). The correction matters for small x, and is no number at x = -1 and at infinity. */
export function log1p(x: Value): Value {
  const { rounded, rest } = logOnePlus(x)
  return where(less(abs(x), one(x)), add(rounded, rest), rounded)
}

/** A node in single precision; in double, which the engine has not, what is given instead. */
const single = (op: string, x: Value, otherwise: () => Value, attributes: Attributes = {}): Value =>
  inDouble() ? otherwise() : elementwise(op, [x], x.dtype, attributes)

/** log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)) */
export const softplus = (x: Value): Value =>
  single('Softplus', x, () => {
    const { rounded, rest } = logOnePlus(exp(neg(abs(x))))
    return add(max(x, zero(x)), add(rounded, rest))
  })

/** exp(x) - 1 below zero, x above. */
export const elu = (x: Value): Value => single('Elu', x, () => add(max(x, zero(x)), sub(exp(min(x, zero(x))), one(x))))

/** `scale` x above zero, `scaleAlpha` (exp(x) - 1) below (Klambauer et al. 2017, arXiv:1706.02515). */
export function selu(x: Value): Value {
  const scale = 1.0507009873554804934
  const scaleAlpha = 1.7580993408473768599
  const below = (): Value => mul(sub(exp(min(x, zero(x))), one(x)), like(x, scaleAlpha))
  return single('Selu', x, () => add(mul(max(x, zero(x)), like(x, scale)), below()))
}

/** x above zero, alpha x below. */
export const leakyRelu = (x: Value, alpha: number): Value =>
  single('LeakyRelu', x, () => prelu(x, like(x, alpha)), { alpha: { float: alpha } })

/** The same with a slope for each element. ONNX lets slopes broadcast to x, never the other way. */
export function prelu(x: Value, alpha: Value): Value {
  const fits = sameShape(broadcast(x.shape, alpha.shape), x.shape)
  return inDouble() || !fits ? where(less(x, zero(x)), mul(alpha, x), x) : node('PRelu', [x, alpha], x.shape, x.dtype)
}

const isZero = (x: Value): Value => equal(x, zero(x))

/** Whether a divisor may be zero: the engine's integer division by zero ends the process. */
const mayBeZero = (b: Value): boolean => !b.data || b.data.some(v => Number(v) === 0)

/** f(a, b) for integers, 0 where b is 0 (as tfjs has it: what is no number becomes 0). */
function guarded(a: Value, b: Value, f: (a: Value, b: Value) => Value): Value {
  if (!mayBeZero(b)) return f(a, b)
  const never = isZero(b)
  return where(never, zero(a), f(a, where(never, one(b), b)))
}

/** floor(a / b) */
export const floorDiv = (a: Value, b: Value): Value =>
  a.dtype === 'float32'
    ? elementwise('Floor', [div(a, b)])
    : guarded(a, b, (n, d) => div(sub(n, elementwise('Mod', [n, d])), d))

/** The remainder of a / b with b's sign. */
export function mod(a: Value, b: Value): Value {
  if (a.dtype !== 'float32') return guarded(a, b, (n, d) => elementwise('Mod', [n, d]))
  const fmod = (n: Value, d: Value): Value => elementwise('Mod', [n, d], a.dtype, { fmod: 1 })
  const remainder = fmod(a, b)
  const sameSign = equal(less(a, zero(a)), less(b, zero(b)))
  return where(sameSign, remainder, fmod(add(remainder, b), b))
}

/** The angle of the point (x, y) in (-pi, pi]; 0 at the origin. */
export function atan2(y: Value, x: Value): Value {
  const signed = (angle: number): Value => where(less(y, zero(y)), like(y, -angle), like(y, angle))
  const angle = elementwise('Atan', [div(y, x)])
  const turned = where(less(x, zero(x)), add(angle, signed(Math.PI)), angle)
  const onAxis = where(isZero(y), zero(y), signed(Math.PI / 2))
  return where(isZero(x), onAxis, turned)
}

/** -1, 0 or 1; 0 where x is not a number, as in tfjs. */
export function sign(x: Value): Value {
  const s = elementwise('Sign', [x])
  return x.dtype === 'float32' ? where(elementwise('IsNaN', [x], 'bool'), zero(x), s) : s
}

/** `condition ? t : e`; ONNX Runtime has no Where for bools. */
export const select = (condition: Value, t: Value, e: Value): Value =>
  t.dtype === 'bool' ? or(and(condition, t), and(not(condition), e)) : where(condition, t, e)

const isOnes = (x: Value): boolean =>
  x.node?.op === 'Expand' && x.node.domain === ''
    ? isOnes(x.node.inputs[0]!)
    : x.data !== null && x.data[0] === 1 && (x.data as Float32Array).every(v => v === 1)

/** a b; a product with ones, of which tfjs' gradients are full, is a only (broadcast). */
export function times(a: Value, b: Value): Value {
  const shape = broadcast(a.shape, b.shape)
  if (isOnes(b)) return expand(a, shape)
  if (isOnes(a)) return expand(b, shape)
  return mul(a, b)
}
