/** Streams, moments, log-probability and files of a posterior. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { moments, quantiles } from '../src/diagnostics/summary.js'
import { array } from '../src/io/array.js'
import { readNpy } from '../src/io/npy.js'
import { readZarr } from '../src/io/zarr.js'
import { loadPosterior, type Draws, type Observation, type Posterior } from '../src/posterior.js'
import { caseOf } from '../src/run/case.js'
import { sampleTo } from '../src/run/sample.js'
import { fluxShape as shape, writeRandomModel } from './run/models.js'

let folder = ''
let posterior: Posterior
let observation: Observation
let whole: Draws
const options = { draws: 72, steps: 4, seed: 5 }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'invdiff-posterior-'))
  await writeRandomModel(folder)
  posterior = await loadPosterior(folder)
  observation = (await caseOf(posterior, {})).observation
  whole = await posterior.sample(observation, options)
}, 120_000)
afterAll(async () => {
  await posterior.dispose()
  await rm(folder, { recursive: true })
})

it('streams the draws of one call, whatever the batch', async () => {
  for (const batch of [20, 32, 1000]) {
    const parts: number[] = []
    for await (const { x } of posterior.sampleBatches(observation, { ...options, batch })) parts.push(...x.data)
    expect(parts).toEqual(Array.from(whole.x.data))
  }
})

it('gives moments and quantiles of the same draws', async () => {
  const own = moments(whole.x)
  const streamed = await posterior.moments(observation, { ...options, batch: 16 })
  expect(streamed.n).toBe(72)
  expect(streamed.mean.data).toEqual(own.mean.data)
  expect(streamed.std.data).toEqual(own.std.data)
  const levels = [0.05, 0.5]
  expect((await posterior.quantiles(observation, levels, options)).data).toEqual(quantiles(whole.x, levels).data)
})

it('writes the same draws to Zarr and to NPY, and refuses what is there', async () => {
  const [zarr, npy] = [join(folder, 'p.zarr'), join(folder, 'p.npy')]
  await sampleTo(posterior, { ...options, out: zarr, batch: 16 })
  await sampleTo(posterior, { ...options, out: npy, batch: 16 })
  const fromNpy = await readNpy(npy)
  expect(fromNpy.shape).toEqual([72, ...shape])
  expect(Array.from(fromNpy.data as Float64Array)).toEqual(Array.from(whole.x.data))
  const fromZarr = await readZarr(zarr, 'posterior/flux_through_the_wall')
  expect(fromZarr.shape).toEqual([1, 72, ...shape])
  expect(Array.from(fromZarr.data as Float64Array)).toEqual(Array.from(whole.x.data))
  await expect(sampleTo(posterior, { ...options, out: npy })).rejects.toThrow(/expected a free name/)
  await expect(sampleTo(posterior, { ...options, out: join(folder, 'p.txt') })).rejects.toThrow(/neither in .zarr/)
})

it('gives finite log-probabilities that fall away from the posterior', async () => {
  // sigma so small a model of random weights is smooth over it; two draws, and one of them far off.
  const N = shape[0]!
  const x = whole.x.data.slice(0, 2 * N)
  const far = x.map(v => v + 50)
  const log = await posterior.logProb(observation, array(Float64Array.from([...x, ...far]), [4, N]), { steps: 12, probes: 2 }) // prettier-ignore
  expect(log.shape).toEqual([4])
  for (const k of [0, 1]) expect(log.data[k]! - log.data[k + 2]!).toBeGreaterThan(100)
})
