/**
 * The one loop that all steps share: chunks of samples, levels within a chunk, and between two calls of the engine the
 * progress, the abort signal and the time limit. Noise belongs to (seed, step, sample), so samples do not depend on the
 * chunks; a stopped run goes on to the same bytes. Memory does not grow with the number of steps.
 */
import type { BoundaryArray, Executable } from '../compile/index.js'
import { array, elements } from '../io/array.js'
import { derive, key, normal } from '../random.js'
import { chunkSize, conditionOfChunk, conditionShapes, smaller } from './chunk.js'
import { prepare, type Run } from './prepare.js'
import { blankState, compileFinish, compileStep, noiseName, zerosOf, type ChunkShape, type Real } from './program.js'
import type { InFlight, SampleRequest, SamplerOptions, Samples } from './request.js'
import { isAdaptive } from './step.js'

export interface Sampler {
  /**
   * Draws samples: n of them, or those that were finished when the run was stopped.
   *
   * @throws RangeError for a request that does not fit; Error when a sample is not finite, with what to do.
   */
  sample(request: SampleRequest): Promise<Samples>
  /** Frees the engine's memory, after the runs that have been asked for. */
  dispose(): Promise<void>
}

/** A step and a denoiser, compiled when first used and kept for every process, grid, alpha and condition. */
export function openSampler(options: SamplerOptions): Sampler {
  const programs = new Map<string, Promise<Executable>>()
  const program: ProgramOf = (id, make) => {
    const known = programs.get(id) ?? make()
    programs.set(id, known)
    return known
  }
  // One run at a time: the programs hold its state.
  let last: Promise<unknown> = Promise.resolve()
  return {
    sample(request) {
      const run = last.then(() => drive(options, program, request))
      last = run.catch(() => undefined)
      return run
    },
    async dispose() {
      await last
      for (const made of programs.values()) await (await made).dispose()
      programs.clear()
    },
  }
}

/** One run of a sampler that nothing else needs; see `Sampler.sample`. */
export async function sample(options: SamplerOptions & SampleRequest): Promise<Samples> {
  const sampler = openSampler(options)
  try {
    return await sampler.sample(options)
  } finally {
    await sampler.dispose()
  }
}

type ProgramOf = (id: string, make: () => Promise<Executable>) => Promise<Executable>

/** Calls that an adaptive step may make before it counts as stuck. */
const MOST_CALLS = 20_000

async function drive(options: SamplerOptions, program: ProgramOf, request: SampleRequest): Promise<Samples> {
  const run = prepare(options, request)
  const elements = options.shape.reduce((a, b) => a * b, 1)
  let size = chunkSize(request.n, elements, options.chunk)
  let inFlight: InFlight | null = null
  while (run.recorder.done() < request.n && !run.stopped()) {
    const outcome = await runChunk(options, program, run, size)
    if ('inFlight' in outcome) inFlight = outcome.inFlight
    else size = outcome.size
  }
  const complete = run.recorder.done() === request.n
  return {
    x: run.recorder.samples(),
    trajectory: run.recorder.trajectory(),
    stopped: complete ? null : run.stopped(),
    checkpoint: complete ? null : run.recorder.checkpoint(run.fingerprint, inFlight),
    calls: run.spent.calls,
    seconds: run.seconds(),
    engineSeconds: run.spent.engine,
  }
}

/** One chunk from its start to its end; or the chunk as it was when the run was stopped; or a smaller size to try. */
async function runChunk(
  options: SamplerOptions,
  program: ProgramOf,
  run: Run,
  size: number,
): Promise<{ readonly size: number } | { readonly inFlight: InFlight }> {
  const { request, plan } = run
  const { denoise, step, precision } = options
  const conditions = request.condition ?? {}
  const chunk = { size, shape: options.shape, condition: conditionShapes(conditions, request.n, size) }
  const id = JSON.stringify([size, chunk.condition, plan.names])
  const advance = await program(id, () => compileStep(step, plan.names, denoise, chunk, options))
  const first = run.recorder.done()
  const condition = conditionOfChunk(conditions, chunk, first, precision)
  const begun = resumed(run, first, size) ?? beginning(options, run, chunk, first)
  await advance.setState(begun.state)
  const passed = [...begun.trajectory]
  const noise = noiseOf(options, run, chunk, first)
  const total = isAdaptive(step) ? MOST_CALLS : plan.calls.length
  let arrays = noise(begun.step)
  for (let k = begun.step; ;) {
    if (run.stopped()) return { inFlight: { first, step: k, state: (await advance.state()) as InFlight['state'], trajectory: passed } } // prettier-ignore
    const c = array(Float64Array.from(plan.calls[Math.min(k, plan.calls.length - 1)]!))
    const running = advance.run({ c, ...arrays, ...condition })
    if (k + 1 < total) arrays = noise(k + 1) // while the engine works, where it has a thread of its own
    const { out, seconds } = await run.timed(running)
    const fits = options.chunk === undefined ? smaller(size, seconds) : size
    if (fits < size) return { size: fits }
    k++
    if (request.trajectory) passed.push(rescaled((await advance.state()).z as Real, plan.levels[k]!.m))
    run.report(k, isAdaptive(step) ? null : total)
    if (isAdaptive(step) ? out.left!.data[0] === 0 : k === total) {
      run.spent.calls = Math.max(run.spent.calls, k * step.calls + (request.finish === 'rescale' ? 0 : 1))
      break
    }
    if (k === total) throw new Error(`step '${step.name}': not at the last level after ${total} calls: allow a larger error`) // prettier-ignore
  }
  const { z } = (await advance.state()) as { z: Real }
  run.recorder.add(await finished(options, program, run, chunk, z, condition), passed)
  return { size }
}

function resumed({ request }: Run, first: number, size: number): InFlight | null {
  const kept = request.resume?.inFlight
  return kept?.first === first && kept.state.z?.shape[0] === size ? kept : null
}

/** The chunk at the first level: as given, the last row repeated beyond n, or drawn from the terminal law. */
function beginning(
  options: SamplerOptions,
  { plan, start, seed, offset, request }: Run,
  chunk: ChunkShape,
  first: number,
): InFlight {
  const state = blankState(options.step, chunk, options.precision)
  const z = state.z!
  if (request.start) {
    const [from, row] = [elements<Float32Array | Float64Array>(request.start), z.data.length / chunk.size]
    z.data.forEach((_, i) => {
      const sample = Math.min(first + Math.floor(i / row), request.n - 1)
      z.data[i] = plan.first.m * from[sample * row + (i % row)]!
    })
  } else start(key(seed, 'sampler', 'start'), z.data, offset + first)
  state.l?.data.fill(Math.log(plan.first.sigma))
  return { first, step: 0, state, trajectory: request.trajectory ? [rescaled(z, plan.first.m)] : [] }
}

/** The noise of call k, in one of two sets of buffers: the other may be in use. Zeros where the call takes none. */
function noiseOf(
  { step, precision }: SamplerOptions,
  { plan, seed, offset }: Run,
  chunk: ChunkShape,
  first: number,
): (k: number) => Record<string, BoundaryArray> {
  const elements = chunk.shape.reduce((a, b) => a * b, 1)
  const fresh = (): Real[] =>
    Array.from({ length: step.noises ?? 0 }, () => zerosOf(precision, [chunk.size, ...chunk.shape]))
  const [none, ...buffers] = [fresh(), fresh(), fresh()]
  const root = key(seed, 'sampler', 'noise')
  return k => {
    const noisy = plan.noisy[Math.min(k, plan.noisy.length - 1)]!
    const set = noisy ? buffers[k % 2]! : none
    if (noisy) set.forEach(({ data }, j) => normal(derive(root, k, j), data, (offset + first) * elements))
    return Object.fromEntries(set.map((a, j) => [noiseName(j), a]))
  }
}

/** z/m. */
const rescaled = (z: Real, m: number): Real => array(z.data.map(v => v / m) as Float32Array, z.shape)

async function finished(
  options: SamplerOptions,
  program: ProgramOf,
  { request, plan, timed }: Run,
  chunk: ChunkShape,
  z: Real,
  condition: Record<string, Real>,
): Promise<Real> {
  const { sigma, m } = plan.last
  if (request.finish === 'rescale') return checked(options, request, rescaled(z, m))
  const id = JSON.stringify([chunk.size, chunk.condition])
  const finish = await program(id, () => compileFinish(options.denoise, chunk, options))
  const { out } = await timed(finish.run({ c: array(Float64Array.of(sigma, m)), z, ...condition }))
  return checked(options, request, out.x as Real)
}

function checked({ step }: SamplerOptions, { levels }: SampleRequest, x: Real): Real {
  const bad = (x.data as Float64Array).findIndex(v => !Number.isFinite(v))
  if (bad < 0) return x
  throw new Error(
    `step '${step.name}' over ${levels.length} levels: a sample became ${x.data[bad]!}. Either the denoiser is not finite, or the ` +
      `step is unstable: take more levels or a smaller alpha (euler-maruyama wants (1+alpha) (sigma^2 - sigma'^2) <= 4 sigma^2)`,
  )
}
