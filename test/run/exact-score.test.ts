/** Exact posteriors of held-out cases, and the exact score in a sampler: the floors of every comparison of models. */
import { beforeAll, describe, expect, it } from 'vitest'
import { sampleCovariance } from '../../src/diagnostics/summary.js'
import { key } from '../../src/random.js'
import type { Posterior } from '../../src/posterior.js'
import { exactPosterior, heldOutCase, momentErrorsOf } from '../../src/run/exact-case.js'
import { exactScore, openExactSampler } from '../../src/run/exact-score.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { processes } from '../../src/run/process.js'
import { viewSpec, type Coordinates } from '../../src/run/view.js'

/** All of a posterior but its network, which no test here asks for. */
async function without(name: string, shape: readonly number[], coordinates: Coordinates): Promise<Posterior> {
  const problem = await loadProblem(name)
  const parts = problem.build(shape)
  const prior = await priorMoments(parts)
  const spec = { shape, process: processes.vp, view: viewSpec(parts, prior, { coordinates }) }
  return { problem, parts, prior, model: { spec } } as unknown as Posterior
}

const sensors = { name: 'sensors', spec: { kind: 'sensors', count: 12 } }

describe('the exact posterior of a held-out case', () => {
  it('is drawn from with its mean and covariance', async () => {
    const posterior = await without('advection-diffusion/boundary-flux', [16], 'residual')
    const exact = exactPosterior(posterior, heldOutCase(posterior, sensors, 0))
    const n = 4000
    const x = exact.sample(key(1), n)
    const C = exact.covariance.data
    const found = sampleCovariance(x).data
    for (let i = 0; i < 16; i++) {
      const mean = Array.from({ length: n }, (_, r) => x.data[r * 16 + i]!).reduce((a, b) => a + b / n, 0)
      expect(Math.abs(mean - exact.mean.data[i]!)).toBeLessThan((5 * exact.std.data[i]!) / Math.sqrt(n))
      // Var of an entry of a sample covariance: (C_ii C_jj + C_ij^2)/n.
      for (let j = 0; j < 16; j++) {
        const deviation = Math.sqrt((C[i * 17]! * C[j * 17]! + C[i * 16 + j]! ** 2) / n)
        expect(Math.abs(found[i * 16 + j]! - C[i * 16 + j]!)).toBeLessThan(5 * deviation)
      }
    }
  })

  it('is refused where the prior is not Gaussian', async () => {
    const posterior = await without('advection-diffusion/initial-condition-plume', [8, 8], 'residual')
    expect(() => exactPosterior(posterior, heldOutCase(posterior, sensors, 0))).toThrow(/not Gaussian/)
  })
})

describe.each(['residual', 'standardised'] as const)('the exact score in %s coordinates', coordinates => {
  let posterior: Posterior
  beforeAll(async () => (posterior = await without('advection-diffusion/boundary-flux', [16], coordinates)))

  it('gives the posterior, up to the number of draws, in either process', async () => {
    const held = heldOutCase(posterior, sensors, 1)
    const exact = exactPosterior(posterior, held)
    const score = exactScore(posterior, held, exact)
    const sampler = openExactSampler(posterior)
    const draws = 4096
    for (const process of [processes.ve, processes.vp]) {
      const options = { draws, process, sampler: 'heun', steps: 60, sigmaMin: 0.002 }
      const { x } = await sampler.sample(score, options)
      const { mean, std, covariance } = momentErrorsOf(x, exact)
      // 4096 draws leave 1/sqrt(2 n) = 0.011 in deviations, and of the covariance about sqrt(2/n) times root of its rank.
      const floor = momentErrorsOf(exact.sample(key(5), draws), exact)
      expect(mean).toBeLessThan(0.02)
      expect(std).toBeLessThan(floor.std + 0.015)
      expect(covariance).toBeLessThan(floor.covariance + 0.04)
    }
    await sampler.dispose()
  })

  it('shows what few steps cost', async () => {
    const held = heldOutCase(posterior, sensors, 2)
    const exact = exactPosterior(posterior, held)
    const score = exactScore(posterior, held, exact)
    const sampler = openExactSampler(posterior)
    const errorOf = async (steps: number): Promise<number> =>
      momentErrorsOf((await sampler.sample(score, { draws: 2048, sampler: 'exponential', steps })).x, exact).covariance
    expect(await errorOf(5)).toBeGreaterThan(2 * (await errorOf(80)))
    await sampler.dispose()
  })
})
