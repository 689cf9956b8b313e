/** Samplers fed with the exact diffused score of a posterior reproduce it: no network, no discretisation that matters. */
import { describe, expect, it } from 'vitest'
import { densePosterior } from '../../../src/diagnostics/exact/posterior.js'
import { openSampler, steps, timeGrids } from '../../../src/samplers/index.js'
import { gaussianDenoiser } from '../../../src/scores/exact/index.js'
import { processes } from '../../samplers/processes.js'
import { key } from '../../../src/random.js'
import { rowOf, simulated, transported } from './transported.js'

const N = 64
const n = 3072

describe('the posterior of an initial field, by its exact diffused score', () => {
  const problem = transported(8, 12, 0.1)
  const y = rowOf(simulated(problem, 1).y, 0)
  const posterior = densePosterior(problem)
  const [mean, Sigma] = [posterior.mean(y).data, posterior.covariance().data]
  const denoise = gaussianDenoiser({
    mean: [...mean],
    covariance: Array.from({ length: N }, (_, i) => [...Sigma.slice(i * N, (i + 1) * N)]),
  })

  /** The largest error of a mean or of a covariance, in Monte Carlo deviations. */
  function worstOf(x: ArrayLike<number>): number {
    const z = Float64Array.from(x, (v, k) => v - mean[k % N]!)
    let worst = 0
    for (let i = 0; i < N; i++) {
      let sum = 0
      for (let r = 0; r < n; r++) sum += z[r * N + i]!
      worst = Math.max(worst, Math.abs(sum) / Math.sqrt(n * Sigma[i * (N + 1)]!))
      for (let j = 0; j <= i; j++) {
        let product = 0
        for (let r = 0; r < n; r++) product += z[r * N + i]! * z[r * N + j]!
        const deviation = Math.sqrt((Sigma[i * (N + 1)]! * Sigma[j * (N + 1)]! + Sigma[i * N + j]! ** 2) / n)
        worst = Math.max(worst, Math.abs(product / n - Sigma[i * N + j]!) / deviation)
      }
    }
    return worst
  }

  it.each([
    { name: 'dpm-solver++2m', count: 80, alpha: 0 },
    { name: 'dpm-solver++2m-sde', count: 60, alpha: 1 },
  ])('$name in VE and VP', async ({ name, count, alpha }) => {
    const sampler = openSampler({ denoise, shape: [8, 8], step: steps.create(name) })
    for (const { process } of processes.slice(0, 2)) {
      const levels = timeGrids.create('log-sigma')(process.schedule, count)
      const { x } = await sampler.sample({ n, process, levels, alpha, seed: 3, data: { mean, variance: 1 } })
      // 2144 errors, of means and covariances: beyond 4.8 deviations by chance once in 300.
      expect(worstOf(x.data)).toBeLessThan(4.8)
    }
    await sampler.dispose()
  })

  it('and would be seen to miss it: the posterior of other noise', () => {
    const other = densePosterior({ ...problem, noise: transported(8, 12, 0.15).noise })
    const samples = other.sample(y, key(1), n)
    expect(worstOf(samples.data)).toBeGreaterThan(8)
  })
})
