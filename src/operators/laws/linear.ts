/** The laws of linear operators, and of derivatives, which are linear in their direction. */
import { array, elements, type NdArray } from '../../io/array.js'
import { difference, dot, figureText, inputs, norm, normals, type Law, type Subject } from './law.js'

const roundOff = 1e-10
const pairs = 4

const unclaimed = ({ A }: Subject): string | undefined =>
  A.adjoint ? undefined : 'there is no adjoint, so it is not said to be linear'

const plus = (a: number, x: NdArray<Float64Array>, b: number, y: NdArray<Float64Array>): NdArray<Float64Array> =>
  array(x.data.map((value, k) => a * value + b * y.data[k]!), x.shape) // prettier-ignore

const linearity: Law = {
  name: 'linearity',
  bound: `<= ${figureText(roundOff)}`,
  remedy:
    'An operator with an adjoint is linear, A(0) = 0: drop the adjoint (and give a derivative), or subtract A(0).',
  after: ['shapes', 'determinism'],
  silent: unclaimed,
  try(subject) {
    const { A } = subject
    const [x, y] = [normals(subject, 'x1', A.inputShape), normals(subject, 'x2', A.inputShape)]
    const [Ax, Ay] = [A.apply(x), A.apply(y)].map(a => array(elements(a), a.shape))
    const figure = difference(elements(A.apply(plus(2, x, -3, y))), plus(2, Ax!, -3, Ay!).data)
    const zero = norm(elements(A.apply(plus(0, x, 0, x))))
    if (zero > 0) return { figure: zero, holds: false, says: `|A(0)| = ${figureText(zero)}` }
    return { figure, holds: figure <= roundOff, says: 'A(2 x - 3 y) against 2 A x - 3 A y, relative' }
  },
}

/** The largest |<A x, w> - <x, A' w>| / (|A x| |w|), and the pair behind it. */
function mismatch(
  subject: Subject,
  forwards: (x: NdArray) => NdArray<Float64Array>,
  back: (w: NdArray) => NdArray<Float64Array>,
): { figure: number; left: number; right: number } {
  const { inputShape, outputShape } = subject.A
  const found = Array.from({ length: pairs }, (_, k) => {
    const [x, w] = [normals(subject, `pair x ${k}`, inputShape), normals(subject, `pair w ${k}`, outputShape)]
    const [Ax, Aw] = [elements(forwards(x)), elements(back(w))]
    const [left, right] = [dot(Ax, w.data), dot(x.data, Aw)]
    const scale = Math.max(norm(Ax) * norm(w.data), norm(x.data) * norm(Aw))
    return { figure: scale === 0 ? 0 : Math.abs(left - right) / scale, left, right }
  })
  return found.reduce((a, b) => (b.figure > a.figure ? b : a))
}

const adjoint: Law = {
  name: '<A x, v> = <x, A^T v>',
  bound: `<= ${figureText(roundOff)}`,
  remedy: 'The adjoint is not the transpose of apply. Plain sums, without cell volumes: entry k of adjoint(e_i) is entry i of apply(e_k), e_k the field that is 1 in cell k and 0 elsewhere.', // prettier-ignore
  after: ['shapes', 'determinism', 'linearity'],
  silent: unclaimed,
  try(subject) {
    const { A } = subject
    const { figure, left, right } = mismatch(subject, A.apply.bind(A), y => A.adjoint!(y))
    return { figure, holds: figure <= roundOff, says: `<A x, v> = ${left.toPrecision(6)}, <x, A^T v> = ${right.toPrecision(6)}` } // prettier-ignore
  },
}

const withoutDerivative = ({ A }: Subject): string | undefined =>
  A.derivative
    ? undefined
    : A.adjoint
      ? 'it is linear: its derivative is itself'
      : 'there is no derivative: a black box'

/** Steps of the Taylor test, relative to the range of inputs: each a quarter of the one before. */
const steps = Array.from({ length: 6 }, (_, k) => 0.05 * 4 ** -k)
const leastOrder = 1.8

/** Least-squares slope of log r against log h. */
function slope(points: readonly (readonly [h: number, r: number])[]): number {
  const logs = points.map(([h, r]) => [Math.log(h), Math.log(r)] as const)
  const mean = (axis: 0 | 1): number => logs.reduce((sum, point) => sum + point[axis], 0) / logs.length
  const [mh, mr] = [mean(0), mean(1)]
  return logs.reduce((s, [h, r]) => s + (h - mh) * (r - mr), 0) / logs.reduce((s, [h]) => s + (h - mh) ** 2, 0)
}

const taylor: Law = {
  name: 'derivative',
  bound: `order >= ${leastOrder}`,
  remedy: 'derivative.apply(x, v) is not dA/dx v: a right one leaves a remainder |A(x + h v) - A(x) - h J v| of order 2 in h, a wrong one of order 1.', // prettier-ignore
  after: ['shapes', 'determinism'],
  silent: withoutDerivative,
  try(subject) {
    const { A } = subject
    const [x, v] = [inputs(subject, 'x'), normals(subject, 'direction', A.inputShape)]
    const width = A.inputRange ? A.inputRange[1] - A.inputRange[0] : 2
    const [Ax, Jv] = [A.apply(x), A.derivative!.apply(x, v)].map(elements)
    const points = steps.map(step => {
      const h = step * width
      const moved = elements(A.apply(plus(1, x, h, v)))
      return [h, norm(moved.map((value, k) => value - Ax![k]! - h * Jv![k]!))] as const
    })
    // The four finest remainders that stand clear of round-off.
    const floor = 1e-13 * Math.max(norm(Ax!), norm(Jv!))
    const clear = points.filter(([, r]) => r > floor).slice(-4)
    if (clear.length < 2) return { figure: 2, holds: true, says: 'no remainder above round-off: it is linear here' }
    const figure = slope(clear)
    const [h, r] = clear.at(-1)!
    return { figure, holds: figure >= leastOrder, says: `order of the remainder in h; ${figureText(r)} at h = ${figureText(h)}` } // prettier-ignore
  },
}

const derivativeAdjoint: Law = {
  name: '<J v, w> = <v, J^T w>',
  bound: `<= ${figureText(roundOff)}`,
  remedy: 'derivative.adjoint(x, w) is not the transpose of derivative.apply(x, v) at the same x.',
  after: ['shapes', 'determinism'],
  silent: withoutDerivative,
  try(subject) {
    const { A } = subject
    const x = inputs(subject, 'x')
    const { figure, left, right } = mismatch(
      subject,
      v => A.derivative!.apply(x, v),
      w => A.derivative!.adjoint(x, w),
    )
    return { figure, holds: figure <= roundOff, says: `<J v, w> = ${left.toPrecision(6)}, <v, J^T w> = ${right.toPrecision(6)}` } // prettier-ignore
  },
}

const iterations = 40

const size: Law = {
  name: 'norm',
  bound: '> 0, finite',
  remedy: 'The operator (or its derivative) gives 0 for whatever it is shown: nothing is observed.',
  after: ['<A x, v> = <x, A^T v>', '<J v, w> = <v, J^T w>'],
  silent: ({ A }) => ((A.adjoint ?? A.derivative) ? undefined : 'there is neither adjoint nor derivative'),
  try(subject) {
    const { A } = subject
    const at = inputs(subject, 'x')
    const forwards = (v: NdArray): NdArray<Float64Array> => (A.adjoint ? A.apply(v) : A.derivative!.apply(at, v))
    const back = (w: NdArray): NdArray<Float64Array> => (A.adjoint ? A.adjoint(w) : A.derivative!.adjoint(at, w))
    let v = normals(subject, 'start', A.inputShape)
    let figure = 0
    for (let k = 0; k < iterations; k++) {
      const length = norm(v.data)
      if (length === 0) break
      const image = forwards(array(v.data.map(value => value / length), v.shape)) // prettier-ignore
      figure = norm(elements(image))
      v = array(elements(back(image)), A.inputShape)
    }
    return { figure, holds: figure > 0 && Number.isFinite(figure), says: `largest singular value, by ${iterations} power iterations` } // prettier-ignore
  },
}

export const linearLaws: readonly Law[] = [linearity, adjoint, taylor, derivativeAdjoint, size]
