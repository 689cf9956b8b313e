/** What a run has finished so far: samples and, where asked for, the levels they passed. */
import { array } from '../io/array.js'
import { zerosOf, type EngineOptions, type Real } from './program.js'
import type { Checkpoint, InFlight } from './request.js'

export interface Recorder {
  /** Samples that are finished. */
  readonly done: () => number
  /** Adds the chunk that begins at `done`: its samples, and x~ at each level. What lies beyond n is left out. */
  add(x: Real, trajectory: readonly Real[]): void
  samples(): Real
  trajectory(): Real | null
  checkpoint(fingerprint: string, inFlight: InFlight | null): Checkpoint
}

/** @param levels number of levels of the trajectory; 0 for none. */
export function openRecorder(
  n: number,
  shape: readonly number[],
  levels: number,
  precision: EngineOptions['precision'],
  resume?: Checkpoint,
): Recorder {
  const size = shape.reduce((a, b) => a * b, 1)
  const x = zerosOf(precision, [n, ...shape])
  const path = Array.from({ length: levels }, () => zerosOf(precision, [n, ...shape]))
  let done = 0
  const put = (target: Real, from: Real, first: number): void =>
    target.data.set(from.data.subarray(0, Math.min(from.data.length, (n - first) * size)), first * size)
  const view = (a: Real, count: number): Real => like(a, a.data.slice(0, count * size), [count, ...shape])
  if (resume) {
    done = Math.min(resume.x.shape[0]!, n)
    put(x, resume.x, 0)
    path.forEach((level, k) => put(level, row(resume.trajectory!, k), 0))
  }
  const trajectory = (): Real | null => {
    if (levels === 0) return null
    const whole = zerosOf(precision, [levels, done, ...shape])
    path.forEach((level, k) => whole.data.set(level.data.subarray(0, done * size), k * done * size))
    return whole
  }
  return {
    done: () => done,
    add(chunk, passed) {
      put(x, chunk, done)
      path.forEach((level, k) => put(level, passed[k]!, done))
      done = Math.min(n, done + chunk.shape[0]!)
    },
    samples: () => (done === n ? x : view(x, done)),
    trajectory,
    checkpoint: (fingerprint, inFlight) => ({ fingerprint, x: view(x, done), trajectory: trajectory(), inFlight }),
  }
}

const like = (a: Real, data: Float32Array | Float64Array, shape: readonly number[]): Real =>
  array(data as Float32Array, [...a.shape.slice(0, 0), ...shape])

/** Entry k along the first axis. */
function row(a: Real, k: number): Real {
  const length = a.data.length / a.shape[0]!
  return like(a, a.data.subarray(k * length, (k + 1) * length), a.shape.slice(1))
}
