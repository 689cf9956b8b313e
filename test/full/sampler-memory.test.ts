/** Memory does not grow with the number of steps. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { openSampler, steps } from '../../src/samplers/index.js'
import { gaussianDenoiser } from '../../src/scores/exact/index.js'
import { levelsBetween, processes } from '../samplers/processes.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** One state of the chunk: 128 KiB. */
const [n, d] = [1024, 32]
const denoise = gaussianDenoiser({ mean: Array<number>(d).fill(0), covariance: 1 })
const MiB = 2 ** 20

it('a run of 500 steps takes as much as one of 50', async () => {
  const step = steps.create('dpm-solver++2m-sde') // with noise and with memory
  const sampler = openSampler({ denoise, shape: [d], step, chunk: n, threads: 1 })
  const { process: vp } = processes[1]!
  /** In use at the last step: by the process, and by arrays. */
  const inUse = async (count: number, trajectory = false): Promise<{ all: number; arrays: number }> => {
    let found = { all: 0, arrays: 0 }
    const progress = ({ step }: { step: number }): void => {
      if (step < count) return
      collect()
      const { rss, arrayBuffers } = process.memoryUsage()
      found = { all: rss, arrays: arrayBuffers }
    }
    await sampler.sample({ n, process: vp, levels: levelsBetween(20, 0.01, count), progress, trajectory })
    return found
  }
  await inUse(200) // the heap takes its size
  const [few, many, kept] = [await inUse(50), await inUse(500), await inUse(500, true)]
  // One state kept for each step is 56 MiB, as the trajectory shows; the heap's own ups and downs are 20.
  expect(many.arrays).toBeLessThan(few.arrays + 40 * MiB)
  expect(many.all).toBeLessThan(few.all + 40 * MiB)
  expect(kept.arrays).toBeGreaterThan(few.arrays + 50 * MiB)
  await sampler.dispose()
})
