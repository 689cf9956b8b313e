/** A comparison of trainings that trains: it goes on where it was stopped, in a training too. */
import { readFile, rm, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { compareTrainings, type CompareTrainingsOptions } from '../../src/run/trainings/compare.js'
import { comparisonTable } from '../../src/run/trainings/text.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()

const tiny = (folder: string, more: Partial<CompareTrainingsOptions> = {}): CompareTrainingsOptions => ({
  ...{
    problem: 'advection-diffusion/boundary-flux',
    folder: path(folder),
    encodings: ['raw', 'lmmse'],
    bases: ['none'],
    threads: 1,
  },
  training: { shape: [8], network: { kind: 'mlp', width: 8, blocks: 1 }, steps: 4, batch: 8 },
  ...{ judge: { observations: 2, draws: 8, steps: 4 }, ...more },
})

describe('a comparison', () => {
  const results = async (folder: string): Promise<string> => {
    const text = await readFile(path(`${folder}/results.csv`), 'utf8')
    return text.replaceAll(/,\d+\.\d,/g, ',seconds,')
  }

  it('goes on in the training where it was stopped, and keeps what is done', async () => {
    const whole = await compareTrainings(tiny('whole'))
    expect(whole.results.map(({ training, steps }) => [training.encode, steps])).toEqual([['raw', 4], ['lmmse', 4]]) // prettier-ignore
    const abort = new AbortController()
    const stop = (text: string): void => {
      if (/lmmse.*step [1-3]\//.test(text)) abort.abort(new Error('enough'))
    }
    await expect(compareTrainings(tiny('stopped', { signal: abort.signal, progress: stop }))).rejects.toThrow('enough')
    const first = path('stopped/results/vp-log-normal-raw-none-s0.json')
    const before = (await stat(first)).mtimeMs
    await compareTrainings(tiny('stopped', { mode: 'resume' }))
    expect((await stat(first)).mtimeMs).toBe(before)
    expect(await results('stopped')).toBe(await results('whole'))
  })

  it('judges again what was trained and not judged, and grows by seeds', async () => {
    const weights = path('whole/models/vp-log-normal-raw-none-s0/weights.safetensors')
    const before = (await stat(weights)).mtimeMs
    const csv = await results('whole')
    await rm(path('whole/results/vp-log-normal-raw-none-s0.json'))
    const grown = await compareTrainings(tiny('whole', { mode: 'resume', seeds: [0, 1] }))
    expect((await stat(weights)).mtimeMs).toBe(before)
    expect(grown.results.map(({ training }) => training.seed)).toEqual([0, 0, 1, 1])
    const lines = (text: string): string[] => text.trim().split('\n')
    expect(lines(await results('whole')).slice(0, lines(csv).length)).toEqual(lines(csv))
    const { message } = await fileErrorOf(
      compareTrainings(tiny('whole', { mode: 'resume', judge: { observations: 3 } })),
    )
    expect(message).toMatch(/observations: 2 became 3/)
  })

  it('trains on the first of the same simulations, and a model for each family that shares the cost', async () => {
    const stored = await compareTrainings(tiny('stored', { encodings: ['lmmse'], simulations: [128, 200] }))
    expect(stored.results.map(({ training }) => training.simulations)).toEqual([128, 200])
    const card = await readFile(path('stored/models/vp-log-normal-lmmse-none-n128-s0/README.md'), 'utf8')
    expect(card).toContain('the first 128 simulations')
    const families = await compareTrainings(tiny('families', { encodings: ['lmmse'], families: ['all', 'share'] }))
    expect(families.results.map(({ training, steps }) => [training.family, steps])).toEqual([[null, 4], ['sensors', 1], ['lines', 1], ['footprints', 1]]) // prettier-ignore
    expect(families.results.map(({ judgement }) => judgement.families.length)).toEqual([3, 1, 1, 1])
    const text = comparisonTable(families)
    expect(text).toContain('one each, shared cost')
    expect(text).toMatch(/^footprints/m)
  })

  it('judges by truths where the prior is not Gaussian', async () => {
    const shape = [8, 8]
    const { results } = await compareTrainings({
      ...tiny('plume', { problem: 'advection-diffusion/initial-condition-plume', encodings: ['lmmse'] }),
      training: { shape, network: { kind: 'mlp', width: 8, blocks: 1 }, steps: 2, batch: 8 },
      judge: { observations: 1, draws: 8, steps: 4 },
    })
    const { kind, families } = results[0]!.judgement
    expect([kind, families.length]).toEqual(['truths', 5])
    for (const { values } of families) expect(Object.values(values).every(Number.isFinite)).toBe(true)
  })
})
