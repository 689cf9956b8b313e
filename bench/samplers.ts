/** Sampling with an exact denoiser: seconds, and the share of them that is not spent in the compiled graph. */
import { paths } from '../src/pde/path.js'
import { diffusionProcess } from '../src/pde/process.js'
import { schedules } from '../src/pde/schedule.js'
import { openSampler, steps, timeGrids } from '../src/samplers/index.js'
import { mixtureDenoiser } from '../src/scores/exact/index.js'
import type { Setting } from './ours.js'

export interface Sampling {
  readonly step: string
  readonly seconds: number
  /** 1 - (seconds that calls of the graph were waited for)/seconds. */
  readonly shareOutside: number
}

const [SAMPLES, STEPS] = [10_000, 50]

/** Eight Gaussians on a circle. */
const denoise = mixtureDenoiser(
  Array.from({ length: 8 }, (_, k) => (k * Math.PI) / 4).map(angle => ({
    weight: 1,
    mean: [Math.cos(angle), Math.sin(angle)],
    covariance: 0.01,
  })),
)

/** 10,000 samples in two dimensions by 50 steps, compiled before: the run of median time, for a step with and without noise. */
export async function sampling(rounds: number, { threads, device }: Setting): Promise<Sampling[]> {
  const schedule = schedules.create('geometric', { sigmaMax: 20 })
  const process = diffusionProcess(schedule, paths.create('vp'))
  const levels = timeGrids.create('log-sigma')(schedule, STEPS)
  const found: Sampling[] = []
  for (const step of ['dpm-solver++2m', 'exponential']) {
    const sampler = openSampler({ denoise, shape: [2], step: steps.create(step), threads, device })
    const runs: Sampling[] = []
    for (let seed = 0; seed <= rounds; seed++) {
      const { seconds, engineSeconds } = await sampler.sample({ n: SAMPLES, process, levels, seed })
      runs.push({ step, seconds, shareOutside: 1 - engineSeconds / seconds })
    }
    await sampler.dispose()
    const timed = runs.slice(1).sort((a, b) => a.seconds - b.seconds) // the first one compiles
    found.push(timed[timed.length >> 1]!)
  }
  return found
}

export const line = ({ step, seconds, shareOutside }: Sampling): string =>
  `samplers: ${SAMPLES} samples by ${STEPS} steps of ${step}: ${seconds.toFixed(3)} s, ` +
  `${(100 * shareOutside).toFixed(0)} % outside the compiled graph`
