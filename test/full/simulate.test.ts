/** `simulate`: what a shard holds, that a stopped run goes on, and that the number of threads makes no difference. */
import { spawn } from 'node:child_process'
import { readdirSync, truncateSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { openHdf5, readHdf5 } from '../../src/io/hdf5.js'
import type { OperatorSpec } from '../../src/operators/operator.js'
import { conditionOf } from '../../src/run/condition.js'
import { priorMoments } from '../../src/run/moments.js'
import { loadProblem } from '../../src/run/problems.js'
import { shardRows } from '../../src/run/shard.js'
import { simulate, type SimulateOptions } from '../../src/run/simulate.js'
import { loadPosterior } from '../../src/posterior.js'
import { caseOf } from '../../src/run/case.js'
import { storedExamples } from '../../src/run/training-data.js'
import { viewSpec, type ViewSpec } from '../../src/run/view.js'
import { trainProblem } from '../../src/run/train.js'
import { hdf5Sources } from '../../src/training/sources.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()
// Threads load the package before they work, which a busy machine does slowly.
vi.setConfig({ testTimeout: 300_000 })
const problem = 'advection-diffusion/source'
const small = (folder: string, more: Partial<SimulateOptions> = {}) =>
  simulate({ problem, folder: path(folder), shape: [8, 8], count: 600, threads: 2, ...more })

const shards = (folder: string): string[] =>
  readdirSync(path(folder))
    .filter(name => name.endsWith('.h5'))
    .sort()

/** Every dataset and attribute of a folder's shards. */
async function contents(folder: string): Promise<unknown[]> {
  const all: unknown[] = []
  for (const name of shards(folder)) {
    const reader = await openHdf5(path(join(folder, name)))
    all.push([reader.attributes(), ...reader.names.map(dataset => [dataset, Buffer.from(reader.read(dataset).data.buffer as ArrayBuffer)])]) // prettier-ignore
    reader.close()
  }
  return all
}

describe('shards', () => {
  it('hold examples in physical units and as sampling sees them', async () => {
    const result = await small('one')
    expect(result).toMatchObject({ made: 600, stopped: false })
    expect(shards('one')).toEqual(result.files)
    expect(await Promise.all(result.files.map(name => shardRows(path(`one/${name}`))))).toEqual([256, 256, 88])

    const parts = (await loadProblem(problem)).build([8, 8])
    const prior = await priorMoments(parts)
    const view = viewSpec(parts, prior)
    const reader = await openHdf5(path('one/block-000001.h5'))
    const { operators, parameters, ...origin } = reader.attributes()
    const read = (name: string): NdArray<Float64Array> => reader.read(name) as NdArray<Float64Array>
    expect(origin).toMatchObject({ format: 'invdiff-simulations', problem, seed: 0, block: 1 })
    const [y, size, noise, values, which] = ['y', 'size', 'noise', 'parameters', 'operator'].map(read)
    for (const i of [0, 17, 255]) {
      const m = size!.data[i]!
      const width = y!.shape[1]!
      const measured = y!.data.subarray(i * width, i * width + m)
      expect(measured.every(Number.isFinite)).toBe(true)
      expect(y!.data.subarray(i * width + m, (i + 1) * width).every(Number.isNaN)).toBe(true)
      const operator = JSON.parse((operators as string[])[which!.data[i]!]!) as OperatorSpec
      const named = (parameters as string[]).map((name, k) => [name, values!.data[i * 2 + k]!] as const)
      const { view: shown } = conditionOf(parts, prior, view, {
        ...{ operator, parameters: Object.fromEntries(named), noise: { kind: 'gaussian', std: noise!.data[i]! } },
        ...{ family: null, y: array(Float64Array.from(measured)) },
      })
      // y is float32: its error, 1e-7 of values of order one, is small beside the noise.
      const channels = read('channels').data.subarray(i * 192, (i + 1) * 192)
      channels.forEach((v, k) => expect(v).toBeCloseTo(shown.channels[k]!, 4))
      const [x, u] = [read('x'), read('u')]
      for (let k = 0; k < 64; k++)
        expect(shown.centre[k]! + shown.scale[k]! * u.data[i * 64 + k]!).toBeCloseTo(x.data[i * 64 + k]!, 3)
    }
    reader.close()
  })

  it('are the same from one thread, and are kept when they are whole', async () => {
    await small('two', { threads: 1, count: 300 })
    const kept = (await stat(path('two/block-000000.h5'))).mtimeMs
    // The second shard is cut short, and the third is missing: both are made again.
    truncateSync(path('two/block-000001.h5'), 5000)
    const reports: number[] = []
    const { made } = await small('two', { progress: ({ done, of }) => reports.push(done / of) })
    expect(made).toBe(344)
    expect(reports[0]).toBeCloseTo(1 / 3)
    expect(reports.at(-1)).toBe(1)
    expect((await stat(path('two/block-000000.h5'))).mtimeMs).toBe(kept)
    expect(await contents('two')).toEqual(await contents('one'))
    expect((await small('two')).made).toBe(0)
  })

  it('are refused where they were made with other settings', async () => {
    expect((await fileErrorOf(small('one', { seed: 1 }))).message).toMatch(/seed: 0 became 1/)
    expect((await fileErrorOf(small('one', { families: ['blur'] }))).message).toMatch(/families/)
    await expect(small('three', { families: ['smell'] })).rejects.toThrow(/no family 'smell'; it has sensors/)
    await expect(small('three', { count: 0 })).rejects.toThrow(/count is 0/)
    await expect(small('three', { shape: [8] })).rejects.toThrow(/shape is \[8\]; wants 2 positive integers/)
  })
})

describe('a run that stops', () => {
  it('goes on after a kill, with what an unbroken one has', async () => {
    const main = new URL('../../dist/src/cli/main.js', import.meta.url).pathname
    const args = ['simulate', problem, '--shape', '8x8', '--count', '600', '--threads', '1', '--out', path('killed')]
    const child = spawn(process.execPath, [main, ...args], { stdio: 'ignore' })
    const ended = new Promise(resolve => child.once('exit', resolve))
    const begun = (): boolean => {
      try {
        return shards('killed').length > 0
      } catch {
        return false
      }
    }
    while (child.exitCode === null && !begun()) await new Promise(resolve => setTimeout(resolve, 5))
    child.kill('SIGKILL')
    await ended
    const before = shards('killed').length
    expect(before).toBeGreaterThan(0)
    const { made } = await small('killed')
    expect(made).toBeLessThan(600)
    expect(await contents('killed')).toEqual(await contents('one'))
    expect(readdirSync(path('killed')).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('stops at a signal after the shard at hand, and goes on', async () => {
    const abort = new AbortController()
    const progress = ({ examples }: { examples: number }): void => {
      if (examples > 0) abort.abort()
    }
    const first = await small('stopped', { threads: 1, signal: abort.signal, progress })
    expect(first).toMatchObject({ stopped: true, made: 256 })
    expect((await small('stopped')).made).toBe(344)
  })
})

const rowText = ({ data }: NdArray, i: number, size: number): string =>
  Buffer.from(Float32Array.from((data as Float32Array).subarray(i * size, (i + 1) * size)).buffer).toString('base64')

describe('training on shards', () => {
  it('streams u, channels and embedding', async () => {
    const files = shards('one').map(name => path(`one/${name}`))
    // The files are small: by default they would be read, and held out, as one piece.
    const blockBytes = 256 * 4 * (4 * 64 + 9)
    const sources = await hdf5Sources(
      files,
      { seed: 1, blockBytes },
      { x: 'u', channels: 'channels', embedding: 'embedding' },
    )
    const { x, channels, embedding } = await sources.data.batch(0, 5)
    expect([x.shape, channels!.shape, embedding!.shape]).toEqual([[5, 8, 8], [5, 3, 8, 8], [5, 9]]) // prettier-ignore
    sources.close()
    const u = await readHdf5(files[0]!, 'u')
    expect(u.shape).toEqual([256, 8, 8])
  })

  it('brings the surrogate of each example, and trains a network that corrects it', async () => {
    await small('surrogates', { surrogate: true, count: 300 })
    const folder = path('surrogates')
    const { view } = (JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as { config: { view: ViewSpec } }).config // prettier-ignore
    const examples = await storedExamples(folder, { problem, shape: [8, 8], view }, 1)
    const { x, surrogateRotation, surrogateVariances, ...rest } = await examples.data.batch(3, 5)
    await examples.close()
    const r = view.surrogate!
    expect(Object.keys(rest).sort()).toEqual(['channels', 'embedding'])
    expect([surrogateRotation!.shape, surrogateVariances!.shape]).toEqual([[5, r, r], [5, r + 1]]) // prettier-ignore
    const found = new Map<string, string[]>()
    for (const name of shards('surrogates')) {
      const [u, operator, Q, s] = await Promise.all(['u', 'operator', 'rotations', 'variances'].map(d => readHdf5(path(`surrogates/${name}`), d))) // prettier-ignore
      for (let i = 0; i < u!.shape[0]!; i++) {
        const own = Number(operator!.data[i])
        found.set(rowText(u!, i, 64), [rowText(Q!, own, r * r), rowText(s!, own, r + 1)])
      }
    }
    for (let i = 0; i < 5; i++)
      expect([rowText(surrogateRotation!, i, r * r), rowText(surrogateVariances!, i, r + 1)]).toEqual(found.get(rowText(x, i, 64))) // prettier-ignore
    const options = { problem, shape: [8, 8], data: folder, surrogate: true, steps: 2, batch: 8 }
    const trained = await trainProblem({ ...options, folder: path('corrects'), network: { kind: 'mlp', width: 8, blocks: 1 } }) // prettier-ignore
    expect(trained.steps).toBe(2)
    const posterior = await loadPosterior(path('corrects'))
    const { observation } = await caseOf(posterior, {})
    const one = await posterior.sample(observation, { draws: 16, steps: 4 })
    const both = await posterior.sampleMany([observation, observation], { draws: 16, steps: 4 })
    await posterior.dispose()
    expect(both[0]!.x.data).toEqual(one.x.data)
    expect(both[1]!.x.data.every(Number.isFinite)).toBe(true)
  })

  it('trains, and refuses simulations of another view', async () => {
    const options = {
      ...{ problem, shape: [8, 8], data: path('one'), steps: 2, batch: 8 },
      network: { kind: 'mlp', width: 8, blocks: 1 },
    }
    const { steps } = await trainProblem({ ...options, folder: path('model') })
    expect(steps).toBe(2)
    expect(JSON.parse(await readFile(path('model/config.json'), 'utf8'))).toMatchObject({
      config: { data: path('one') },
    })
    const message = async (more: object, folder: string): Promise<string> =>
      (await fileErrorOf(trainProblem({ ...options, ...more, folder: path(folder) }))).message
    expect(await message({ encode: 'adjoint' }, 'm2')).toMatch(/one: expected simulations with view/)
    expect(await message({ problem: 'advection-diffusion/initial-condition' }, 'm3')).toMatch(/with problem "advection-diffusion\/initial-condition"/) // prettier-ignore
    expect(await message({ data: path('nowhere') }, 'm4')).toMatch(/nowhere/)
  })
})
