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
