/** The laws of every operator: shapes, inputs left alone, the same answer twice, batches. */
import { array, elements, shapeText, type NdArray } from '../../io/array.js'
import { difference, figureText, inputs, normals, type Finding, type Law, type Subject } from './law.js'

/** What is wrong with an array that should be float64, finite and of a shape. */
function faultOf(a: unknown, expected: readonly number[], what: string): string | undefined {
  if (typeof a !== 'object' || a === null || !('data' in a) || !('shape' in a)) return `${what} is no ndarray`
  const { data, shape } = a as NdArray
  if (shapeText(shape) !== shapeText(expected)) return `${what} has shape ${shapeText(shape)}, not ${shapeText(expected)}` // prettier-ignore
  if (!(data instanceof Float64Array)) return `${what} has ${data.constructor.name} elements, not Float64Array`
  const bad = elements(a as NdArray<Float64Array>).findIndex(value => !Number.isFinite(value))
  return bad < 0 ? undefined : `${what} is ${elements(a as NdArray<Float64Array>)[bad]!} at element ${bad}`
}

/** Every function of the operator with arguments that fit it: one item each. */
function calls(subject: Subject): {
  name: string
  shape: readonly number[]
  arguments: NdArray<Float64Array>[]
  call: (...a: NdArray[]) => NdArray<Float64Array>
}[] {
  // prettier-ignore
  const { A } = subject
  const [x, v] = [inputs(subject, 'x'), inputs(subject, 'v')]
  const w = fit(subject)
  return [
    { name: 'apply(x)', shape: A.outputShape, arguments: [x], call: x => A.apply(x) },
    ...(A.adjoint ? [{ name: 'adjoint(y)', shape: A.inputShape, arguments: [w], call: (y?: NdArray) => A.adjoint!(y!) }] : []), // prettier-ignore
    ...(A.derivative
      ? [
          { name: 'derivative.apply(x, v)', shape: A.outputShape, arguments: [x, v], call: (x?: NdArray, v?: NdArray) => A.derivative!.apply(x!, v!) }, // prettier-ignore
          { name: 'derivative.adjoint(x, w)', shape: A.inputShape, arguments: [x, w], call: (x?: NdArray, w?: NdArray) => A.derivative!.adjoint(x!, w!) }, // prettier-ignore
        ]
      : []),
  ]
}

/** One array, or n, of the shape of a measurement. */
const fit = (subject: Subject, n?: number): NdArray<Float64Array> => {
  const { outputShape } = subject.A
  return normals(subject, 'w', n === undefined ? outputShape : [n, ...outputShape])
}

const shapes: Law = {
  name: 'shapes',
  bound: '= 0',
  remedy: 'Return ndarrays of float64 with the shapes that inputShape and outputShape state.',
  after: [],
  try(subject) {
    const faults = calls(subject).flatMap(({ name, shape, arguments: given, call }) => faultOf(call(...given), shape, name) ?? []) // prettier-ignore
    const { inputShape, outputShape } = subject.A
    return {
      figure: faults.length,
      holds: faults.length === 0,
      says: faults.length > 0 ? faults.join('; ') : `${shapeText(inputShape)} to ${shapeText(outputShape)}`,
    }
  },
}

const determinism: Law = {
  name: 'determinism',
  bound: '= 0',
  remedy: 'Take randomness out of the operator (noise is stated apart), and keep no state between calls.',
  after: ['shapes', 'inputs left alone'],
  try(subject) {
    const worst = calls(subject).map(({ name, arguments: given, call }) => {
      const [first, second] = [Float64Array.from(elements(call(...given))), elements(call(...given))]
      return { name, figure: difference(first, second) }
    })
    return worstOf(worst, 'two calls give the same bits', 'two calls differ')
  },
}

const untouched: Law = {
  name: 'inputs left alone',
  bound: '= 0',
  remedy: 'Write into an array of your own: the arguments belong to the caller.',
  after: ['shapes'],
  try(subject) {
    const worst = calls(subject).map(({ name, arguments: given, call }) => {
      const before = given.map(({ data }) => data.slice())
      call(...given)
      return { name, figure: Math.max(...given.map(({ data }, k) => difference(data, before[k]!))) }
    })
    return worstOf(worst, 'arguments stay as they are', 'an argument is changed')
  },
}

function worstOf(found: readonly { name: string; figure: number }[], good: string, bad: string): Finding {
  const worst = found.reduce((a, b) => (b.figure > a.figure ? b : a))
  return { figure: worst.figure, holds: worst.figure === 0, says: worst.figure === 0 ? good : `${worst.name}: ${bad}` }
}

/** Rows of a batch. */
const count = 3
/** Sums may be taken in another order for a batch. */
const roundOff = 1e-12

const batched: Law = {
  name: 'batched = looped',
  bound: `<= ${figureText(roundOff)}`,
  remedy:
    'Take [n, ...shape] as n items: `itemwise(inputShape, outputShape, (x, y) => ...)` lifts a function of one item.',
  after: ['shapes', 'determinism'],
  try(subject) {
    const rows = (a: NdArray<Float64Array>, r: number): NdArray<Float64Array> =>
      array(a.data.subarray((r * a.size) / count, ((r + 1) * a.size) / count), a.shape.slice(1))
    const batches = [inputs(subject, 'x batch', count), inputs(subject, 'v batch', count), fit(subject, count)]
    const single = calls(subject)
    const found = single.map(({ name, shape, call }) => {
      const given = name.startsWith('apply') ? [batches[0]!] : name === 'adjoint(y)' ? [batches[2]!] : [batches[0]!, name.endsWith('v)') ? batches[1]! : batches[2]!] // prettier-ignore
      const together = call(...given)
      const fault = faultOf(together, [count, ...shape], `${name} of a batch of ${count}`)
      if (fault) return { name, figure: Infinity, fault }
      const all = elements(together)
      const figures = Array.from(
        { length: count },
        (_, r) =>
        difference(elements(call(...given.map(a => rows(a, r)))), all.subarray((r * all.length) / count, ((r + 1) * all.length) / count)), // prettier-ignore
      )
      return { name, figure: Math.max(...figures), fault: undefined }
    })
    const worst = found.reduce((a, b) => (b.figure > a.figure ? b : a))
    const holds = worst.figure <= roundOff
    return { figure: worst.figure, holds, says: holds ? `a batch of ${count} and its items one by one` : worst.fault ?? `${worst.name}: a batch of ${count} differs from its items one by one` } // prettier-ignore
  },
}

export const plainLaws: readonly Law[] = [shapes, untouched, determinism, batched]
