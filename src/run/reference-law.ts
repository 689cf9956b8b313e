/** What a measurement says of the parameters theta of a prior: noise-free measurements and likelihoods of rows of theta. */
import * as tf from '@tensorflow/tfjs'
import { compile, type Executable } from '../compile/index.js'
import { array, type NdArray } from '../io/array.js'
import { dot } from '../linalg/cholesky.js'
import type { Noise } from '../operators/noise.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import type { ParametricPrior } from '../physics/parametric.js'
import { isParametric, type ProblemParts } from '../problem.js'
import type { Observation } from './condition.js'
import { measurementOf } from './setting.js'

export interface MeasuredLaw {
  readonly prior: ParametricPrior
  readonly y: NdArray<Float64Array>
  readonly noise: Noise
  /** A field(theta) [n, m]; a matrix is applied by the engine, compiled for each n. */
  measure(theta: NdArray<Float64Array>): Promise<NdArray<Float64Array>>
  /** log p(y | theta) of each row. */
  logLikelihood(theta: NdArray<Float64Array>): Float64Array
  dispose(): Promise<void>
}

/** A linear A of few measurements is worked out once, [m, N]; past this many entries it is applied. */
const DENSE = 2 ** 20

/** @throws RangeError where the prior has no parameters, or y does not fit. */
export function openMeasuredLaw(parts: ProblemParts, observation: Observation): MeasuredLaw {
  const prior = parametricPriorOf(parts)
  const { operator: A, noise, size: m } = measurementOf(parts, observation)
  const N = parts.unknown.grid.size
  if (observation.y.size !== m) throw new RangeError(`referencePosterior: y has ${observation.y.size} values, its operator measures ${m}`) // prettier-ignore
  const y = array(Float64Array.from(observation.y.data as Float64Array))
  const rows = isLinear(A) && m * N <= DENSE ? matrixOf(A) : null
  const programs = new Map<number, Promise<Executable>>()
  const product = ({ x, rows }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
    y: tf.matMul(x!, rows!, false, true),
  })
  const programOf = (n: number): Promise<Executable> => {
    const known = programs.get(n) ?? compile(product, { x: [n, N], rows: [m, N] }, { precision: 'float64', threads: 1 })
    programs.set(n, known)
    return known
  }
  return {
    ...{ prior, y, noise },
    async measure(theta) {
      const n = theta.shape[0]!
      const x = prior.field(theta)
      if (!rows) return array(A.apply(x).data, [n, m])
      const program = await programOf(n)
      return (await program.run({ x: array(x.data, [n, N]), rows })).y as NdArray<Float64Array>
    },
    logLikelihood(theta) {
      const n = theta.shape[0]!
      const repeated = new Float64Array(n * m)
      for (let r = 0; r < n; r++) repeated.set(y.data, r * m)
      const x = prior.field(theta)
      const clean = rows ? times(rows.data, x.data, n, m, N) : A.apply(x).data
      return noise.logLikelihood(array(repeated, [n, m]), array(clean, [n, m]))
    },
    async dispose() {
      for (const program of programs.values()) await (await program).dispose()
      programs.clear()
    },
  }
}

export function parametricPriorOf({ prior }: Pick<ProblemParts, 'prior'>): ParametricPrior {
  if (isParametric(prior)) return prior
  throw new RangeError('referencePosterior: the prior has no parameters to run chains in; a Gaussian one has an exact posterior (densePosterior), another asks for chains of your own') // prettier-ignore
}

/** rows x of each field x [n, N]. */
function times(rows: Float64Array, x: Float64Array, n: number, m: number, N: number): Float64Array {
  const clean = new Float64Array(n * m)
  for (let r = 0; r < n; r++) for (let i = 0; i < m; i++) clean[r * m + i] = dot(rows, i * N, x, r * N, N)
  return clean
}
