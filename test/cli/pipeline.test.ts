/** The commands around a problem: what they print, and how they refuse. Models here are small and untrained. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Evaluation } from '../../src/run/evaluate.js'
import type { ProblemListing } from '../../src/run/problem-listing.js'
import type { Solution } from '../../src/run/solve.js'
import { source, untrained } from '../run/models.js'
import { invoke } from './invoke.js'

const folder = mkdtempSync(join(tmpdir(), 'invdiff-pipeline-'))
const path = (name: string): string => join(folder, name)
vi.setConfig({ testTimeout: 300_000 })
beforeAll(async () => {
  await untrained(path('model'))
}, 600_000)
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** The message of a command line that is wrong. */
async function usage(...args: string[]): Promise<string> {
  const { code, out, err } = await invoke(args)
  expect({ code, out }).toEqual({ code: 2, out: '' })
  return err
}

describe('problems', () => {
  it('lists prior, parameters with ranges and units, operators and noise of each', async () => {
    const { code, out } = await invoke(['problems'])
    expect(code).toBe(0)
    expect(out).toContain('advection-diffusion/boundary-flux: Flux through the wall of a channel')
    expect(out).toMatch(/kappa: diffusivity of the solute; 0\.0125 to 0\.03 m\^2\/s, 0\.015 unless given/)
    const listings = JSON.parse((await invoke(['problems', '--json'])).out) as ProblemListing[]
    expect(listings.map(({ name }) => name)).toContain('heat/disk')
    for (const { operators, noise, test } of listings) {
      expect(operators.length).toBeGreaterThan(0)
      expect(noise.units).not.toBe('')
      expect(test.count).toBeGreaterThan(0)
    }
  })
})

describe('solve', () => {
  it('prints a summary, or the same as JSON, and notes warnings on stderr', async () => {
    const common = [source, '--model', path('model'), '--draws', '4', '--steps', '2']
    const text = await invoke(['solve', ...common, '--out', path('a')])
    expect(text.code).toBe(0)
    expect(text.out).toMatch(/^4 posterior samples, \d+ denoiser calls each/)
    expect(text.out).toContain(`report: ${path('a/report.html')}`)
    const json = await invoke(['solve', ...common, '--out', path('b'), '--json', '--param', 'speed=0.45'])
    const { warnings, draws } = JSON.parse(json.out) as Solution
    expect(draws).toBe(4)
    expect(warnings.join()).toContain('speed is 0.45 m/s, outside the range of training')
    expect(json.err).toContain('warning: speed is 0.45 m/s')
  })

  it('refuses what is wrong on the command line with code 2', async () => {
    expect(await usage('solve')).toContain('name a problem')
    expect(await usage('solve', 'advection-diffusion/sauce')).toContain(`did you mean '${source}'`)
    const common = ['solve', source, '--model', path('model'), '--out', path('bad')]
    expect(await usage(...common, '--param', 'speed')).toContain("--param is 'speed'")
    expect(await usage(...common, '--param', 'speed=fast')).toContain("--param is 'speed=fast'")
    expect(await usage(...common, '--param', 'sped=1')).toContain("no parameter 'sped'")
    expect(await usage(...common, '--operator', '{kind')).toContain('--operator is no JSON')
    expect(await usage(...common, '--operator', '{"kind":"sensor"}')).toContain('sensor')
    expect(await usage(...common, '--draws', '1')).toContain('--draws')
    expect(await usage(...common, '--sampler', 'hein')).toContain('hein')
  })

  it('refuses what is wrong in a file with code 1, naming it', async () => {
    writeFileSync(path('y.csv'), 'x,y,value,noise\n9,9,1,0.1\n')
    const { code, err } = await invoke(['solve', source, '--model', path('model'), '--out', path('c'), '--observation', path('y.csv')]) // prettier-ignore
    expect(code).toBe(1)
    expect(err).toContain(path('y.csv'))
    expect((await invoke(['solve', source, '--model', path('none'), '--out', path('d')])).err).toContain('none/model.json') // prettier-ignore
  })
})

describe('train', () => {
  it('refuses what cannot be, before it begins', async () => {
    expect(await usage('train')).toContain('name a problem')
    expect(await usage('train', source, '--budget', 'soon')).toContain("--budget is 'soon'")
    expect(await usage('train', source, '--budget', '1m', '--steps', '3')).toContain('--steps or --budget')
    expect(await usage('train', source, '--shape', '8xmany')).toContain("--shape is '8xmany'; wants numbers of cells")
    expect(await usage('train', source, '--shape', '8', '--out', path('t'))).toContain('wants 2 positive integers')
    expect(await usage('train', source, '--family', 'smell', '--out', path('t'))).toContain("no family 'smell'")
    expect(await usage('train', source, '--loss', 'msse', '--out', path('t'))).toContain('msse')
  })
})

describe('simulate', () => {
  it('writes files, and says how many', async () => {
    const { code, out } = await invoke(['simulate', source, '--shape', '8x8', '--count', '20', '--out', path('data'), '--json']) // prettier-ignore
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ files: ['block-000000.h5'], made: 20, stopped: false })
    expect(JSON.parse(readFileSync(path('data/config.json'), 'utf8'))).toMatchObject({ config: { shape: [8, 8] } })
    const again = await invoke(['simulate', source, '--shape', '8x8', '--count', '20', '--out', path('data')])
    expect(again.out).toContain('1 files, 0 examples simulated'.replace('1 files', '1 file'))
  })

  it('refuses what cannot be', async () => {
    expect(await usage('simulate')).toContain('name a problem')
    expect(await usage('simulate', source, '--count', '0')).toContain('--count')
    expect(await usage('simulate', source, '--family', 'smell', '--out', path('s'))).toContain("no family 'smell'")
  })
})

describe('evaluate', () => {
  it('gives finite errors and coverages of each family asked for', async () => {
    const args = ['evaluate', path('model'), '--observations', '2', '--draws', '8', '--steps', '2', '--family', 'blur']
    const { code, out } = await invoke([...args, '--json'])
    expect(code).toBe(0)
    const rows = JSON.parse(out) as Evaluation[]
    expect(rows.map(({ family }) => family)).toEqual(['blur'])
    const { mean, std, covariance, floor, coverage } = rows[0]!
    for (const value of [mean, std, covariance, floor.mean, floor.std, floor.covariance]) {
      expect(value).toBeGreaterThan(0)
      expect(value).toBeLessThan(10)
    }
    for (const share of [coverage.cells, coverage.functionals]) expect(share >= 0 && share <= 1).toBe(true)
  })

  it('refuses other families, operators that are no JSON, and folders that hold no model', async () => {
    expect(await usage('evaluate')).toContain('folder of a model')
    expect(await usage('evaluate', path('model'), '--family', 'smell')).toContain('sensors, footprints, blur')
    expect(await usage('evaluate', path('model'), '--operator', '{')).toContain('--operator is no JSON')
    expect((await invoke(['evaluate', path('none')])).err).toContain('none/model.json')
  })
})
