/**
 * Guidance in a posterior: the network is shown no measurement, or a part of them, and the likelihood of the observation enters
 * while sampling (scores/guidance.ts). In the coordinates of the network, x = centre + scale u, an observation of a linear A is
 *
 *   L^-1 (y - A centre) = L^-1 A diag(scale) u + w,   w ~ N(0, I),   R = L L^T;
 *
 * an A that is not linear is replaced by its tangent at the estimate of a Gauss-Newton iteration with the prior's moments.
 *
 * The likelihood must count once: a network that is shown y and guided by y samples from p(x) L^2, too narrow. So the measurement
 * is parted. With e ~ N(0, R),
 *
 *   y_1 = y + sqrt(c) e,   R_1 = (1 + c) R,      y_2 = y - e/sqrt(c),   R_2 = (1 + 1/c) R
 *
 * are independent given x, and p(x | y_1, y_2) = p(x | y): the network is shown y_1, as noisy a measurement as it has met in
 * training, and y_2 guides. Shown nothing instead, it sees the encoding of no measurement: x_lin is the prior's mean, sd_lin its
 * deviation, the information 0; a model that met no such example in training (a mixture of a few sensors and more)
 * extrapolates there, unless it corrects the Gaussian surrogate. A linear operator is best shown whole, without guidance.
 *
 * Source of the parting: A. Neufeld, A. Dharamshi, L. L. Gao, D. Witten, "Data thinning for convolution-closed
 * distributions", JMLR 25 (2024), arXiv 2301.07276.
 */
import { array, zeros, type NdArray } from '../io/array.js'
import { choleskyInPlace, solveLower } from '../linalg/cholesky.js'
import { encodeChannels, linearEstimator, linearStatistics, type PriorMoments } from '../operators/encode.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear, type MeasurementOperator } from '../operators/operator.js'
import type { NoiseSpec } from '../operators/noise.js'
import type { ProblemParts } from '../problem.js'
import { key } from '../random.js'
import type { Denoiser } from '../scores/denoiser.js'
import { priorSurrogate } from '../scores/surrogate.js'
import { dps, matrixMeasurement, mmps, pigdm } from '../scores/guidance.js'
import { conditionOf, spectrumIn, type Conditioned, type Observation } from './condition.js'
import { measurementOf, type Measurement } from './setting.js'
import { embed, surrogateSizeOf, viewOf, type Frame, type ViewSpec } from './view.js'

/** Rules for p(y | x~); `none` shows the observation to the network, as in training. */
export const guidanceNames = ['none', 'mmps', 'pigdm', 'dps'] as const
export type GuidanceName = (typeof guidanceNames)[number]

export interface GuidanceOptions {
  /** Default `none`. */
  readonly guidance?: GuidanceName
  /**
   * What the network is shown where there is guidance: a part of the measurement (default, for linear operators with Gaussian
   * noise), nothing (what the others get), or another measurement of the same unknown, independent of the observation given
   * the unknown.
   */
  readonly shown?: 'part' | 'nothing' | Observation
  /** Conjugate gradients of mmps and pigdm, each a forward and a backward pass of the network for mmps. Default 8. */
  readonly iterations?: number
}

export function guidedDenoiser(denoise: Denoiser, name: Exclude<GuidanceName, 'none'>, iterations = 8): Denoiser {
  const rules = {
    mmps: () => mmps(denoise, matrixMeasurement, { iterations }),
    pigdm: () => pigdm(denoise, matrixMeasurement, { iterations }),
    dps: () => dps(denoise, matrixMeasurement),
  }
  if (!Object.hasOwn(rules, name)) throw new RangeError(`unknown guidance '${name}': ${guidanceNames.join(', ')}`)
  return rules[name]()
}

/** What a guided network is shown, and the measurement whose likelihood guides it. */
export interface Parted {
  readonly seen: Conditioned
  readonly guiding: Observation
}

/**
 * Parts a measurement for guidance.
 *
 * @param seed of the noise that parts it.
 * @throws RangeError where the observation would count twice, or does not fit the problem.
 */
export function parted(
  parts: ProblemParts,
  prior: PriorMoments,
  spec: ViewSpec,
  observation: Observation,
  { shown = 'part', seed = 0 }: Pick<GuidanceOptions, 'shown'> & { readonly seed?: number } = {},
): Parted {
  if (typeof shown !== 'string') {
    assertOther(shown, observation)
    return { seen: conditionOf(parts, prior, spec, shown), guiding: observation }
  }
  const { operator, noise: law, size: m } = measurementOf(parts, observation)
  if (shown === 'nothing' || observation.noise.kind !== 'gaussian' || !isLinear(operator))
    return { seen: unconditioned(prior, spec, observation), guiding: observation }
  const R = law.covariance(array(new Float64Array(m)))
  const deviation = Math.sqrt(R.data.reduce((sum, v, k) => (R.shape.length === 1 || k % (m + 1) === 0 ? sum + v / m : sum), 0)) // prettier-ignore
  const c = Math.max(leastPart, (spec.noise.high / deviation) ** 2 - 1)
  const y = array(Float64Array.from(observation.y.data as Float64Array), [1, m])
  const noisy = law.sample(y, key(seed, 'guidance', 'part')).data
  const part = (share: number, scale: number): Observation => ({
    ...observation,
    y: array(noisy.map((v, i) => y.data[i]! + share * (v - y.data[i]!))),
    noise: scaled(observation.noise, R, scale),
  })
  return {
    seen: conditionOf(parts, prior, spec, part(Math.sqrt(c), 1 + c)),
    guiding: part(-1 / Math.sqrt(c), 1 + 1 / c),
  }
}

/** A specification of Gaussian noise with `by` times its covariance R. */
function scaled({ std }: NoiseSpec, R: NdArray<Float64Array>, by: number): NoiseSpec {
  if (typeof std === 'number') return { kind: 'gaussian', std: std * Math.sqrt(by) }
  const [m, columns] = R.shape as [number, number?]
  const row = (i: number): number[] => Array.from(R.data.subarray(i * m, (i + 1) * m), v => v * by)
  if (columns === undefined) return { kind: 'gaussian', std: row(0).map(Math.sqrt) }
  return { kind: 'gaussian', covariance: Array.from({ length: m }, (_, i) => row(i)) }
}

/** Least c: a network that has met no noise above this is shown half of the information. */
const leastPart = 1

/** What a model is shown where nothing was measured. */
export function unconditioned(prior: PriorMoments, spec: ViewSpec, setting: Observation): Conditioned {
  const { shape, size: N } = prior.mean
  const names: readonly string[] = encodeChannels[spec.encode]
  const encoded = zeros('float64', [names.length, ...shape])
  names.forEach((name, c) => {
    if (name === 'mean') encoded.data.set(prior.mean.data, c * N)
    if (name === 'std') encoded.data.set(prior.std.data, c * N)
  })
  const view = viewOf(spec, encoded)
  const embedding = embed(spec, { ...setting, family: null }, spec.noise.high, 1)
  if (surrogateSizeOf(spec) === 0) return { view, embedding }
  return { view, embedding, surrogate: priorSurrogate(spectrumIn(prior), view.scale[0]!) }
}

/** What a report says of samples that were guided. */
export function guidanceWarning(name: Exclude<GuidanceName, 'none'>): string {
  const errs = {
    mmps: 'it is exact for a Gaussian prior and a network without error, and sharpens the errors that a network has',
    pigdm: 'it takes what noise leaves open for uncorrelated, so that deviations are too small or too large',
    dps: 'it ignores what noise leaves open, so that deviations are too small',
  }[name]
  return `Guided by the likelihood (${name}): ${errs}. Compare with samples without guidance where the operator allows it.`
}

/** Throws RangeError where the network is shown what guidance imposes. */
export function assertOther(shown: Observation, observation: Observation): void {
  const same = shown === observation || JSON.stringify([shown.operator, [...values(shown.y)]]) === JSON.stringify([observation.operator, [...values(observation.y)]]) // prettier-ignore
  if (same) throw new RangeError("guidance: the network is shown the observation itself, whose likelihood would then count twice: leave 'shown' out, or show another measurement") // prettier-ignore
}

const values = (y: NdArray): Float64Array => Float64Array.from(y.data as Float64Array)

/** Measurements are padded to a multiple of this many, so that few sizes are compiled. */
const padding = 16

/**
 * The conditions of `matrixMeasurement` in the coordinates of a frame: `matrix` [1, m, N], `y` and `variance` [1, m].
 *
 * @throws RangeError for an operator without an adjoint or a derivative, or a y that does not fit.
 */
export function guidingConditions(
  parts: ProblemParts,
  prior: PriorMoments,
  observation: Observation,
  { centre, scale }: Frame,
): Readonly<Record<'matrix' | 'y' | 'variance', NdArray<Float64Array>>> {
  const measurement = measurementOf(parts, observation)
  const { operator: A, size: m } = measurement
  if (observation.y.size !== m)
    throw new RangeError(`observation: y has ${observation.y.size} values, its operator '${A.name}' makes ${m}`)
  const { rows, offset, noise } = tangent(prior, measurement, values(observation.y))
  const N = centre.length
  const L = new Float64Array(m * m)
  for (let i = 0; i < m; i++)
    if (noise.shape.length === 2) L.set(noise.data.subarray(i * m, (i + 1) * m), i * m)
    else L[i * (m + 1)] = noise.data[i]!
  choleskyInPlace(L, m, 'guidance: noise')
  const size = padding * Math.ceil(m / padding)
  const matrix = new Float64Array(size * N)
  const y = new Float64Array(size)
  for (let i = 0; i < m; i++) {
    let shift = 0
    for (let k = 0; k < N; k++) {
      const a = rows[i * N + k]!
      matrix[i * N + k] = a * scale[k]!
      shift += a * centre[k]!
    }
    y[i] = (observation.y.data[i]! as number) - offset[i]! - shift // prettier-ignore
  }
  solveLower(L, m, matrix.subarray(0, m * N), N)
  solveLower(L, m, y.subarray(0, m))
  return {
    matrix: array(matrix, [1, size, N]),
    y: array(y, [1, size]),
    variance: array(new Float64Array(size).fill(1), [1, size]),
  }
}

/** A(x) = rows x + offset, and R there. */
interface Affine {
  readonly rows: Float64Array
  readonly offset: Float64Array
  readonly noise: NdArray<Float64Array>
}

const most = 20

function tangent(prior: PriorMoments, { operator: A, noise: law, size: m }: Measurement, y: Float64Array): Affine {
  const at = (x: Float64Array): NdArray<Float64Array> => array(A.apply(array(x, prior.mean.shape)).data, [m])
  const mean = Float64Array.from(prior.mean.data)
  if (isLinear(A)) return { rows: matrixOf(A).data, offset: new Float64Array(m), noise: law.covariance(at(mean)) }
  const scale = Math.hypot(...prior.std.data)
  let x: Float64Array = mean
  for (let step = 0; ; step++) {
    const value = at(x)
    const noise = law.covariance(value)
    const rows = derivativeAt(A, array(x, prior.mean.shape), m)
    const offset = value.data.map((v, i) => v - inner(rows, i, x))
    if (step === most) return { rows, offset, noise }
    const estimator = linearEstimator(linearStatistics(prior, array(rows, [m, x.length])), noise)
    const next = estimator.mean(array(y.map((v, i) => v - offset[i]!))).data // prettier-ignore
    const change = Math.hypot(...next.map((v, k) => v - x[k]!))
    if (change < 1e-6 * scale) return { rows, offset, noise }
    x = next
  }
}

/** J [m, N], its rows by the adjoint. */
function derivativeAt(A: MeasurementOperator, x: NdArray<Float64Array>, m: number): Float64Array {
  if (!A.derivative)
    throw new RangeError(`guidance: operator '${A.name}' has neither an adjoint nor a derivative, and the likelihood's gradient needs one: state it in defineOperator, or leave guidance out`) // prettier-ignore
  const N = x.size
  const [points, basis] = [new Float64Array(m * N), new Float64Array(m * m)]
  for (let i = 0; i < m; i++) {
    points.set(x.data, i * N)
    basis[i * (m + 1)] = 1
  }
  return A.derivative.adjoint(array(points, [m, ...x.shape]), array(basis, [m, ...A.outputShape])).data
}

function inner(rows: Float64Array, i: number, x: Float64Array): number {
  let sum = 0
  for (let k = 0; k < x.length; k++) sum += rows[i * x.length + k]! * x[k]!
  return sum
}
