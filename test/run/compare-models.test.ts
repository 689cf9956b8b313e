/** Models compared by exact posteriors; untrained ones are enough for what the comparison itself does. */
import { describe, expect, it } from 'vitest'
import { array, sizeOf } from '../../src/io/array.js'
import { openPosterior, type Posterior } from '../../src/posterior.js'
import { key, normal } from '../../src/random.js'
import { compareModels, exactName, type ModelComparison } from '../../src/run/compare-models.js'
import { modelComparisonPage } from '../../src/run/compare-models-page.js'
import { modelCsv, modelTable } from '../../src/run/compare-models-text.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { processes, type ProcessName } from '../../src/run/process.js'
import { channelsOf, embeddingOf, viewSpec } from '../../src/run/view.js'
import { openNetwork } from '../../src/scores/networks.js'

/** A network with small random weights: its denoiser is near c_skip x~, that of N(0, I). */
async function untrained(process: ProcessName, seed: number): Promise<Posterior> {
  const problem = await loadProblem('advection-diffusion/boundary-flux')
  const shape = [16]
  const parts = problem.build(shape)
  const view = viewSpec(parts, await priorMoments(parts))
  const network = openNetwork({ kind: 'mlp', shape, channels: channelsOf(view), embedding: embeddingOf(view), width: 16 }) // prettier-ignore
  const weights = Object.fromEntries(
    Object.entries(network.parameters).map(([name, s]) => {
      const values = normal(key(seed, name), new Float32Array(sizeOf(s)))
      return [name, array(values.map(v => 0.02 * v), s)] // prettier-ignore
    }),
  )
  const training = { seed, steps: 0, batch: 1, seconds: 0, loss: 'mse', heldOut: null }
  const spec = { problem: problem.name, shape, process: processes[process], time: 't = 0 is data, t = 1 is noise', network: network.spec, parametrisation: 'edm', sigmaData: 1, view, operators: parts.operators, training } as const // prettier-ignore
  return openPosterior({ folder: `${process}-${seed}`, spec, network, weights }, problem)
}

const small = { samplers: ['heun', 'exponential'], steps: [6, 24], families: ['sensors'], observations: 2, draws: 64 }

describe('compare', () => {
  let found: ModelComparison
  it('averages models that differ in their seed, and adds the exact score in every process', async () => {
    const models = [await untrained('vp', 0), await untrained('vp', 1), await untrained('ve', 0)]
    found = await compareModels(models, small)
    expect(found.groups.map(({ name, seeds }) => [name, seeds])).toEqual([['vp', [0, 1]], ['ve', [0]]]) // prettier-ignore
    // Heun has no alpha: 1 + 2 lines, 2 numbers of steps; two groups and the exact score in two processes.
    expect(found.rows.length).toBe(3 * 2 * (1 + 1 + 2))
    for (const row of found.rows) {
      expect(row.covariance.overModels === null).toBe(row.model !== 'vp')
      expect(row.covariance.overCases).toBeGreaterThan(0)
      expect(row.calls).toBe((row.sampler === 'heun' ? 2 : 1) * row.steps! + 1)
    }
    for (const model of models) await model.dispose()
  })

  it('takes the same noise levels for every process, which then give the same draws but for round-off', () => {
    const exact = found.rows.filter(row => row.model === exactName && row.sampler === 'heun')
    const of = (process: string): number[] => exact.filter(row => row.process === process).map(row => row.mean.value)
    of('ve').forEach((error, i) => expect(Math.abs(error - of('vp')[i]!)).toBeLessThan(0.01))
    expect(found.options.sigmaMax).toBeLessThan(101)
  })

  it('finds the exact score better than an untrained model, and near the floor', () => {
    const best = (model: string): number => Math.min(...found.rows.filter(row => row.model === model).map(row => row.covariance.value)) // prettier-ignore
    expect(best(exactName)).toBeLessThan(best('vp'))
    expect(best(exactName)).toBeLessThan(1.3 * found.floor.covariance.value)
  })

  it('writes a table, CSV and figures', async () => {
    expect(modelTable(found).trim().split('\n').length).toBe(3 + 1 + 1 + found.rows.length)
    const lines = modelCsv(found).trim().split('\n')
    expect(lines.length).toBe(1 + found.rows.length + 1)
    for (const line of lines) expect(line.split(',').length).toBe(6 + 9 + 1)
    const html = await modelComparisonPage(found)
    const { figures } = JSON.parse(/id="figures">(.*?)<\/script>/s.exec(html)![1]!) as {
      figures: Record<string, { data: unknown[] }>
    }
    expect(Object.keys(figures)).toEqual(['covariance', 'std', 'mean'])
    // Panels vp, ve and the exact score in both: heun, exponential at two alphas, and the floor.
    expect(figures.covariance!.data.length).toBe(4 * (3 + 1))
  })

  it.each([
    [{ families: ['radar'] }, /no family 'radar': sensors/],
    [{ samplers: ['huen'] }, /did you mean 'heun'/],
    [{ alphas: [-1] }, /alpha = -1/],
  ])('refuses %j', async (wrong, message) => {
    const model = await untrained('vp', 0)
    await expect(compareModels([model], { ...small, ...wrong })).rejects.toThrow(message)
    await model.dispose()
  })
})
