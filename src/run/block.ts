/**
 * A block of simulated examples that share one draw of the physics: for each of several operators, pairs (x, y), encoded.
 * The matrix of the physics is made once, each operator's estimator once, and a pair costs a product with each.
 */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { encodeAdjoint, encodeRaw, linearEstimator, linearStatistics, type PriorMoments } from '../operators/encode.js'
import { noiseFrom } from '../operators/noise-models/registry.js'
import { operatorFrom } from '../operators/registry.js'
import { isLinear } from '../operators/operator.js'
import type { ProblemParts } from '../problem.js'
import { derive, uniform, type Key } from '../random.js'
import { surrogateOf, type Surrogate } from '../scores/surrogate.js'
import { spectrumIn } from './condition.js'
import { sensingOf } from './sensing.js'
import { drawParameters, drawSetting, matrixOfSolution, matrixThrough, type Setting } from './setting.js'
import { channelsOf, embed, embeddingOf, surrogateSizeOf, toCoordinates, viewOf, type ViewSpec } from './view.js'

export interface BlockOptions {
  /** Operators of a block, and pairs of each. */
  readonly operators: number
  readonly pairs: number
  /** Share of the examples whose family is kept from the network, so that it can serve families it never met. */
  readonly anonymous?: number
}

/** Examples as training takes them, and what they were made from. */
export interface Block {
  /** u [n, ...shape]. */
  readonly x: NdArray<Float32Array>
  /** [n, channels, ...shape]. */
  readonly channels: NdArray<Float32Array>
  /** [n, entries]. */
  readonly embedding: NdArray<Float32Array>
  /** The surrogate of each operator: rotations [operators, r, r] and variances [operators, r + 1]; none for a model without. */
  readonly rotations: NdArray<Float32Array>
  readonly variances: NdArray<Float32Array>
  /** The unknowns in their units, [n, ...shape]. */
  readonly unknowns: NdArray<Float64Array>
  /** For each operator, what its pairs have measured: [pairs, m]. */
  readonly measured: readonly { readonly setting: Setting; readonly y: NdArray<Float64Array> }[]
}

/** Block `index` of a key: the same whoever makes it, and when. */
export function simulateBlock(
  parts: ProblemParts,
  prior: PriorMoments,
  view: ViewSpec,
  key: Key,
  index: number,
  { operators, pairs, anonymous = 0.1 }: BlockOptions,
): Block {
  const { shape } = parts.unknown.grid
  const own = derive(key, 'block', index)
  const [n, N, C, E] = [operators * pairs, sizeOf(shape), channelsOf(view), embeddingOf(view)]
  const axes = surrogateSizeOf(view)
  const entries = axes > 0 ? axes + 1 : 0
  const parameters = drawParameters(parts, own)
  const solution = parts.physics.solve(parameters)
  const S = matrixOfSolution(solution)
  if (!S)
    throw new RangeError('training needs physics that is linear in the unknown: its solution operator has no adjoint')
  const unknowns = parts.prior.sample(derive(own, 'unknown'), n)
  const x = new Float32Array(n * N)
  const channels = new Float32Array(n * C * N)
  const embedding = new Float32Array(n * E)
  const rotations = new Float32Array(operators * axes ** 2)
  const variances = new Float32Array(operators * entries)
  const measured: Block['measured'][number][] = []
  const hidden = uniform(derive(own, 'anonymous'), new Float64Array(operators))
  for (let j = 0; j < operators; j++) {
    const setting = drawSetting(parts, parameters, derive(own, 'operator', j))
    const truth = array(unknowns.data.subarray(j * pairs * N, (j + 1) * pairs * N), [pairs, ...shape])
    const shown = hidden[j]! < anonymous ? { ...setting, family: null } : setting
    const { encoded, surrogate, y } = encodePairs(parts, prior, view, setting, S, truth, derive(own, 'noise', j))
    const numbers = embed(view, shown, setting.noise.std as number, y.shape[1]!)
    measured.push({ setting, y })
    for (let r = 0; r < pairs; r++) {
      const at = j * pairs + r
      const seen = viewOf(view, encoded(r))
      // Coordinates are scaled alike for every y of an operator.
      if (r === 0 && axes > 0) {
        const own = surrogate(seen.scale[0]!)
        rotations.set(own.rotation, j * axes ** 2)
        variances.set(own.variances, j * entries)
      }
      x.set(toCoordinates(truth.data.subarray(r * N, (r + 1) * N), seen), at * N)
      channels.set(seen.channels, at * C * N)
      embedding.set(numbers, at * E)
    }
  }
  return {
    x: array(x, [n, ...shape]),
    channels: array(channels, [n, C, ...shape]),
    embedding: array(embedding, [n, E]),
    rotations: array(rotations, [operators, axes, axes]),
    variances: array(variances, [operators, entries]),
    ...{ unknowns, measured },
  }
}

interface EncodedPairs {
  readonly y: NdArray<Float64Array>
  /** The encoding of pair r [channels, ...shape]. */
  readonly encoded: (r: number) => NdArray<Float64Array>
  /** The surrogate of the operator, in units of a scale. */
  readonly surrogate: (scale: number) => Surrogate
}

/** Measures pairs with one operator and encodes each measurement. */
function encodePairs(
  parts: ProblemParts,
  prior: PriorMoments,
  { encode }: ViewSpec,
  { operator, noise: spec }: Setting,
  S: NdArray<Float64Array>,
  truth: NdArray<Float64Array>,
  key: Key,
): EncodedPairs {
  const H = operatorFrom(operator, parts.state)
  if (!isLinear(H)) throw new RangeError(`training: operator '${H.name}' is not linear, and a network is shown linear ones: leave it out of the mixture, and solve it by guidance`) // prettier-ignore
  const noise = noiseFrom(spec)
  const A = matrixThrough(H, S)
  const m = A.shape[0]!
  const { shape } = parts.unknown.grid
  const clean = product(A, truth)
  const y = array(noise.sample(clean, key).data, [truth.shape[0]!, m])
  const R = noise.covariance(array(clean.data.subarray(0, m), [m]))
  const one = (r: number): NdArray<Float64Array> => array(y.data.subarray(r * m, (r + 1) * m), [m])
  const surrogate = (scale: number): Surrogate => surrogateOf(spectrumIn(prior), A, R, scale)
  if (encode === 'adjoint')
    return { y, surrogate, encoded: r => encodeAdjoint(prior, { rows: A, noise: R, y: one(r) }) }
  if (encode === 'raw') {
    const sensing = sensingOf(H, parts)
    return { y, surrogate, encoded: r => encodeRaw({ rows: A, sensing, y: one(r) }, shape) }
  }
  const estimator = linearEstimator(linearStatistics(prior, A), R)
  const means = estimator.mean(y)
  const N = sizeOf(shape)
  const rest = new Float64Array(2 * N)
  rest.set(estimator.std.data)
  rest.set(logInformation(A, R), N)
  return {
    ...{ y, surrogate },
    encoded(r) {
      const out = new Float64Array(3 * N)
      out.set(means.data.subarray(r * N, (r + 1) * N))
      out.set(rest, N)
      return array(out, [3, ...shape])
    },
  }
}

/** A x of each row of a batch. */
function product(A: NdArray<Float64Array>, x: NdArray<Float64Array>): NdArray<Float64Array> {
  const [m, N] = A.shape as [number, number]
  const n = x.size / N
  const out = new Float64Array(n * m)
  for (let r = 0; r < n; r++)
    for (let i = 0; i < m; i++) {
      let sum = 0
      for (let k = 0; k < N; k++) sum += A.data[i * N + k]! * x.data[r * N + k]!
      out[r * m + i] = sum
    }
  return array(out, [n, m])
}

/** log(1 + diag(A^T R^-1 A)) for independent noise. */
function logInformation(A: NdArray<Float64Array>, R: NdArray<Float64Array>): Float64Array {
  const [m, N] = A.shape as [number, number]
  const out = new Float64Array(N)
  for (let i = 0; i < m; i++) for (let k = 0; k < N; k++) out[k]! += A.data[i * N + k]! ** 2 / R.data[i]!
  return out.map(Math.log1p)
}
