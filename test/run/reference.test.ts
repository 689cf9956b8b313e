import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { cellGrid } from '../../src/physics/grid.js'
import { gaussianField } from '../../src/physics/gaussian-field.js'
import { normalLaw } from '../../src/physics/laws.js'
import { piecewisePrior } from '../../src/physics/parametric.js'
import type { ProblemParts } from '../../src/problem.js'
import type { Observation, Posterior, SamplingOptions } from '../../src/posterior.js'
import type { ParametricPrior } from '../../src/physics/parametric.js'
import { evaluateByReferences, referenceFolders, referencesText } from '../../src/run/evaluate-reference.js'
import { key, normal } from '../../src/random.js'
import { readReference, referenceText, writeReference } from '../../src/run/reference-folder.js'
import { referencePosterior } from '../../src/run/reference.js'
import { referenceDistance } from '../../src/run/reference-distance.js'

const folder = mkdtempSync(join(tmpdir(), 'invdiff-reference-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A constant field of value v ~ N(1, 2^2), its two halves measured with noise 0.5: the posterior of v is Gaussian. */
const grid = cellGrid([4, 4])
const parts: ProblemParts = {
  unknown: { name: 'level', units: '1', grid },
  prior: piecewisePrior(grid, { count: 1, value: normalLaw(1, 2) }),
  physics: { parameters: {}, solve: () => ({ inputShape: [4, 4], outputShape: [4, 4], apply: x => x as NdArray<Float64Array>, adjoint: y => y as NdArray<Float64Array> }) }, // prettier-ignore
  state: { name: 'level', units: '1', grid },
  operators: [{ name: 'halves', spec: { kind: 'block-mean', blocks: [2, 1] } }],
  noise: { describe: 'noise', units: '1', low: 0.5, high: 0.5, default: 0.5 },
}
const y = array(Float64Array.of(2.9, 3.3))
const observation = { parameters: {}, operator: parts.operators[0]!.spec, noise: { kind: 'gaussian', std: 0.5 }, family: 'halves', y } // prettier-ignore
const precision = 1 / 4 + 2 / 0.25
const exact = { mean: (1 / 4 + (2.9 + 3.3) / 0.25) / precision, std: Math.sqrt(1 / precision) }
const options = { draws: 1000, thin: 5, warmup: 2048, levels: 4, seed: 1 }
const reference = await referencePosterior(parts, observation, options)

describe('referencePosterior', () => {
  it('agrees with a posterior in closed form', () => {
    const { mean, std, fields, chains } = reference
    const error = exact.std / Math.sqrt(fields.meanEss)
    for (const v of mean.data) expect(Math.abs(v - exact.mean)).toBeLessThan(4 * error)
    for (const v of std.data) expect(Math.abs(v / exact.std - 1)).toBeLessThan(4 * Math.sqrt(0.5 / fields.bulkEss))
    expect(fields.rHat).toBeLessThan(1.01)
    expect(chains.evaluations).toBe(4 * 4 * (2048 + 5000 + 1))
  })

  it('tells exact samples from others by marginal distances beside their floor', () => {
    const draws = (shift: number): NdArray => {
      const v = normal(key(5), new Float64Array(500)).map(z => exact.mean + shift + exact.std * z)
      return array(
        Float64Array.from({ length: 500 * 16 }, (_, k) => v[Math.floor(k / 16)]!),
        [500, 4, 4],
      )
    }
    const { w1, mean } = referenceDistance(parts, reference, draws(0))
    expect(w1.shape).toEqual([4, 4])
    expect(mean.w1).toBeLessThan(3 * mean.floor)
    // A shift by a deviation is a distance of one, for every pair of laws.
    expect(referenceDistance(parts, reference, draws(exact.std)).mean.w1 / exact.std).toBeCloseTo(1, 0)
    expect(referenceDistance(parts, reference, draws(exact.std)).mean.w1).toBeGreaterThan(6 * mean.floor)
  })

  it('takes Gauss-Newton moves where the prior is smooth: here none is refused', async () => {
    // The field of one site does not depend on its place, and is linear in its value.
    const smooth = { ...parts, prior: { ...(parts.prior as ParametricPrior), smooth: true } }
    const { settings, mean, std, fields, chains } = await referencePosterior(smooth, observation, { draws: 500, thin: 2, warmup: 256, levels: 4, seed: 1 }) // prettier-ignore
    expect(settings.moves).toBe('gauss-newton')
    expect(reference.settings.moves).toBe('random-walk')
    const error = exact.std / Math.sqrt(fields.meanEss)
    for (const v of mean.data) expect(Math.abs(v - exact.mean)).toBeLessThan(4 * error)
    for (const v of std.data) expect(Math.abs(v / exact.std - 1)).toBeLessThan(4 * Math.sqrt(0.5 / fields.bulkEss))
    expect(Math.min(...chains.acceptance)).toBeGreaterThan(0.999)
    await expect(referencePosterior(parts, observation, { moves: 'leaps' as 'random-walk' })).rejects.toThrow("no moves 'leaps': gauss-newton, random-walk") // prettier-ignore
  })

  it('says what it cannot take, and stops', async () => {
    const gaussian = { ...parts, prior: gaussianField({ grid, boundary: 'neumann', length: 0.3, smoothness: 1 }) }
    await expect(referencePosterior(gaussian, observation)).rejects.toThrow('a Gaussian one has an exact posterior')
    await expect(referencePosterior(parts, { ...observation, y: array(new Float64Array(3)) })).rejects.toThrow('y has 3 values, its operator measures 2') // prettier-ignore
    await expect(referencePosterior(parts, observation, { draws: 1e6, signal: AbortSignal.abort() })).rejects.toThrow('abort') // prettier-ignore
  })

  it('is kept in a folder', async () => {
    const target = join(folder, 'kept')
    const truth = array(new Float64Array(16).fill(3), [4, 4])
    const card = await writeReference(target, { name: 'mine' }, { observation, truth, source: 'made up' }, reference) // prettier-ignore
    const read = await readReference(target)
    expect(read.card).toEqual(card)
    expect(read.theta.shape).toEqual([4, 500, 3])
    expect(read.theta.get(1, 0, 2)).toBe(Math.fround(reference.theta.get(1, 1, 2))) // every second draw
    expect([...read.y.data]).toEqual([...Float32Array.of(2.9, 3.3)])
    read.mean.data.forEach((v, k) => expect(v).toBeCloseTo(reference.mean.data[k]!, 5)) // prettier-ignore
    expect(referenceText(card)).toContain('4 chains of 1000 draws')
    await expect(readReference(join(folder, 'nowhere'))).rejects.toThrow("written by 'invdiff reference'")
    writeFileSync(join(target, 'reference.json'), '{}')
    await expect(readReference(target)).rejects.toThrow('format invdiff-reference')
  })
})

describe('a model judged by references', () => {
  const draws = (n: number, std: number): NdArray => {
    const v = normal(key(6), new Float64Array(n)).map(z => exact.mean + std * z)
    return array(
      Float64Array.from({ length: 16 * n }, (_, k) => v[Math.floor(k / 16)]!),
      [n, 4, 4],
    )
  }
  /** A posterior whose samples are those of a Gaussian of this deviation. */
  const model = (std: number, name = 'mine'): Posterior =>
    ({
      ...{ parts, problem: { name }, model: { spec: { shape: [4, 4] } } },
      sample: (seen: Observation, { draws: n = 0 }: SamplingOptions) => {
        expect([...seen.y.data].map(Number)).toEqual([...Float32Array.of(2.9, 3.3)])
        return Promise.resolve({ x: draws(n, std), calls: 1, seconds: 0 })
      },
    }) as unknown as Posterior

  it('is at the floor where its samples are those of the posterior, and far from it where they are too wide', async () => {
    const target = join(folder, 'judged')
    for (const name of ['a', 'b']) await writeReference(join(target, name), { name: 'mine' }, { observation, source: 'made up' }, reference) // prettier-ignore
    const folders = await referenceFolders(target)
    expect(folders).toEqual([join(target, 'a'), join(target, 'b')])
    expect(await referenceFolders(folders[0]!)).toEqual([folders[0]])
    const [good] = await evaluateByReferences(model(exact.std), folders)
    const [wide] = await evaluateByReferences(model(2 * exact.std), folders)
    // 256 draws leave 1/16 of a deviation in the mean and 1/sqrt(512) of the deviation; twice as wide is 1.
    expect(good!.errors.samples.std).toBeLessThan(4 / Math.sqrt(512) + 0.1)
    expect(Math.abs(wide!.errors.samples.std - 1)).toBeLessThan(8 / Math.sqrt(512) + 0.2)
    expect(good!.mean.w1).toBeLessThan(3 * good!.mean.floor)
    // W1 of two Gaussians of one mean: the difference of deviations times sqrt(2/pi).
    expect(wide!.mean.w1 / (exact.std * Math.sqrt(2 / Math.PI))).toBeCloseTo(1, 0)
    expect(good!.mean.std / exact.std).toBeCloseTo(1, 0)
    const text = referencesText([good!, wide!], 'K')
    expect(text).toMatch(/W1, K/)
    expect(text).toMatch(/^a +2 /m)
    await expect(evaluateByReferences(model(1, 'other'), folders)).rejects.toThrow('is of mine 4 x 4, the model of other 4 x 4') // prettier-ignore
    await expect(referenceFolders(join(folder, 'nowhere'))).rejects.toThrow("written by 'invdiff reference'")
  })
})
