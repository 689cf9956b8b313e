/** Moments of priors: the field's own where it is Gaussian, an ensemble's else; against closed forms. */
import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { gaussianField } from '../../src/physics/gaussian-field.js'
import { cellGrid } from '../../src/physics/grid.js'
import { plumePrior } from '../../src/physics/parametric.js'
import { key, normal } from '../../src/random.js'
import { ensembleSize, priorMoments } from '../../src/run/moments.js'

const grid = cellGrid([6, 5])
const unknown = { name: 'c', units: '1', grid }
const field = gaussianField({ grid, boundary: 'neumann', length: 0.3, mean: 40, std: 2 })

describe('moments of a prior', () => {
  it('are those of a Gaussian field itself', async () => {
    expect(await priorMoments({ prior: field, unknown })).toBe(field)
  })

  it('of an ensemble agree with the closed form within its standard errors, far from zero too', async () => {
    const found = await priorMoments({ prior: { sample: (key, n, start) => field.sample(key, n, start) }, unknown })
    const C = field.covariance().data
    const N = grid.size
    const estimate = found.covariance().data
    for (let i = 0; i < N; i++) {
      // 5 standard errors: 30 means and 465 covariances, P(any) below 3e-4.
      expect(Math.abs(found.mean.data[i]! - 40)).toBeLessThan((5 * 2) / Math.sqrt(ensembleSize))
      expect(found.std.data[i]).toBeCloseTo(Math.sqrt(estimate[i * (N + 1)]!), 10)
      for (let j = 0; j < N; j++) {
        const se = Math.sqrt((C[i * (N + 1)]! * C[j * (N + 1)]! + C[i * N + j]! ** 2) / ensembleSize)
        expect(Math.abs(estimate[i * N + j]! - C[i * N + j]!)).toBeLessThan(5 * se)
        expect(Math.abs(estimate[i * N + j]! - estimate[j * N + i]!)).toBeLessThan(1e-5)
      }
    }
    const x = array(normal(key(1), new Float64Array(2 * N)), [2, 6, 5])
    const product = found.covarianceProduct(x)
    expect(product.shape).toEqual([2, 6, 5])
    const wanted = estimate.subarray(7 * N, 8 * N).reduce((sum, c, j) => sum + c * x.data[N + j]!, 0)
    expect(product.data[N + 7]).toBeCloseTo(wanted, 10)
  })

  it('are the sample moments of its draws, to the engine’s float32, and the same every time', async () => {
    const prior = plumePrior(grid, { count: 2 })
    const [one, two] = [await priorMoments({ prior, unknown }), await priorMoments({ prior, unknown })]
    expect(one.covariance().data).toEqual(two.covariance().data)
    const N = grid.size
    const draws = prior.sample(key(0, 'moments'), ensembleSize).data
    const mean = new Float64Array(N)
    draws.forEach((v, k) => (mean[k % N]! += v / ensembleSize))
    const cross = new Float64Array(N)
    for (let r = 0; r < ensembleSize; r++)
      for (let k = 0; k < N; k++)
        cross[k]! += ((draws[r * N + 3]! - mean[3]!) * (draws[r * N + k]! - mean[k]!)) / (ensembleSize - 1)
    const scale = Math.max(...cross)
    cross.forEach((c, k) => expect(Math.abs(one.covariance().data[3 * N + k]! - c) / scale).toBeLessThan(1e-5))
    mean.forEach((m, k) => expect(one.mean.data[k]).toBeCloseTo(m, 5))
  })
})
