/** Encoding many measurements at once, each with an operator of its own. */
import { array, zeros } from '../../io/array.js'
import type { PriorMoments } from '../../linalg/gaussian.js'
import { valuesOf } from '../../linalg/values.js'
import { blockConditioner, type BlockOptions, type Real, type RealArray } from './block.js'
import { whiten, type LinearObservation, type Whitened } from './observation.js'
import { encodeAdjoint, encodeChannels, encodeRaw, type EncodeKind } from './single.js'

export interface Encoder {
  readonly kind: EncodeKind
  /** What each channel is. */
  readonly channels: readonly string[]
  /**
   * [n, channels, ...shape] of n observations, of any numbers of entries; float32, or float64 where asked for.
   * @throws RangeError that names the observation, as the encodings of one measurement do.
   */
  encode(observations: readonly LinearObservation[]): Promise<RealArray>
  /** Frees the engine's memory. */
  dispose(): Promise<void>
}

export interface EncoderOptions extends BlockOptions {
  /** `lmmse` unless given. */
  readonly kind?: EncodeKind
}

/**
 * An encoder for a prior, which compiles what it needs when first used, and keeps it.
 *
 * @throws RangeError for an unknown kind.
 */
export function openEncoder(prior: PriorMoments, options: EncoderOptions = {}): Encoder {
  const { kind = 'lmmse', ...engine } = options
  if (!Object.hasOwn(encodeChannels, kind)) throw new RangeError(`encode: unknown kind '${kind}'; known: ${Object.keys(encodeChannels).join(', ')}`) // prettier-ignore
  const channels = encodeChannels[kind]
  const { shape } = prior.mean
  const empty = (n: number): RealArray =>
    zeros(engine.precision ?? 'float32', [n, channels.length, ...shape]) as RealArray
  if (kind === 'lmmse') return { kind, channels, ...lmmseEncoder(prior, engine, empty) }
  const one = kind === 'raw' ? (o: LinearObservation) => encodeRaw(o, shape) : (o: LinearObservation) => encodeAdjoint(prior, o) // prettier-ignore
  return {
    ...{ kind, channels },
    encode(observations) {
      const out = empty(observations.length)
      const size = out.size / Math.max(1, observations.length)
      observations.forEach((o, j) => { out.data.set(named(j, () => one(o)).data, j * size) }) // prettier-ignore
      return Promise.resolve(out)
    },
    dispose: () => Promise.resolve(),
  }
}

/** `encode` of an encoder that nothing else needs. */
export async function encodeBatch(
  prior: PriorMoments,
  observations: readonly LinearObservation[],
  options: EncoderOptions = {},
): Promise<RealArray> {
  const encoder = openEncoder(prior, options)
  try {
    return await encoder.encode(observations)
  } finally {
    await encoder.dispose()
  }
}

function lmmseEncoder(
  prior: PriorMoments,
  engine: BlockOptions,
  empty: (n: number) => RealArray,
): Pick<Encoder, 'encode' | 'dispose'> {
  const N = prior.mean.size
  const mean = valuesOf('encode: mean', prior.mean, prior.mean.shape)
  const variance = valuesOf('encode: std', prior.std, prior.mean.shape).map(s => s * s)
  const block = blockConditioner(prior, engine)
  return {
    async encode(observations) {
      const { data, shape } = empty(observations.length)
      const sizes = observations.map(({ rows }) => rows.shape[0] ?? 0)
      const observe = (j: number, rows: Real): Whitened<Real> =>
        named(j, () => whiten(observations[j]!, mean, 'encode', rows))
      await block.condition(sizes, observe, ({ index, shift, reduction, information }) => {
        const at = 3 * index * N
        for (let k = 0; k < N; k++) {
          data[at + k] = mean[k]! + shift[k]!
          data[at + N + k] = Math.sqrt(Math.max(0, variance[k]! - reduction[k]!))
          data[at + 2 * N + k] = Math.log1p(information[k]!)
        }
      })
      return array(data as Float32Array, shape)
    },
    dispose: () => block.dispose(),
  }
}

/** Names observation j in an error of `f`. */
function named<T>(j: number, f: () => T): T {
  try {
    return f()
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`observation ${j}: ${error.message}`, { cause: error })
    throw error
  }
}
