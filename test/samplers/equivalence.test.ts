/** VE and every VP path, built-in or written, give the same trajectories after rescaling (theory.md, section 3). */
import { describe, expect, it } from 'vitest'
import { openSampler, steps, timeGrids } from '../../src/samplers/index.js'
import { mixtureDenoiser } from '../../src/scores/exact/index.js'
import { processes, writtenProcesses } from './processes.js'

const denoise = mixtureDenoiser([
  { weight: 0.4, mean: [-1, 0.5], covariance: [[0.3, 0.1], [0.1, 0.2]] }, // prettier-ignore
  { weight: 0.6, mean: [1, -1], covariance: 0.05 },
])
const levels = timeGrids.create('log-sigma')(processes[0]!.process.schedule, 40)

// Round-off of the state, relative to sigma, and of the levels' m; the flow between modes expands it.
describe.each([
  { precision: 'float32', tolerance: 1e-4 },
  { precision: 'float64', tolerance: 1e-11 },
] as const)('in $precision', ({ precision, tolerance }) => {
  it.each(['heun', 'dpm-solver++2m', 'exponential', 'euler-maruyama', 'edm', 'predictor-corrector'])(
    '%s',
    async name => {
      const sampler = openSampler({ denoise, shape: [2], step: steps.create(name), precision })
      const paths = []
      for (const { process } of [...processes, ...writtenProcesses])
        paths.push(await sampler.sample({ n: 256, process, levels, trajectory: true, finish: 'rescale' }))
      await sampler.dispose()
      const [reference, ...others] = paths.map(p => p.trajectory!)
      const row = reference!.data.length / levels.length
      const scale = Float64Array.from(reference!.data, (_, i) => Math.max(1, levels[Math.floor(i / row)]!))
      for (const other of others) {
        const worst = scale.reduce(
          (most, size, i) => Math.max(most, Math.abs(other.data[i]! - reference!.data[i]!) / size),
          0,
        )
        expect(worst).toBeLessThan(tolerance)
      }
    },
  )
})
