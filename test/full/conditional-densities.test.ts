/**
 * Sampling with exact scores reaches the law on VE and VP alike: W1 within 1.3 of that of independent draws.
 *
 * A W1 of 1,000 draws varies by 0.4 of its mean, so the mean over 3 values of y and 4 seeds is known to 0.12 of the floor, and
 * a sampler without a bias stays below 1.3 with 2.5 standard errors to spare. Seeds are fixed: the same samples every time.
 */
import { describe, expect, it } from 'vitest'
import { compareProcesses } from '../../src/run/compare-processes.js'

const budgets = [
  { samplers: ['euler-maruyama', 'dpm-solver++2m-sde'], alphas: [1], steps: [499] },
  { samplers: ['exponential'], alphas: [1, 2], steps: [499] },
  { samplers: ['edm', 'predictor-corrector'], alphas: [1], steps: [250] }, // two calls a step: 501
  { samplers: ['heun'], alphas: [0], steps: [24] }, // 49 calls
  { samplers: ['dpm-solver++2m'], alphas: [0], steps: [49] }, // 50 calls
]

describe.each(['tanh', 'bimodal', 'swissroll'] as const)('%s', density => {
  it.each(budgets)('$samplers, alpha $alphas, $steps steps', async budget => {
    const sizes = { n: 1000, seeds: 4, conditions: 3, sigmaMin: 0.005 }
    const { floor, rows } = await compareProcesses({ ...budget, ...sizes, density, paths: ['ve', 'vp'] })
    for (const { path, sampler, alpha, calls, ratio } of rows) {
      const run = `${density} on ${path}: ${sampler}, alpha ${alpha}, ${calls} calls`
      console.log(`${run}: ratio ${ratio.toFixed(3)} of floor ${floor.mean.toPrecision(3)}`)
      expect(ratio, run).toBeLessThan(1.3)
    }
  })
})
