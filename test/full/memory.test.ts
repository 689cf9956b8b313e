/** Memory does not grow with the data that is trained on, nor beyond bounds with the number of samples. */
import { execFile } from 'node:child_process'
import { copyFile, cp, mkdir, readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { shardName } from '../../src/run/shard.js'
import { valueOf } from '../compile/child.js'
import { temporaryFolder } from '../io/helpers.js'
import { untrained } from '../run/models.js'

const path = temporaryFolder()
const problem = 'advection-diffusion/initial-condition'
const invdiff = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [resolve('dist/src/cli/main.js'), ...args])).stdout

it('training streams its data: 540 MB more take no more memory', async () => {
  await invdiff('simulate', problem, '--count', '256', '--out', path('one'), '--threads', '1')
  /** Peak memory in MB of a short training on so many shards of 5.4 MB, of one block again and again. */
  const peak = async (shards: number): Promise<number> => {
    await cp(path('one'), path('data'), { recursive: true })
    for (let k = 1; k < shards; k++) await copyFile(path(`one/${shardName(0)}`), path(`data/${shardName(k)}`))
    const options = { problem, folder: path(`run-${shards}`), data: path('data'), steps: 40, batch: 512, network: { kind: 'mlp', width: 4, blocks: 1 } } // prettier-ignore
    const source = `
      const { trainProblem } = await import('./dist/src/run/train.js')
      await trainProblem(${JSON.stringify(options)})
      console.log(process.resourceUsage().maxRSS / 1e3)`
    return valueOf<number>(source, { limit: 500_000 })
  }
  // The window that is shuffled, 64 MiB, and what waits for the collector fill up at first: 445 to 468 MB with 20 shards,
  // 509 to 546 with 60, 523 to 531 with 120, 546 to 557 with 240. Kept in memory, 100 shards more would take 540.
  const few = await peak(60)
  const many = await peak(160)
  expect(many - few).toBeLessThan(100)
})

describe('10,000 samples of 32 x 32', () => {
  // Numbers in float64 are 82 MB; what they are made in is of the engine and of one chunk.
  const common = ['--draws', '10000', '--steps', '2']

  it('are solved for, with moments, intervals and report, in less than 1 GB', async () => {
    await untrained(path('model'), problem, [32, 32])
    await mkdir(path('runs'), { recursive: true })
    await invdiff('solve', problem, '--model', path('model'), '--out', path('runs/solved'), ...common)
    const budget = JSON.parse(await readFile(path('runs/solved/budget.json'), 'utf8')) as Record<string, number>
    expect(budget.peakMemoryBytes).toBeGreaterThan(1e8)
    expect(budget.peakMemoryBytes).toBeLessThan(1e9)
  })

  it('are written as they are made, in less', async () => {
    await untrained(path('model'), problem, [32, 32])
    const out = await invdiff('sample', path('model'), '--out', path('p.zarr'), ...common, '--json')
    expect((JSON.parse(out) as { peakMemoryBytes: number }).peakMemoryBytes).toBeLessThan(6e8)
  })
})
