/** Readings become an operator: sensors at one time, series of sensors, or sensors of each time where series have gaps. */
import { array, type NdArray } from '../../io/array.js'
import { FileError } from '../../io/error.js'
import type { NoiseSpec } from '../../operators/noise.js'
import type { OperatorSpec } from '../../operators/operator.js'
import type { Reading } from './reading.js'

export interface Assembled {
  readonly operator: OperatorSpec
  /** [m], in the order of the operator's output. */
  readonly y: NdArray<Float64Array>
  readonly noise: NoiseSpec
  /** The places of measurement, and which of them each value belongs to. */
  readonly places: readonly (readonly number[])[]
  readonly placeOf: Int32Array
  /** Of each value. */
  readonly labels: readonly string[]
}

/**
 * @param fallback standard deviation of readings that state none, in the units of the problem
 * @throws FileError where nothing is left, a place and time come twice, or a noise level is missing.
 */
export function assemble(file: string, readings: readonly Reading[], fallback: number | undefined): Assembled {
  if (readings.length === 0) throw new FileError(file, { expected: 'at least one row with a value', found: 'none' })
  const places = new Map<string, { index: number; place: readonly number[] }>()
  for (const { place } of readings)
    if (!places.has(place.join())) places.set(place.join(), { index: places.size, place })
  const times = [...new Set(readings.map(({ t }) => t))].sort((a, b) => (a ?? 0) - (b ?? 0))
  const indexOf = ({ place }: Reading): number => places.get(place.join())!.index
  // The first key varies least: places of a series, times of what is not one.
  const whole = times.length > 1 && places.size * times.length === readings.length
  const rank = new Map(times.map((t, k) => [t, k]))
  const order = (r: Reading): number =>
    whole ? indexOf(r) * times.length + rank.get(r.t)! : rank.get(r.t)! * places.size + indexOf(r)
  const sorted = times.length === 1 ? [...readings] : [...readings].sort((a, b) => order(a) - order(b))
  checkOnce(file, sorted, times.length > 1)
  const std = sorted.map(({ noise, where }) => noise ?? fallback ?? missingNoise(file, where))
  return {
    operator: operatorOf(sorted, times, whole),
    y: array(Float64Array.from(sorted, ({ value }) => value)),
    noise: noiseOf(std),
    places: [...places.values()].map(({ place }) => place),
    placeOf: Int32Array.from(sorted, indexOf),
    labels: sorted.map(({ label, where }) => label ?? where),
  }
}

/** Independent Gaussian noise: one level, or one for each value. */
export const noiseOf = (std: readonly number[]): NoiseSpec =>
  std.every(s => s === std[0]) ? { kind: 'gaussian', std: std[0]! } : { kind: 'gaussian', std: [...std] }

function operatorOf(
  readings: readonly Reading[],
  times: readonly (number | undefined)[],
  whole: boolean,
): OperatorSpec {
  const at = (t: number | undefined): OperatorSpec => ({
    kind: 'sensors',
    points: readings.filter(reading => reading.t === t).map(({ place }) => [...place]),
    ...(t !== undefined && { time: t }),
  })
  if (times.length === 1) return at(times[0])
  if (!whole) return { kind: 'stack', operators: times.map(at) }
  const points = readings.filter((_, k) => k % times.length === 0).map(({ place }) => [...place])
  return { kind: 'sensor-series', points, times: [...times] }
}

/** Series cannot hold one place and time twice; repeated readings at one time are independent measurements. */
function checkOnce(file: string, readings: readonly Reading[], inTime: boolean): void {
  if (!inTime) return
  const seen = new Map<string, string>()
  for (const { place, t, where } of readings) {
    const id = `${place.join()};${t}`
    const before = seen.get(id)
    if (before) throw new FileError(file, { expected: 'each place and time once', found: `(${place.join(', ')}) at ${t} in ${before} and ${where}` }) // prettier-ignore
    seen.set(id, where)
  }
}

function missingNoise(file: string, where: string): never {
  throw new FileError(file, {
    expected: 'a column noise (standard deviation)',
    found: `none for ${where}`,
    remedy: 'Add the column, or state one noise level for all.',
  })
}
