/** Solving with guidance, for operators that the model was not trained on and could not be shown. */
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { moments } from '../../src/diagnostics/summary.js'
import { array, type NdArray } from '../../src/io/array.js'
import { openZarr } from '../../src/io/zarr.js'
import type { PriorMoments } from '../../src/linalg/gaussian.js'
import { linearEstimator, linearStatistics } from '../../src/operators/encode.js'
import { matrixOf } from '../../src/operators/linear.js'
import { isLinear } from '../../src/operators/operator.js'
import { registerOperator } from '../../src/operators/define.js'
import { itemwise } from '../../src/operators/itemwise.js'
import type { OperatorSpec } from '../../src/operators/operator.js'
import { caseOf } from '../../src/run/case.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { measurementOf } from '../../src/run/setting.js'
import { solve, type SolveOptions, type Solution } from '../../src/run/solve.js'
import { temporaryFolder } from '../io/helpers.js'
import { source, untrained } from './models.js'

const path = temporaryFolder()
beforeAll(() => untrained(path('model')))

const run = (folder: string, operator: OperatorSpec, options: Partial<SolveOptions> = {}): Promise<Solution> =>
  solve({ problem: source, model: path('model'), folder: path(folder), operator, guidance: 'mmps', iterations: 8, draws: 256, ...options }) // prettier-ignore

const samplesOf = async (folder: string): Promise<NdArray<Float64Array>> => {
  const { data } = await (await openZarr(path(`${folder}/posterior.zarr`))).read('posterior/source')
  return array(Float64Array.from(data as Float64Array), [256, 8, 8])
}

/** The untrained network says c_skip x~, the denoiser of white noise: shown nothing, its prior is N(mean, diag(std^2)). */
async function whitePrior(): Promise<PriorMoments> {
  const { mean, std } = await priorMoments((await loadProblem(source)).build([8, 8]))
  const covariance = (): NdArray<Float64Array> => {
    const C = new Float64Array(64 * 64)
    std.data.forEach((s, k) => (C[k * 65] = s * s)) // prettier-ignore
    return array(C, [64, 64])
  }
  return {
    ...{ mean, std, covariance },
    covarianceProduct: x => array(Float64Array.from(x.data as Float64Array, (v, k) => v * std.data[k % 64]! ** 2), x.shape), // prettier-ignore
  }
}

const few = { kind: 'sensors', points: [[0.3, 0.3], [0.7, 0.6], [0.2, 0.8]], time: 0.5 } // prettier-ignore

describe('an operator outside of the mixture', () => {
  const views = { kind: 'line-integral', angles: [15, 105], offsets: 4, time: 1 }
  it.each([
    ['other angles', views],
    ['a composed one', { kind: 'stack', operators: [few, { ...views, offsets: 2 }] }],
  ])('is solved by guidance, to the posterior of what the network knows: %s', async (name, operator) => {
    const found = await run(name, operator, { shown: 'nothing', noise: 0.2 })
    expect(found.warnings.join()).toContain('Guided by the likelihood (mmps)')
    const problem = await loadProblem(source)
    const parts = problem.build([8, 8])
    const { observation } = await caseOf({ parts, problem }, { operator, noise: 0.2 })
    const { operator: A, noise } = measurementOf(parts, observation)
    if (!isLinear(A)) throw new Error('linear operators only')
    const estimator = linearEstimator(linearStatistics(await whitePrior(), matrixOf(A)), noise.covariance(observation.y)) // prettier-ignore
    const exact = estimator.mean(observation.y)
    const { mean, std } = moments(await samplesOf(name))
    // 64 means of 256 draws: 5 deviations; the deviation itself to 5/sqrt(512), and the bias of 20 steps.
    for (let k = 0; k < 64; k++) {
      expect(Math.abs(mean.data[k]! - exact.data[k]!) / estimator.std.data[k]!).toBeLessThan(5 / 16)
      expect(Math.abs(std.data[k]! / estimator.std.data[k]! - 1)).toBeLessThan(0.25)
    }
    expect(await readFile(found.report, 'utf8')).toContain('Guided by the likelihood')
  })

  it('is shown a part of the measurement, and explains all of it', async () => {
    const found = await run('part', views)
    expect(found.chiSquarePerValue).toBeLessThan(2)
    const config = JSON.parse(await readFile(path('part/config.json'), 'utf8')) as { config: object }
    expect(config.config).toMatchObject({ guidance: 'mmps', operator: { kind: 'line-integral' } })
  })
})

describe('an operator that is not linear', () => {
  it('is solved by guidance where it has a derivative', async () => {
    const operator = { kind: 'compose', operators: [{ kind: 'sensors', count: 12, time: 1 }, { kind: 'saturating', limit: 2 }] } // prettier-ignore
    const found = await run('saturating', operator)
    expect(found.chiSquarePerValue).toBeLessThan(3)
    expect(found.relativeError).toBeLessThan(1)
  })

  it('is refused where it has none, with the reason', async () => {
    const apply = itemwise([3], [1], (x, y) => {
      y[0] = x.filter(v => v > 0).length
    })
    registerOperator('how-many-positive', { name: 'how-many-positive', inputShape: [3], outputShape: [1], apply })
    await expect(run('refused', { kind: 'compose', operators: [few, { kind: 'how-many-positive' }] })).rejects.toThrow(
      /neither an adjoint nor a derivative/,
    )
  })
})
