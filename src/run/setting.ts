/**
 * One case of a problem: the physics at certain parameters, an operator, and a noise level. A = H S takes the unknown to
 * what is measured.
 */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { composeOperators } from '../operators/combine.js'
import { matrixOf } from '../operators/linear.js'
import { noiseFrom } from '../operators/noise-models/registry.js'
import { drawOperator, operatorFrom } from '../operators/registry.js'
import type { LinearOperator, MeasurementOperator, OperatorSpec } from '../operators/operator.js'
import { rowsOfDense } from '../operators/sparse-rows.js'
import type { Noise, NoiseSpec } from '../operators/noise.js'
import type { OperatorFamily, ProblemParts, SolutionOperator, Varying } from '../problem.js'
import { derive, uniform, type Key } from '../random.js'

export interface Setting {
  readonly parameters: Readonly<Record<string, number>>
  /** Concrete: nothing left to draw. */
  readonly operator: OperatorSpec
  readonly noise: NoiseSpec
  /** The family of the training mixture that it was drawn from; null for an operator of a user's. */
  readonly family: string | null
}

/** A value between `low` and `high`, uniform there or in the logarithm. */
export function drawVarying({ low, high, log }: Varying, key: Key): number {
  const u = uniform(key, new Float64Array(1))[0]!
  return log ? low * (high / low) ** u : low + (high - low) * u
}

export const drawParameters = ({ physics }: ProblemParts, key: Key): Record<string, number> =>
  Object.fromEntries(
    Object.entries(physics.parameters).map(([name, varying]) => [name, drawVarying(varying, derive(key, name))]),
  )

export const defaultParameters = ({ physics }: ProblemParts): Record<string, number> =>
  Object.fromEntries(Object.entries(physics.parameters).map(([name, { default: value }]) => [name, value]))

/** A family by its weight. */
function drawFamily(families: readonly OperatorFamily[], key: Key): OperatorFamily {
  const total = families.reduce((sum, { weight = 1 }) => sum + weight, 0)
  let left = uniform(key, new Float64Array(1))[0]! * total
  return families.find(({ weight = 1 }) => (left -= weight) < 0) ?? families.at(-1)!
}

/** An operator and a noise level of the training mixture, of the named family or of any. */
export function drawSetting(
  parts: ProblemParts,
  parameters: Readonly<Record<string, number>>,
  key: Key,
  family = drawFamily(parts.operators, derive(key, 'family')),
): Setting {
  return {
    parameters,
    operator: drawOperator(family.spec, derive(key, 'operator'), parts.state),
    noise: { kind: 'gaussian', std: drawVarying(parts.noise, derive(key, 'noise')) },
    family: family.name,
  }
}

/** What a setting means: A and the noise. */
export interface Measurement {
  readonly operator: MeasurementOperator
  readonly noise: Noise
  /** Entries of y. */
  readonly size: number
}

/** @throws RangeError for parameters, an operator or a noise that do not fit the problem. */
export function measurementOf(
  parts: ProblemParts,
  { parameters, operator, noise }: Setting,
  S: SolutionOperator = parts.physics.solve(parameters),
): Measurement {
  const H = operatorFrom(operator, parts.state)
  return {
    operator: composeOperators({ name: 'physics', ...S }, H),
    noise: noiseFrom(noise),
    size: sizeOf(H.outputShape),
  }
}

/** The matrix of S, to be shared by many operators: rows over the state, columns over the unknown, in C order. */
export const matrixOfSolution = (S: SolutionOperator): NdArray<Float64Array> | null =>
  S.adjoint ? matrixOf({ name: 'physics', ...S, adjoint: S.adjoint }) : null

/** The matrix of A = H S [m, N], from that of S. */
export function matrixThrough(H: LinearOperator, S: NdArray<Float64Array>): NdArray<Float64Array> {
  const [m, N] = [sizeOf(H.outputShape), S.shape[1]!]
  const out = new Float64Array(m * N)
  const { pointers, indices, values } = H.rows ?? rowsOfDense(matrixOf(H).data, m, sizeOf(H.inputShape))
  for (let i = 0; i < m; i++) {
    const row = out.subarray(i * N, (i + 1) * N)
    for (let p = pointers[i]!; p < pointers[i + 1]!; p++) {
      const [weight, from] = [values[p]!, indices[p]! * N]
      for (let k = 0; k < N; k++) row[k]! += weight * S.data[from + k]!
    }
  }
  return array(out, [m, N])
}
