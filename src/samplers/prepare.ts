/** A request, checked and worked out: what the loop needs beside the engine. */
import { assertShape, bytesOf } from '../io/array.js'
import { crc32 } from '../io/crc.js'
import { planRun, type Plan } from './plan.js'
import { openRecorder, type Recorder } from './record.js'
import type { Checkpoint, SampleRequest, SamplerOptions, Samples } from './request.js'
import { startingLaw } from './start.js'
import { isAdaptive } from './step.js'

export interface Run {
  readonly request: SampleRequest
  readonly plan: Plan
  readonly seed: number
  /** Number of the first sample. */
  readonly offset: number
  readonly start: ReturnType<typeof startingLaw>
  readonly recorder: Recorder
  readonly fingerprint: string
  /** Denoiser calls for one sample, and seconds inside the engine. */
  readonly spent: { calls: number; engine: number }
  readonly seconds: () => number
  /** Why the run must stop now, or null. */
  readonly stopped: () => Samples['stopped']
  /** The result of a call of the engine, and how long it was waited for. */
  readonly timed: <T>(call: Promise<T>) => Promise<{ readonly out: T; readonly seconds: number }>
  /** Reports the calls made for the chunk at work. */
  readonly report: (step: number, of: number | null) => void
}

/** @throws RangeError for a request that does not fit the sampler, or a checkpoint of another request. */
export function prepare({ step, shape, precision }: SamplerOptions, request: SampleRequest): Run {
  const { n, process, levels, alpha, seed = 0, data, signal, timeLimit = Infinity, progress, resume } = request
  if (!(Number.isInteger(n) && n >= 1)) throw new RangeError(`sample: n = ${n}; wants an integer >= 1`)
  const { first = 0 } = request
  if (!(Number.isSafeInteger(first) && first >= 0))
    throw new RangeError(`sample: first = ${first}; wants an integer >= 0`)
  if (request.trajectory && isAdaptive(step))
    throw new RangeError(`sample: step '${step.name}' chooses levels for each sample apart: it has no trajectory`)
  if (request.start) assertShape(request.start, [n, ...shape], 'sample: start')
  const begun = performance.now()
  const seconds = (): number => (performance.now() - begun) / 1000
  const plan = planRun(step, process, levels, alpha)
  const size = shape.reduce((a, b) => a * b, 1)
  const fingerprint = fingerprintOf([step.name, shape, precision ?? 'float32', seed], plan, request)
  if (resume) assertSame(resume, fingerprint)
  const recorder = openRecorder(n, shape, request.trajectory ? levels.length : 0, precision, resume)
  const spent = { calls: 0, engine: 0 }
  return {
    request,
    plan,
    seed,
    offset: first,
    start: startingLaw(plan.first, size, data),
    recorder,
    fingerprint,
    spent,
    seconds,
    stopped: () => (signal?.aborted ? 'aborted' : seconds() >= timeLimit ? 'time limit' : null),
    async timed(call) {
      const from = performance.now()
      const out = await call
      const took = (performance.now() - from) / 1000
      spent.engine += took
      return { out, seconds: took }
    },
    report: (at, of) => progress?.({ done: recorder.done(), n, step: at, of, seconds: seconds() }),
  }
}

/** Names everything that the samples depend on, but for the denoiser and n. */
function fingerprintOf(sampler: readonly unknown[], plan: Plan, request: SampleRequest): string {
  const { finish = 'tweedie', trajectory = false, data = {}, condition = {}, start, first = 0 } = request
  const { mean, variance, factor } = data
  const numbers = [mean, variance].map(v => (typeof v === 'object' ? Array.from(v) : v))
  const arrays = Object.entries(condition).map(([name, a]) => [name, a.shape.slice(1), crc32(bytesOf(a))])
  const text = JSON.stringify([
    ...[sampler, plan.first, plan.last, plan.names, plan.calls, finish, trajectory],
    ...[numbers, factor && crc32(bytesOf(factor)), arrays],
    ...(start ? [crc32(bytesOf(start))] : []),
    ...(first > 0 ? [{ first }] : []),
  ])
  return crc32(new TextEncoder().encode(text)).toString(16).padStart(8, '0')
}

function assertSame({ fingerprint }: Checkpoint, wanted: string): void {
  if (fingerprint !== wanted)
    throw new RangeError(
      `resume: the checkpoint belongs to another request (${fingerprint}, this one is ${wanted}): the same step, levels, alpha, ` +
        `seed, data, condition and finish are needed to go on to the same samples`,
    )
}
