/** Adaptive steps: errors that follow the tolerance, and the law that the closed form gives. */
import { expect, it } from 'vitest'
import { key, normal } from '../../src/random.js'
import { openSampler, sample, steps } from '../../src/samplers/index.js'
import { gaussian, mixture } from './laws.js'
import { processes } from './processes.js'

const levels = [8, 0.05]
const { process } = processes[1]!

it.each([gaussian, mixture])(
  'dormand-prince keeps to its tolerance on the exact $name, sample by sample',
  async law => {
    const n = 48
    const data = { mean: law.mean, variance: law.variance }
    const first = normal(key(0, 'sampler', 'start'), new Float64Array(n)).map(
      w => law.mean + Math.sqrt(law.variance + 64) * w,
    )
    const calls: number[] = []
    for (const tolerance of [1e-3, 1e-5, 1e-7]) {
      const step = steps.create('dormand-prince', { rtol: tolerance, atol: tolerance })
      const found = await sample({ denoise: law.denoise, shape: [1], step, process, levels, n, data, finish: 'rescale', precision: 'float64' }) // prettier-ignore
      const worst = Math.max(...first.map((v, i) => Math.abs(found.x.data[i]! - law.flow(v, 8, 0.05))))
      // Errors of the steps add up, and grow by the flow's expansion between the modes (measured: 4 at the median).
      expect(worst, `tolerance ${tolerance}`).toBeLessThan(60 * tolerance)
      expect(worst, `tolerance ${tolerance}`).toBeGreaterThan(1e-4 * tolerance)
      calls.push(found.calls)
    }
    // Order 5: a hundredth of the tolerance costs 100^(1/5) = 2.5 times the calls.
    expect(calls[2]! / calls[1]!).toBeLessThan(3)
    expect(calls[0]!).toBeLessThan(150)
  },
)

it.each([1, 2])('adaptive-sde has the law of the mixture at alpha = %d', async alpha => {
  const n = 20_000
  const data = { mean: mixture.mean, variance: mixture.variance }
  const sampler = openSampler({ denoise: mixture.denoise, shape: [1], step: steps.create('adaptive-sde'), threads: 1 })
  const { x, calls } = await sampler.sample({ n, process, levels, alpha, data, finish: 'rescale' })
  await sampler.dispose()
  const values = Array.from(x.data)
  const moment = (f: (v: number) => number): number => values.reduce((sum, v) => sum + f(v), 0) / n
  const mean = moment(v => v)
  // Monte Carlo, 4 standard errors, and the tolerance, 0.01 (measured bias: 0.002).
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(n) + 0.01)
  expect(Math.abs(moment(v => v * v) - 1 - 0.05 ** 2)).toBeLessThan(4 * Math.sqrt(0.5 / n) + 0.01)
  expect(Math.abs(moment(v => (v < -0.2 ? 1 : 0)) - 0.4)).toBeLessThan(4 * Math.sqrt(0.24 / n) + 0.01)
  expect(calls).toBeLessThan(600)
})
