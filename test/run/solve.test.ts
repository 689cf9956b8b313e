/** From training to a report: a tiny model is trained, solves, and refuses what does not fit. */
import { readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { array } from '../../src/io/array.js'
import { writeNpy } from '../../src/io/npy.js'
import { readRunConfig } from '../../src/io/run-folder.js'
import { openZarr } from '../../src/io/zarr.js'
import { loadProblem } from '../../src/run/problems.js'
import { measurementOf, type Setting } from '../../src/run/setting.js'
import { solve, type SolveOptions, type Solution } from '../../src/run/solve.js'
import { trainProblem } from '../../src/run/train.js'
import { temporaryFolder } from '../io/helpers.js'
import { source } from './models.js'

const path = temporaryFolder()
const training = {
  ...{ problem: source, shape: [8, 8], steps: 20, batch: 16, rate: 1e-2 },
  network: { kind: 'mlp', width: 16, blocks: 1 },
}
vi.setConfig({ testTimeout: 300_000 })
beforeAll(async () => {
  const { stopped, steps } = await trainProblem({ ...training, folder: path('model') })
  expect({ stopped, steps }).toEqual({ stopped: 'finished', steps: 20 })
}, 600_000)

const run = (folder: string, options: Partial<SolveOptions> = {}): Promise<Solution> =>
  solve({ problem: source, model: path('model'), folder: path(folder), draws: 8, steps: 4, ...options })
const samples = async (folder: string): Promise<Float64Array> => {
  const zarr = await openZarr(path(`${folder}/posterior.zarr`))
  return (await zarr.read('posterior/source')).data as Float64Array
}
const csv = async (name: string, rows: string): Promise<string> => {
  await writeFile(path(name), rows)
  return path(name)
}
const sensors = 'x [cm],y [cm],value [mg/l],noise [mg/l]\n50,50,0.4,0.1\n20,80,-0.2,0.1\n90,10,0.1,0.1\n'

describe('a held-out case', () => {
  it('leaves report, samples, budget and configuration; the same seed gives the same bytes', async () => {
    const found = await run('one')
    expect(found).toMatchObject({ draws: 8, folder: path('one'), report: path('one/report.html') })
    for (const value of [found.relativeError, found.chiSquarePerValue, found.meanStd, found.priorStd])
      expect(value).toBeGreaterThan(0)
    expect(found.plausibility).toBeGreaterThan(0.01)
    expect(found.warnings.filter(text => !text.includes('explain'))).toEqual([])
    const page = await readFile(found.report, 'utf8')
    expect(page).toContain('A source in a stirred tank')
    expect(page).toContain('simulated: held-out case 0')
    const budget = JSON.parse(await readFile(path('one/budget.json'), 'utf8')) as Record<string, number>
    expect(budget.denoiserCalls).toBe(8 * found.calls)
    const config = JSON.parse(await readFile(path('one/config.json'), 'utf8')) as { config: object }
    expect(config.config).toMatchObject({ problem: source, shape: [8, 8], steps: 4, draws: 8 })

    await run('two')
    expect(await samples('two')).toEqual(await samples('one'))
    await run('three', { seed: 1 })
    expect(await samples('three')).not.toEqual(await samples('one'))
    await expect(run('one')).rejects.toThrow(/finished one.*one-2/s)
  })
})

it('the chi-square for each value is that of the samples it leaves', async () => {
  const { chiSquarePerValue } = await run('chi', { testCase: 2, draws: 12 })
  const { config } = await readRunConfig(path('chi'))
  const setting = config as unknown as Setting & { noise: { std: number } }
  const { operator: A, size: m } = measurementOf((await loadProblem(source)).build([8, 8]), setting)
  const x = array(await samples('chi'), [12, 8, 8])
  const zarr = await openZarr(path('chi/posterior.zarr'))
  const y = (await zarr.read('observed_data/y')).data as Float64Array
  expect(m).toBe(y.length)
  expect(m).toBeGreaterThan(1)
  const total = A.apply(x).data.reduce((sum, v, k) => sum + ((y[k % m]! - v) / setting.noise.std) ** 2, 0)
  expect(chiSquarePerValue / (total / (12 * m))).toBeCloseTo(1, 10)
})

describe('the run folder', () => {
  it('is refused before the work where it is taken, replaced or numbered where asked', async () => {
    await run('again')
    const first = await samples('again')
    const problem = 'no/such/problem'
    await expect(run('again', { problem })).rejects.toThrow(/finished one/)
    // What stops a new run before its samples are there leaves the old one.
    await expect(run('again', { mode: 'overwrite', steps: 0 })).rejects.toThrow(/steps/)
    expect(await samples('again')).toEqual(first)
    await run('again', { mode: 'overwrite', seed: 1 })
    expect(await samples('again')).not.toEqual(first)
    expect((await run('again', { mode: 'numbered' })).folder).toBe(path('again-2'))
  })

  it('is taken back where the result cannot be written', async () => {
    await mkdir(path('lost'))
    // A folder where the page should go: found when all else is there.
    await mkdir(path('lost/report.html'))
    await expect(run('lost')).rejects.toThrow(/report\.html/)
    expect(readdirSync(path('lost'))).toEqual(['report.html'])
  })
})

describe('an observation file', () => {
  it('may have other sensors than any in training, in other units', async () => {
    const observation = await csv('own.csv', sensors)
    const found = await run('own', { observation, parameters: { speed: 0.2 } })
    expect(found.relativeError).toBeUndefined()
    const config = JSON.parse(await readFile(path('own/config.json'), 'utf8')) as { config: Record<string, unknown> }
    expect(config.config.parameters).toMatchObject({ speed: 0.2 })
    expect(config.config.operator).toEqual({ kind: 'sensors', points: [[0.5, 0.5], [0.2, 0.8], [0.9, 0.1]] }) // prettier-ignore
    expect(await readFile(found.report, 'utf8')).toContain('3 sensors')
  })

  it('says which values were left out, and warns of what is unlike the training', async () => {
    const gaps = await run('gaps', { observation: await csv('gaps.csv', `${sensors}10,10,NaN,0.1\n`) })
    expect(gaps.warnings.join()).toMatch(/1 values? of .*gaps\.csv .* left out/)
    const wild = sensors.replace('0.4,0.1', '400,0.1')
    const far = await run('far', { observation: await csv('far.csv', wild), parameters: { kappa: 0.2 } })
    expect(far.warnings.join('\n')).toMatch(/look like none that the model was trained on/)
    expect(far.warnings.join('\n')).toMatch(/kappa is 0\.2 m\^2\/s, outside the range of training/)
    expect(await readFile(far.report, 'utf8')).toContain('outside the range of training')
  })
})

describe('bad input is refused', () => {
  /** And nothing is left behind, so that the name stays free. */
  const judge = async (options: Partial<SolveOptions>, says: RegExp): Promise<void> => {
    await expect(run('bad', options)).rejects.toThrow(says)
    expect(readdirSync(path('.')).filter(name => name.startsWith('bad') && name !== 'bad.csv')).toEqual([])
  }
  const file = async (rows: string, says: RegExp): Promise<void> =>
    judge({ observation: await csv('bad.csv', rows) }, says)

  it('files: units, places, no numbers, nothing measured, missing', async () => {
    await file(sensors.replace('value [mg/l]', 'value [K]'), /bad\.csv.*K.*mg\/l/s)
    await file(sensors.replace('90,10', '190,10'), /bad\.csv.*sensor in the domain.*row 4/s)
    await file(sensors.replace('0.4,', 'much,'), /bad\.csv.*much/s)
    await file('x,y,value,noise\n', /bad\.csv/)
    await file(sensors.replace(',0.1\n', ',-1\n'), /bad\.csv.*noise/s)
    await judge({ observation: path('none.csv') }, /none\.csv/)
  })

  it('arrays of another shape than their operator or the grid', async () => {
    await writeNpy(path('y.npy'), array(new Float64Array(12), [3, 4]))
    await judge({ observation: path('y.npy'), noise: 0.1 }, /y\.npy.*\[3, 4\]/s)
    const operator = { kind: 'sensors', points: [[0.5, 0.5]], time: 1 }
    await judge({ observation: path('y.npy'), noise: 0.1, operator }, /12/)
  })

  it('operators and parameters that there are not', async () => {
    await judge({ operator: { kind: 'sensor' } }, /sensor/)
    await judge({ operator: { kind: 'sensors', cuont: 3 } }, /cuont/)
    await judge({ operator: { kind: 'sensors', points: [[3, 3]] } }, /3/)
    await judge({ parameters: { sped: 1 } }, /no parameter 'sped'; parameters: speed, kappa/)
    await judge({ parameters: { kappa: NaN } }, /kappa|diffusivity/)
    await judge({ parameters: { kappa: -1 } }, /kappa|diffusivity/)
    await judge({ noise: -1 }, /noise|std/)
  })

  it('problems, models, samplers and steps that do not fit', async () => {
    await judge({ problem: 'advection-diffusion/sauce' }, /did you mean 'advection-diffusion\/source'/)
    await judge({ problem: 'advection-diffusion/initial-condition' }, /model in .*model.* trained for 'advection-diffusion\/source'/) // prettier-ignore
    await judge({ model: path('nowhere') }, /nowhere\/model\.json/)
    await judge({ sampler: 'hein' }, /hein/)
    await judge({ steps: 0 }, /steps/)
    await judge({ draws: 0 }, /n = 0/)
    await judge({ alpha: 1, sampler: 'heun' }, /alpha/)
    const signal = AbortSignal.abort()
    await judge({ signal }, /stopped \(aborted\) after 0 of 8/)
  })
})

it('trains on within a folder that is resumed only as it was', async () => {
  await expect(trainProblem({ ...training, folder: path('model') })).rejects.toThrow(/finished one/)
  await expect(trainProblem({ ...training, folder: path('model'), mode: 'resume', batch: 8 })).rejects.toThrow(/batch/)
})
