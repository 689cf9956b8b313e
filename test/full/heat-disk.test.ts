/** The reference posterior that is stored with heat/disk; `npx invdiff reference heat/disk` wrote it (its card says how). */
import { expect, it } from 'vitest'
import { adaptiveMetropolis } from '../../src/diagnostics/exact/metropolis.js'
import { array, type NdArray } from '../../src/io/array.js'
import type { ParametricPrior } from '../../src/physics/parametric.js'
import { key } from '../../src/random.js'
import { caseOf } from '../../src/run/case.js'
import { loadProblem } from '../../src/run/problems.js'
import { readReference } from '../../src/run/reference-folder.js'
import { measurementOf } from '../../src/run/setting.js'

const problem = await loadProblem('heat/disk')
const parts = problem.build(problem.shape)
const prior = parts.prior as ParametricPrior
const { card, theta, y, mean } = await readReference('problems/heat/disk/reference')

it('has converged, and is of the held-out case', async () => {
  expect(card.fields.rHat).toBeLessThan(1.01)
  expect(card.parameters.rHat).toBeLessThan(1.01)
  expect(Math.min(card.fields.bulkEss, card.parameters.bulkEss)).toBeGreaterThan(400)
  const { observation } = await caseOf({ parts, problem }, { testCase: 0 })
  expect(observation.y.size).toBe(y.size)
  y.data.forEach((v, k) => expect(v).toBeCloseTo(observation.y.data[k] as number, 5)) // prettier-ignore
})

it('agrees with chains of another kind, within Monte Carlo error', () => {
  const { operator: A } = measurementOf(parts, { ...card.setting, family: null })
  const logDensity = (rows: NdArray<Float64Array>): Float64Array => {
    const inside = prior.logDensity(rows)
    const clean = A.apply(prior.field(rows)).data
    return inside.map((p, r) => {
      let sum = 0
      for (let k = 0; k < y.size; k++) sum += (clean[r * y.size + k]! - y.data[k]!) ** 2
      return p - sum / (2 * 0.1 ** 2)
    })
  }
  const [chains, kept, p] = theta.shape as [number, number, number]
  // From the middle of the stored chains, so that the way in is short.
  const start = array(Float64Array.from({ length: chains * p }, (_, k) => theta.get(Math.floor(k / p), kept >> 1, k % p)), [chains, p]) // prettier-ignore
  const short = adaptiveMetropolis({ logDensity, start, draws: 100, thin: 2, warmup: 100, key: key(9) })
  for (let k = 0; k < p; k++) {
    const column = (a: NdArray<Float64Array>): Float64Array => a.data.filter((_, i) => i % p === k)
    const [long, own] = [column(theta), column(short.draws)]
    const average = (v: Float64Array): number => v.reduce((a, b) => a + b, 0) / v.length
    const std = Math.sqrt(average(long.map(v => (v - average(long)) ** 2)))
    const error = std * Math.sqrt(1 / Math.max(8, short.convergence[k]!.meanEss) + 1 / card.parameters.meanEss)
    expect(Math.abs(average(long) - average(own))).toBeLessThan(4 * error)
  }
})

it('holds the mean of its own draws', () => {
  const fields = prior.field(array(theta.data.slice(), [theta.shape[0]! * theta.shape[1]!, theta.shape[2]!]))
  const N = mean.size
  const n = fields.shape[0]!
  for (const cell of [0, N >> 1, (N >> 1) + 32]) {
    let sum = 0
    for (let r = 0; r < n; r++) sum += fields.data[r * N + cell]!
    expect(Math.abs(sum / n - mean.data[cell]!)).toBeLessThan(0.05) // of values up to 1
  }
})
