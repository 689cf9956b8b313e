/**
 * What a network sees of a measurement, and the coordinates in which it works:
 *
 *   u = (x - centre) / scale.
 *
 * `standardised`: centre and scale are the mean and deviation of the prior, one number each. `residual`: they are the linear
 * estimate x_lin and its deviation sd_lin, cell by cell, so that diffusion acts on what the measurement leaves open, in
 * units of how much it leaves open; u then has mean 0 and variance 1 in every cell, for every operator. `centred`: the same
 * centre, and for all cells one scale, the root mean square of sd_lin: the coordinates of the Gaussian surrogate
 * (scores/surrogate.ts), in which the axes of the prior stay what they are.
 */
import { array, sizeOf, type NdArray } from '../io/array.js'
import type { EncodeKind } from '../operators/encode.js'
import { encodeChannels } from '../operators/encode.js'
import type { ProblemParts, Varying } from '../problem.js'
import type { Setting } from './setting.js'

export type Coordinates = 'standardised' | 'residual' | 'centred'

/** Plain JSON, kept with the weights. */
export interface ViewSpec {
  readonly encode: EncodeKind
  readonly coordinates: Coordinates
  /** Mean and deviation of the prior over all cells. */
  readonly mean: number
  readonly std: number
  /** What the embedding holds, in order: physical parameters, noise, and one entry for each family of operators. */
  readonly parameters: Readonly<Record<string, Varying>>
  readonly noise: Varying
  readonly families: readonly string[]
  /** Axes of the prior in the Gaussian surrogate that the network corrects; without one left out. */
  readonly surrogate?: number
}

/** Most axes in a surrogate: 0.7 % of the variance of the shipped field and 0.02 % of the plumes lie beyond. */
const mostAxes = 128

/** Least scale of residual coordinates, in deviations of the prior: where nothing is left open, nothing is blown up. */
export const leastScale = 0.1

export const channelsOf = ({ encode }: ViewSpec): number => encodeChannels[encode].length
export const surrogateSizeOf = ({ surrogate = 0 }: ViewSpec): number => surrogate
export const embeddingOf = ({ parameters, families }: ViewSpec): number =>
  Object.keys(parameters).length + 2 + families.length

/** Coordinates u = (x - centre)/scale, [N] each. */
export interface Frame {
  readonly centre: Float64Array
  readonly scale: Float64Array
}

export interface View extends Frame {
  /** [channels, N]: fields in deviations of the prior, information as its logarithm. */
  readonly channels: Float32Array
}

/** The view of an encoding [channels, ...shape], in physical units. */
export function viewOf(spec: ViewSpec, encoded: NdArray): View {
  const { encode, coordinates, mean, std } = spec
  const names = encodeChannels[encode]
  const N = encoded.size / names.length
  const data = encoded.data as Float64Array
  const channels = Float32Array.from(data)
  names.forEach((name, c) => {
    const own = channels.subarray(c * N, (c + 1) * N)
    if (name === 'mean' || name === 'value' || name === 'adjoint') own.forEach((v, k) => (own[k] = (v - (name === 'mean' ? mean : 0)) / std)) // prettier-ignore
    if (name === 'std') own.forEach((v, k) => (own[k] = v / std))
  })
  if (coordinates === 'standardised')
    return { channels, centre: new Float64Array(N).fill(mean), scale: new Float64Array(N).fill(std) }
  const [centre, sd] = [data.slice(0, N), data.subarray(N, 2 * N)]
  const scale = Float64Array.from(sd, value => Math.max(value, leastScale * std))
  if (coordinates === 'centred') scale.fill(Math.sqrt(scale.reduce((sum, value) => sum + value ** 2 / N, 0)))
  return { channels, centre, scale }
}

/** Place of a value between the ends of its range: -1 at `low`, 1 at `high`. */
function placed({ low, high, log }: Varying, value: number): number {
  if (high === low) return 0
  const [a, b, v] = log ? [Math.log(low), Math.log(high), Math.log(value)] : [low, high, value]
  return (2 * v - a - b) / (b - a)
}

/** Numbers that describe a setting, for a measurement of m entries. */
export function embed(spec: ViewSpec, setting: Setting, noiseStd: number, m: number): Float32Array {
  const { parameters, noise, families } = spec
  return Float32Array.from([
    ...Object.entries(parameters).map(([name, varying]) =>
      placed(varying, setting.parameters[name] ?? varying.default),
    ),
    placed(noise, noiseStd),
    Math.log(m) / 2 - 1.5,
    ...families.map(name => (name === setting.family ? 1 : 0)),
  ])
}

export interface ViewOptions {
  /** Default `lmmse`. */
  readonly encode?: EncodeKind
  /** Default `residual` for `lmmse`, `centred` with a surrogate, else `standardised`. */
  readonly coordinates?: Coordinates
  /** Whether the network corrects the Gaussian surrogate. Default false. */
  readonly surrogate?: boolean
}

/**
 * The view of a problem's training: mean and deviation are those of its prior.
 *
 * @throws RangeError for choices that exclude each other.
 */
export function viewSpec(
  parts: ProblemParts,
  prior: { readonly mean: NdArray; readonly std: NdArray },
  { encode = 'lmmse', surrogate = false, coordinates = usualCoordinates(encode, surrogate) }: ViewOptions = {},
): ViewSpec {
  if (coordinates !== 'standardised' && encode !== 'lmmse')
    throw new RangeError(`coordinates '${coordinates}' need the encoding 'lmmse', not '${encode}'`)
  if (surrogate && coordinates !== 'centred')
    throw new RangeError(`the Gaussian surrogate needs coordinates 'centred', not '${coordinates}'`)
  const N = sizeOf(parts.unknown.grid.shape)
  const [means, stds] = [prior.mean.data as Float64Array, prior.std.data as Float64Array]
  const mean = means.reduce((a, b) => a + b / N, 0)
  const variance = stds.reduce((a, b, k) => a + (b * b + (means[k]! - mean) ** 2) / N, 0)
  return {
    ...{ encode, coordinates, mean, std: Math.sqrt(variance) },
    parameters: parts.physics.parameters,
    noise: parts.noise,
    families: parts.operators.map(({ name }) => name),
    ...(surrogate && { surrogate: Math.min(N, mostAxes) }),
  }
}

const usualCoordinates = (encode: EncodeKind, surrogate: boolean): Coordinates =>
  surrogate ? 'centred' : encode === 'lmmse' ? 'residual' : 'standardised'

/** u of fields [n, N] in the coordinates of a view. */
export function toCoordinates(x: Float64Array, { centre, scale }: Frame): Float32Array {
  const N = centre.length
  return Float32Array.from(x, (value, k) => (value - centre[k % N]!) / scale[k % N]!)
}

/** x of u [n, N]. */
export function fromCoordinates(
  u: ArrayLike<number>,
  { centre, scale }: Frame,
  shape: readonly number[],
): NdArray<Float64Array> {
  const N = centre.length
  const x = Float64Array.from({ length: u.length }, (_, k) => centre[k % N]! + scale[k % N]! * u[k]!)
  return array(x, [u.length / N, ...shape])
}
