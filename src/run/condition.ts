/** What a model is shown of observations: the conditions of its network, and the coordinates that come with them. */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { encodeAdjoint, encodeLmmse, encodeRaw, type PriorMoments } from '../operators/encode.js'
import { matrixOf } from '../operators/linear.js'
import { isLinear } from '../operators/operator.js'
import { operatorFrom } from '../operators/registry.js'
import type { Spectrum } from '../linalg/spectrum.js'
import type { ProblemParts } from '../problem.js'
import { surrogateOf, type Surrogate } from '../scores/surrogate.js'
import { sensingOf } from './sensing.js'
import { measurementOf, type Setting } from './setting.js'
import { embed, surrogateSizeOf, viewOf, type View, type ViewSpec } from './view.js'

/** A measurement with all that is known of how it was made. */
export interface Observation extends Setting {
  /** [m], or the shape of the operator's output. */
  readonly y: NdArray
}

export interface Conditioned {
  readonly view: View
  readonly embedding: Float32Array
  /** Of a model that corrects one. */
  readonly surrogate?: Surrogate
}

/** The inputs of a model's denoiser beside x~ and sigma. */
export type ModelCondition = Readonly<Record<string, NdArray<Float32Array>>> &
  Readonly<Record<'channels' | 'embedding', NdArray<Float32Array>>>

/** What a model is shown of an observation. @throws RangeError for one that does not fit the problem. */
export function conditionOf(
  parts: ProblemParts,
  prior: PriorMoments,
  spec: ViewSpec,
  observation: Observation,
): Conditioned {
  const { operator: A, noise, size } = measurementOf(parts, observation)
  if (observation.y.size !== size)
    throw new RangeError(`observation: y has ${observation.y.size} values, its operator '${A.name}' makes ${size}`)
  if (!isLinear(A)) throw new RangeError(`operator '${A.name}' is not linear, and the network is shown linear ones: sample by guidance, such as --guidance mmps`) // prettier-ignore
  const y = array(Float64Array.from(observation.y.data as Float64Array), [size])
  const rows = matrixOf(A)
  const R = noise.covariance(array(product(rows, prior.mean), [size]))
  const { shape } = prior.mean
  const encoded = {
    lmmse: () => encodeLmmse(prior, { rows, noise: R, y }),
    adjoint: () => encodeAdjoint(prior, { rows, noise: R, y }),
    raw: () => encodeRaw({ rows, y, sensing: sensed(parts, observation) }, shape),
  }[spec.encode]()
  const view = viewOf(spec, encoded)
  const embedding = embed(spec, observation, deviationOf(R), size)
  if (surrogateSizeOf(spec) === 0) return { view, embedding }
  return { view, embedding, surrogate: surrogateOf(spectrumIn(prior), rows, R, view.scale[0]!) }
}

/** The axes that a model with a surrogate comes with. */
export function spectrumIn({ spectrum }: PriorMoments): Spectrum {
  if (!spectrum) throw new Error('the model corrects a Gaussian surrogate, and the axes of its prior are missing')
  return spectrum
}

/** Root mean square over the values; of a full covariance, its diagonal counts. */
function deviationOf({ data, shape }: NdArray<Float64Array>): number {
  const m = shape[0]!
  const stride = shape.length === 2 ? m + 1 : 1
  let sum = 0
  for (let i = 0; i < m; i++) sum += data[i * stride]!
  return Math.sqrt(sum / m)
}

function sensed(parts: ProblemParts, { operator }: Observation): NdArray<Float64Array> {
  const H = operatorFrom(operator, parts.state)
  if (!isLinear(H)) throw new RangeError(`operator '${H.name}' is not linear, and the encoding 'raw' shows linear ones`)
  return sensingOf(H, parts)
}

/** A x. */
export function product(A: NdArray<Float64Array>, x: NdArray): Float64Array {
  const [m, N] = A.shape as [number, number]
  return Float64Array.from({ length: m }, (_, i) => {
    let sum = 0
    for (let k = 0; k < N; k++) sum += A.data[i * N + k]! * (x.data as Float64Array)[k]!
    return sum
  })
}

/** Conditions of `draws` samples for each observation; one for all where there is one. */
export function stacked(views: readonly Conditioned[], draws: number, shape: readonly number[]): ModelCondition {
  const times = views.length === 1 ? 1 : draws
  const lay = (parts: readonly Float32Array[], tail: readonly number[]): NdArray<Float32Array> => {
    const size = parts[0]!.length
    const out = new Float32Array(parts.length * times * size)
    parts.forEach((part, i) => {
      for (let r = 0; r < times; r++) out.set(part, (i * times + r) * size)
    })
    return array(out, [parts.length * times, ...tail])
  }
  const channels = views[0]!.view.channels.length / sizeOf(shape)
  const surrogates = views.flatMap(({ surrogate }) => surrogate ?? [])
  const r = (surrogates[0]?.variances.length ?? 1) - 1
  return {
    channels: lay(
      views.map(({ view }) => view.channels),
      [channels, ...shape],
    ),
    embedding: lay(
      views.map(({ embedding }) => embedding),
      [views[0]!.embedding.length],
    ),
    ...(r > 0 && {
      surrogateRotation: lay(
        surrogates.map(({ rotation }) => rotation),
        [r, r],
      ),
      surrogateVariances: lay(
        surrogates.map(({ variances }) => variances),
        [r + 1],
      ),
    }),
  }
}
