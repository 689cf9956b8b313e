/**
 * Log-probability by the probability-flow ODE. The flow dx~ = (x~ - D) d ln sigma carries
 *
 *   d log p = -(n - div D) d ln sigma,      so   log p(x) = log p_T(x_T) + int (n - div D) d ln sigma
 *
 * from the first level up to the last, where p_T = N(xbar, C + sigma_T^2 I). It is the density of x at the first level: of the
 * data, smoothed by that sigma, and the same for every path (that of z = xi x~ is less by n ln xi). Y. Song et al.,
 * arXiv 2011.13456, section 4.3; the divergence by Hutchinson's estimate v^T (dD/dx) v, v = +-1 (Grathwohl et al., arXiv
 * 1810.01367), or exactly, one gradient for each element.
 */
import { compile, type Executable } from '../compile/index.js'
import { array, elements, type NdArray } from '../io/array.js'
import { key, uniform } from '../random.js'
import type { Denoiser } from '../scores/denoiser.js'
import { chunkSize, conditionOfChunk, conditionShapes } from './chunk.js'
import { flowCall } from './flow.js'
import { assertLevels } from './grid.js'
import { conditionInput, zerosOf, type EngineOptions, type Real } from './program.js'
import type { SampleRequest } from './request.js'

export interface LogProbRequest
  extends EngineOptions, Pick<SampleRequest, 'levels' | 'condition' | 'seed' | 'signal' | 'progress'> {
  readonly denoise: Denoiser
  /** Points [n, ...shape]. */
  readonly x: NdArray<Float32Array> | NdArray<Float64Array>
  /** Mean and variance of the data, for p_T: one number each or one for each element. Default 0 and 1. */
  readonly data?: { readonly mean?: number | ArrayLike<number>; readonly variance?: number | ArrayLike<number> }
  /** `exact`: one gradient for each element; `hutchinson`: an unbiased estimate. Default: exact up to 16 elements. */
  readonly divergence?: 'exact' | 'hutchinson'
  /** Random directions of Hutchinson's estimate. Default 1. */
  readonly probes?: number
  /** Points in one call, rounded up to 16. */
  readonly chunk?: number
}

/** Elements up to which the exact divergence is the default. */
const EXACT = 16

/**
 * log p(x) at the last (smallest) of `levels`, by the classical Runge-Kutta step of order 4 on them, in ln sigma.
 *
 * @returns [n], in float64 where asked for.
 * @throws RangeError for levels, shapes or probes that do not fit; Error when aborted.
 */
export async function logProb(request: LogProbRequest): Promise<Real> {
  const { x, levels, denoise, signal, progress, condition = {}, data = {}, precision } = request
  assertLevels(levels)
  const [n, ...shape] = x.shape as [number, ...number[]]
  const size = shape.reduce((a, b) => a * b, 1)
  const probes = probesOf(request, size)
  const rows = chunkSize(n, size * (probes || size), request.chunk)
  const chunk = { size: rows, shape, condition: conditionShapes(condition, n, rows) }
  const clock = levels.toReversed().map(Math.log)
  const initial = { x: zerosOf(precision, [rows, ...shape]), change: zerosOf(precision, [rows]) }
  const directions = { v: [probes, rows, ...shape] }
  const known = Object.fromEntries(Object.entries(chunk.condition).map(([k, s]) => [conditionInput(k), s]))
  const call = flowCall(denoise, size, probes)
  const engine = { ...request, state: initial }
  const f = await compile(call, { c: [2], ...(probes ? directions : {}), ...known }, engineOptions(engine))
  const result = zerosOf(precision, [n])
  const begun = performance.now()
  try {
    for (let first = 0; first < n; first += rows) {
      const given = {
        ...conditionOfChunk(condition, chunk, first, precision),
        ...probesAt(request, probes, chunk, first),
      }
      await f.setState({ ...initial, x: pointsAt(x, chunk, first, precision) })
      for (let k = 1; k < clock.length; k++) {
        if (signal?.aborted) throw new Error(`logProb: aborted after ${first} of ${n} points`)
        await f.run({ c: array(Float64Array.of(clock[k - 1]!, clock[k]!)), ...given })
        progress?.({ done: first, n, step: k, of: clock.length - 1, seconds: (performance.now() - begun) / 1000 })
      }
      await collect(f, result, first, size, levels[0]!, data)
    }
  } finally {
    await f.dispose()
  }
  return result
}

function engineOptions({
  precision,
  device,
  threads,
  worker,
  engine,
  state,
}: EngineOptions & { state: Record<string, Real> }): EngineOptions & { state: Record<string, Real> } {
  const given = { precision, device, threads, worker, engine }
  return { ...(Object.fromEntries(Object.entries(given).filter(([, v]) => v !== undefined)) as EngineOptions), state }
}

/** Number of random directions; 0 for the exact divergence. */
function probesOf({ divergence, probes = 1 }: LogProbRequest, size: number): number {
  if (!(Number.isInteger(probes) && probes >= 1))
    throw new RangeError(`logProb: ${probes} probes; wants an integer >= 1`)
  return (divergence ?? (size <= EXACT ? 'exact' : 'hutchinson')) === 'exact' ? 0 : probes
}

/** Rows first, first + 1, ... of the points; the last one repeated beyond n. */
function pointsAt(
  x: LogProbRequest['x'],
  { size, shape }: { readonly size: number; readonly shape: readonly number[] },
  first: number,
  precision: EngineOptions['precision'],
): Real {
  const condition = { x: [size, ...shape] }
  return conditionOfChunk({ x }, { size, shape, condition }, first, precision)[conditionInput('x')]!
}

/** +-1, by point and element. */
function probesAt(
  { seed = 0, precision }: LogProbRequest,
  probes: number,
  { size, shape }: { readonly size: number; readonly shape: readonly number[] },
  first: number,
): Record<string, Real> {
  if (probes === 0) return {}
  const v = zerosOf(precision, [probes, size, ...shape])
  const block = v.data.length / probes
  for (let j = 0; j < probes; j++) {
    const part = v.data.subarray(j * block, (j + 1) * block)
    uniform(key(seed, 'logProb', j), part, (first * block) / size)
    part.forEach((u, i) => (part[i] = u < 0.5 ? -1 : 1))
  }
  return { v }
}

/** log p = log N(x_T; xbar, C + sigma_T^2) + change, into the result. */
async function collect(
  f: Executable,
  result: Real,
  first: number,
  size: number,
  top: number,
  data: NonNullable<LogProbRequest['data']>,
): Promise<void> {
  const { x, change } = (await f.state()) as { x: Real; change: Real }
  const end = elements<Float32Array | Float64Array>(x)
  const at = (values: number | ArrayLike<number> | undefined, i: number, otherwise: number): number =>
    typeof values === 'object' ? values[i]! : (values ?? otherwise)
  for (let i = 0; i < change.data.length && first + i < result.data.length; i++) {
    let log = change.data[i]!
    for (let j = 0; j < size; j++) {
      const variance = at(data.variance, j, 1) + top ** 2
      log -= (end[i * size + j]! - at(data.mean, j, 0)) ** 2 / (2 * variance) + Math.log(2 * Math.PI * variance) / 2
    }
    result.data[first + i] = log
  }
}
