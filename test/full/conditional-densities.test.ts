/**
 * Sampling with exact scores reaches the law: W1 within 1.3 of that of independent draws, averaged over y and seeds. With
 * 1,000 samples, 5 values of y and 5 seeds the ratio has a standard error of about 0.12.
 */
import { expect, it } from 'vitest'
import { compareProcesses } from '../../src/run/compare-processes.js'

const budgets = [
  { samplers: ['euler-maruyama', 'exponential'], alphas: [1], steps: [499] },
  { samplers: ['dpm-solver++2m-sde'], alphas: [1], steps: [499] },
  { samplers: ['edm', 'predictor-corrector'], alphas: [1], steps: [500] },
  { samplers: ['heun'], alphas: [0], steps: [24] }, // 49 calls
  { samplers: ['dpm-solver++2m'], alphas: [0], steps: [49] }, // 50 calls
]

// The other densities and paths take minutes each: `invdiff compare-processes` runs them.
const cases = budgets.map(budget => ({ density: 'tanh' as const, ...budget }))

it.each(cases)('$density: $samplers, alpha $alphas, $steps steps', async budget => {
  const { floor, rows } = await compareProcesses({ ...budget, paths: ['ve', 'vp'], n: 1000, sigmaMin: 0.005 })
  for (const { path, sampler, ratio } of rows) {
    console.log(
      budget.density,
      path,
      sampler,
      budget.steps[0],
      'ratio',
      ratio.toFixed(3),
      'floor',
      floor.mean.toPrecision(3),
    )
    expect(ratio, `${path}, ${sampler}`).toBeLessThan(1.3)
  }
})
