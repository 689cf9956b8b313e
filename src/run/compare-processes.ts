/**
 * Processes compared with exact scores, so that nothing is learned: path x step x alpha x number of steps on one density, by
 * the distance of samples to the exact law beside that of as many independent draws (the floor). In exact arithmetic all paths
 * have one law (theory.md, section 3); what differs is discretisation and round-off.
 */
import { alphaOf } from '../pde/alpha.js'
import { paths, type Path } from '../pde/path.js'
import { diffusionProcess } from '../pde/process.js'
import { schedules } from '../pde/schedule.js'
import { key } from '../random.js'
import { openSampler, steps as stepRegistry, timeGrids, type AnyStep, type Sampler } from '../samplers/index.js'
import { isAdaptive } from '../samplers/step.js'
import { targetDensity, type DensityName, type TargetDensity } from './targets.js'

export interface CompareOptions {
  readonly density: DensityName
  /** Paths: names of the registry, `vp-k=1` for a parameter. */
  readonly paths: readonly string[]
  readonly samplers: readonly string[]
  /** For the samplers that have a choice; the others run at their own. */
  readonly alphas: readonly (number | string)[]
  readonly steps: readonly number[]
  readonly grid: string
  readonly sigmaMin: number
  readonly sigmaMax: number
  /** Samples for each y and seed. */
  readonly n: number
  readonly seeds: number
  /** Values of y. */
  readonly conditions: number
  readonly signal?: AbortSignal
  readonly progress?: (text: string) => void
}

export const compareDefaults: Omit<CompareOptions, 'density'> = {
  paths: ['ve', 'vp', 'vp-k=1', 'subvp'],
  samplers: ['euler-maruyama', 'exponential', 'heun', 'dpm-solver++2m', 'dpm-solver++2m-sde'],
  alphas: [0, 1],
  steps: [12, 25, 50, 100],
  grid: 'log-sigma',
  sigmaMin: 0.01,
  sigmaMax: 20,
  n: 1000,
  seeds: 5,
  conditions: 5,
}

export interface CompareRow {
  readonly path: string
  readonly sampler: string
  readonly alpha: number | string
  /** null where the step chooses its own. */
  readonly steps: number | null
  /** Denoiser calls for one sample; the mean over runs for adaptive steps. */
  readonly calls: number
  /** Mean over seeds of the distance, averaged over y, and its standard deviation between seeds. */
  readonly distance: number
  readonly deviation: number
  /** distance/floor. */
  readonly ratio: number
  readonly seconds: number
}

export interface Comparison {
  readonly density: Pick<TargetDensity, 'name' | 'definition' | 'metric'>
  readonly options: Omit<CompareOptions, 'signal' | 'progress'>
  /** The distance of n independent draws, over the same y and at least 50 seeds. */
  readonly floor: { readonly mean: number; readonly deviation: number }
  readonly rows: readonly CompareRow[]
}

/** Draws cost nothing, and every ratio depends on the floor. */
const FLOOR_SEEDS = 50

/**
 * @throws RangeError for an unknown path, sampler, grid or alpha, before anything runs; Error when aborted.
 */
export async function compareProcesses(
  given: Partial<CompareOptions> & Pick<CompareOptions, 'density'>,
): Promise<Comparison> {
  const { signal, progress, ...options } = { ...compareDefaults, ...given }
  const schedule = schedules.create('geometric', { sigmaMin: options.sigmaMin, sigmaMax: options.sigmaMax })
  const grid = timeGrids.create(options.grid)
  options.alphas.forEach(alpha => alphaOf(alpha, schedule))
  const processes = options.paths.map(text => diffusionProcess(schedule, pathNamed(text)))
  const members = options.samplers.flatMap(name => membersOf(stepRegistry.create(name), options.alphas))
  const density = await targetDensity(options.density, options.conditions)
  const floors = perSeed(Math.max(FLOOR_SEEDS, options.seeds), (seed, i) => {
    const target = density.targets[i]!
    return target.distance(target.draw(key(seed, 'floor', i), options.n), key(seed, 'distance', i))
  }, density.targets.length) // prettier-ignore
  const floor = summary(floors)
  const rows: CompareRow[] = []
  for (const { step, alpha } of members) {
    const sampler = openSampler({ denoise: density.denoise, shape: density.shape, step })
    try {
      for (const process of processes)
        for (const count of isAdaptive(step) ? options.steps.slice(0, 1) : options.steps) {
          if (signal?.aborted) throw new Error('compare-processes: aborted')
          progress?.(`${process.path.name}, ${step.name}, alpha ${alpha}, ${count} steps`)
          const run = { process, levels: grid(schedule, count), alpha, n: options.n, ...(signal ? { signal } : {}) }
          const { distances, calls, seconds } = await distancesOf(sampler, density, run, options.seeds)
          const { mean, deviation } = summary(distances)
          rows.push({ path: process.path.name, sampler: step.name, alpha, steps: isAdaptive(step) ? null : count, calls, distance: mean, deviation, ratio: mean / floor.mean, seconds }) // prettier-ignore
        }
    } finally {
      await sampler.dispose()
    }
  }
  const { name, definition, metric } = density
  return { density: { name, definition, metric }, options, floor, rows }
}

type RunRequest = Omit<Parameters<Sampler['sample']>[0], 'seed' | 'data' | 'condition'>

/** The distance of each seed, averaged over y. */
async function distancesOf(
  sampler: Sampler,
  density: TargetDensity,
  run: RunRequest,
  seeds: number,
): Promise<{ distances: number[]; calls: number; seconds: number }> {
  const distances: number[] = []
  let [calls, seconds] = [0, 0]
  for (let seed = 0; seed < seeds; seed++) {
    let sum = 0
    for (const [i, target] of density.targets.entries()) {
      const { condition, data } = target
      const found = await sampler.sample({ ...run, seed: seed * density.targets.length + i, condition, data })
      if (found.stopped) throw new Error(`compare-processes: ${found.stopped}`)
      sum += target.distance(found.x.data, key(seed, 'distance', i))
      calls += found.calls
      seconds += found.seconds
    }
    distances.push(sum / density.targets.length)
  }
  return { distances, calls: calls / (seeds * density.targets.length), seconds }
}

function perSeed(seeds: number, distance: (seed: number, i: number) => number, count: number): number[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const all = Array.from({ length: count }, (_, i) => distance(seed, i))
    return all.reduce((a, b) => a + b) / count
  })
}

function summary(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b) / values.length
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) }
}

/** A step with each alpha that it takes. */
const membersOf = (step: AnyStep, alphas: readonly (number | string)[]): { step: AnyStep; alpha: number | string }[] =>
  step.alpha === undefined ? [{ step, alpha: 0 }] : alphas.map(alpha => ({ step, alpha }))

/** `vp-k=1` is the path vp-k with its one parameter. */
function pathNamed(text: string): Path {
  const [name = '', value] = text.split('=')
  return paths.create(name, value === undefined ? {} : { k: Number(value) })
}
