/** A comparison of trainings: what is to be trained, and what its tables say (test/full/trainings.test.ts trains). */
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { crps } from '../../src/diagnostics/crps.js'
import { key, normal } from '../../src/random.js'
import { scoresOf } from '../../src/run/evaluate-truths.js'
import type { TrainingResult } from '../../src/run/trainings/result.js'
import { estimator } from '../../src/run/trainings/estimate.js'
import { folderOf, trainingsOf, usualVariation } from '../../src/run/trainings/plan.js'
import { linesOf } from '../../src/run/trainings/rows.js'
import { comparisonCsv, comparisonMarkdown, comparisonTable } from '../../src/run/trainings/text.js'

const usual = { ...usualVariation, bases: ['none'] } as const

describe('the trainings', () => {
  it('are one for each combination, seeds last', () => {
    const all = trainingsOf({ ...usual, processes: ['ve', 'vp'], encodings: ['raw', 'lmmse'], seeds: [0, 3] }, ['a', 'b']) // prettier-ignore
    expect(all.map(folderOf)).toEqual(
      [0, 3].flatMap(seed => [`ve-schedule-raw-none-s${seed}`, `ve-schedule-lmmse-none-s${seed}`, `vp-log-normal-raw-none-s${seed}`, `vp-log-normal-lmmse-none-s${seed}`]), // prettier-ignore
    )
    const levels = trainingsOf({ ...usual, processes: ['ve', 'vp'], levels: ['auto', 'log-normal'] }, [])
    expect(levels.map(training => [training.process, training.levels].join())).toEqual(['ve,schedule', 've,log-normal', 'vp,log-normal']) // prettier-ignore
  })

  it('are one for all families, and one for each', () => {
    const all = trainingsOf({ ...usual, families: ['all', 'each', 'share'] }, ['a', 'b'])
    expect(all.map(({ families, family }) => [families, family])).toEqual([['all', null], ['each', 'a'], ['each', 'b'], ['share', 'a'], ['share', 'b']]) // prettier-ignore
    expect(new Set(all.map(folderOf)).size).toBe(5)
  })

  it.each([
    [{ seeds: [0, 0] }, /seeds are \[0, 0\]; wants one or more, each once/],
    [{ encodings: [] }, /encodings are \[\]/],
    [{ simulations: [100] }, /100 simulations; wants an integer from 128/],
    [{ seeds: [-1] }, /seed -1/],
    [
      { bases: ['none', 'surrogate'], encodings: ['lmmse', 'raw'] },
      /'surrogate' needs the encoding 'lmmse', not 'raw'/,
    ],
  ] as const)('refuse %j', (wrong, message) => {
    expect(() => trainingsOf({ ...usual, ...wrong }, [])).toThrow(message)
  })
})

/** A result with given covariance errors of two cases of each family, pooled as their mean. */
const made = (
  encode: 'raw' | 'lmmse',
  seed: number,
  cases: readonly number[],
  family: string | null = null,
): TrainingResult => {
  const values = (covariance: number) => ({ mean: 0.1, std: 0.1, covariance, cells: 0.9, functionals: 0.9 })
  const pooled = values(cases.reduce((a, b) => a + b, 0) / cases.length)
  const judged = { family: family ?? 'sensors', values: pooled, cases: cases.map(values), floor: { mean: 0.05, std: 0.05, covariance: 0.2 } } // prettier-ignore
  return {
    training: { process: 'vp', levels: 'log-normal', encode, base: 'none', simulations: null, families: family === null ? 'all' : 'each', family, seed }, // prettier-ignore
    ...{ steps: 10, seconds: 2, heldOut: null },
    judgement: { kind: 'exact', families: [judged], seconds: 1 },
  }
}

describe('the lines of a table', () => {
  const results = [made('raw', 0, [0.4, 0.6]), made('lmmse', 0, [0.3, 0.4]), made('raw', 1, [0.5, 0.7]), made('lmmse', 1, [0.3, 0.6])] // prettier-ignore

  it('average seeds, and say how far seeds and cases scatter', () => {
    const [raw, lmmse] = linesOf(results)
    expect(raw).toMatchObject({ variant: { encode: 'raw' }, seeds: [0, 1], steps: 10, seconds: 2, against: null })
    const { value, overModels, overCases } = raw!.values.covariance!
    expect(value).toBeCloseTo(0.55, 12)
    // Seeds 0.5 and 0.6; cases 0.45 and 0.65: half their distance times sqrt 2.
    expect(overModels).toBeCloseTo(0.1 / Math.SQRT2, 12)
    expect(overCases).toBeCloseTo(0.2 / Math.SQRT2, 12)
    // Cases 0.3 and 0.5 in pairs with 0.45 and 0.65: -0.15 each, no scatter.
    expect(lmmse!.against!.value).toBeCloseTo(-0.15 / 0.55, 12)
    expect(lmmse!.against!.error).toBeCloseTo(0, 12)
  })

  it('take the models for single families together', () => {
    const each = [made('raw', 0, [0.4, 0.6], 'sensors'), made('raw', 0, [0.2, 0.2], 'blur')]
    const one = made('raw', 0, [0.5, 0.5])
    const both = [...one.judgement.families, { ...one.judgement.families[0]!, family: 'blur' }]
    const [all, joined] = linesOf([{ ...one, judgement: { ...one.judgement, families: both } }, ...each])
    expect(all!.variant).toEqual({ models: 'one for all' })
    expect(joined!.values.covariance!.value).toBeCloseTo(0.35, 12)
    expect(joined!.seconds).toBe(4)
    expect(joined!.families.blur!.covariance!.value).toBeCloseTo(0.2, 12)
  })

  it('become text, Markdown and CSV', () => {
    const found = { problem: 'p', shape: [8], folder: 'f', length: { steps: 10 }, judge: { observations: 2, draws: 8, sampler: 'heun', steps: 4 }, machine: '2 x CPU', command: 'npx invdiff compare-trainings p', results } // prettier-ignore
    const table = comparisonTable(found)
    expect(table).toMatch(/^raw +0,1 +10 +2 .*0\.550 \+- 0\.071 \(0\.141\)/m)
    expect(table).toMatch(/^lmmse .*-27\.3 % \+- 0\.0 %$/m)
    expect(table).toMatch(/^floor .*0\.050 +0\.050 +0\.200/m)
    const markdown = comparisonMarkdown(found)
    expect(markdown).toContain('```sh\nnpx invdiff compare-trainings p\n```')
    const rows = markdown.split('\n').filter(line => line.startsWith('|'))
    expect(rows.length).toBe(2 + 2 + 1)
    expect(new Set(rows.map(row => row.split('|').length)).size).toBe(1)
    const lines = comparisonCsv(found).trim().split('\n')
    expect(lines.length).toBe(1 + 4)
    expect(new Set(lines.map(line => line.split(',').length)).size).toBe(1)
  })
})

describe('scores of truths', () => {
  it('are those of one cell where there is one', () => {
    const x = array(normal(key(1), new Float64Array(40)), [40, 1])
    const truth = array(Float64Array.of(0.3), [1])
    const { rmse, crps: own, energy } = scoresOf(x, truth, 2)
    expect(own).toBeCloseTo(crps(x, truth).data[0]! / 2, 12)
    expect(energy).toBeCloseTo(own, 12)
    expect(rmse).toBeCloseTo(Math.abs(x.data.reduce((a, b) => a + b, 0) / 40 - 0.3) / 2, 12)
  })

  it('see a dependence between cells that was left out', () => {
    // Truths of four equal cells: draws that know it score better than independent ones of the same marginals.
    const n = 100
    const draw = (name: string, cells: number): Float64Array<ArrayBuffer> =>
      Float64Array.from(normal(key(2, name), new Float64Array(n * cells)))
    const [one, four, truths] = [draw('one', 1), draw('four', 4), draw('truths', 1)]
    const equal = array(
      Float64Array.from({ length: 4 * n }, (_, k) => one[Math.floor(k / 4)]!),
      [n, 4],
    )
    const mean = (x: NdArray<Float64Array>): number => truths.reduce((sum, t) => sum + scoresOf(x, array(new Float64Array(4).fill(t), [4]), 1).energy / n, 0) // prettier-ignore
    expect(mean(equal)).toBeLessThan(0.95 * mean(array(four, [n, 4])))
  })
})

describe('the estimate', () => {
  it('comes from the training at hand, then from those that are done', () => {
    let now = 0
    const left = estimator(() => now)
    left.begin({ share: 1, later: 2 })
    expect(left.seconds()).toBeNull()
    now = 10
    expect(left.seconds(30)).toBe(30 + 2 * 40)
    now = 50
    left.end()
    left.begin({ share: 1, later: 1 })
    now = 60
    expect(left.seconds()).toBe(40 + 50)
  })
})
