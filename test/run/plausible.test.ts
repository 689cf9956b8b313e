/** Whether the test of an observation is uniform where it should be, and finds what is not like the training. */
import { describe, expect, it } from 'vitest'
import { array, type NdArray } from '../../src/io/array.js'
import { matrixOf } from '../../src/operators/linear.js'
import { noiseFrom } from '../../src/operators/noise-models/registry.js'
import { isLinear } from '../../src/operators/operator.js'
import { operatorFrom } from '../../src/operators/registry.js'
import { derive, key } from '../../src/random.js'
import { product } from '../../src/run/condition.js'
import { priorMoments } from '../../src/run/moments.js'
import { outside, plausibility } from '../../src/run/plausible.js'
import { loadProblem } from '../../src/run/problems.js'
import {
  defaultParameters,
  drawSetting,
  matrixOfSolution,
  matrixThrough,
  measurementOf,
} from '../../src/run/setting.js'
import { viewSpec } from '../../src/run/view.js'

const problem = async (name: string) => {
  const parts = (await loadProblem(name)).build([8, 8])
  const prior = await priorMoments(parts)
  return { parts, prior, view: viewSpec(parts, prior) }
}

/** p of n observations drawn from the prior with operators of the mixture, then changed. */
async function ps(
  name: string,
  n: number,
  change: (y: NdArray<Float64Array>) => NdArray<Float64Array>,
): Promise<number[]> {
  const { parts, prior, view } = await problem(name)
  const S = matrixOfSolution(parts.physics.solve(defaultParameters(parts)))!
  return Array.from({ length: n }, (_, i) => {
    const own = key(11, 'plausible', i)
    const setting = drawSetting(parts, defaultParameters(parts), own)
    const H = operatorFrom(setting.operator, parts.state)
    if (!isLinear(H)) throw new Error('not linear')
    const rows = matrixThrough(H, S)
    const noise = noiseFrom(setting.noise)
    const clean = product(rows, parts.prior.sample(derive(own, 'x'), 1))
    const y = change(array(noise.sample(array(clean, [1, clean.length]), derive(own, 'noise')).data, [clean.length]))
    return plausibility(parts, prior, view, setting, { rows, noise, y }).p
  })
}

/** The largest distance between the shares of values below p, and p. */
function kolmogorov(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.max(...sorted.flatMap((p, i) => [p - i / sorted.length, (i + 1) / sorted.length - p]))
}

describe('p', () => {
  it.each(['advection-diffusion/source', 'advection-diffusion/initial-condition-plume'])(
    'is uniform for observations of %s',
    async name => {
      const n = 24
      const found = await ps(name, n, y => y)
      // P(D > 1.95 / sqrt n) = 2 exp(-2 1.95^2) = 1e-3 (Kolmogorov); 999 simulations add at most 1 / sqrt 999 to it.
      expect(kolmogorov(found)).toBeLessThan(1.95 / Math.sqrt(n) + 1 / Math.sqrt(999))
      expect(Math.min(...found)).toBeGreaterThan(0)
    },
  )

  it('is small where the values are shifted, scaled or in other units', async () => {
    for (const f of [(v: number) => v + 20, (v: number) => 1000 * v]) {
      const found = await ps('advection-diffusion/source', 4, y => array(y.data.map(f), y.shape))
      expect(Math.max(...found)).toBeLessThan(0.01)
    }
  })

  it('comes with a warning that says what to check', async () => {
    const { parts, prior, view } = await problem('advection-diffusion/source')
    const setting = drawSetting(parts, defaultParameters(parts), key(1))
    const { operator, noise, size } = measurementOf(parts, setting)
    if (!isLinear(operator)) throw new Error('not linear')
    const y = array(new Float64Array(size).fill(40), [size])
    const { warnings } = plausibility(parts, prior, view, setting, { rows: matrixOf(operator), noise, y })
    expect(warnings.join()).toMatch(
      /of 999 simulated with the same operator, 0 are as unlikely.*units, noise and places/,
    )
  })
})

describe('what lies outside the ranges of training', () => {
  it('is named with its value and the range; what lies at the ends is inside', async () => {
    const { parts, view } = await problem('advection-diffusion/source')
    const { speed, kappa } = parts.physics.parameters
    const noise = { kind: 'gaussian', std: parts.noise.low }
    const setting = { parameters: { speed: speed!.high, kappa: kappa!.low }, operator: { kind: 'sensors' }, noise }
    expect(outside(view, { ...setting, family: 'sensors' })).toEqual([])
    expect(outside(view, { ...setting, family: null })).toEqual([])
    const far = { ...setting, parameters: { speed: 2, kappa: kappa!.low }, family: 'smells' }
    expect(outside(view, far)).toEqual([
      expect.stringMatching(/^speed is 2 m\/s, outside the range of training, 0\.1 to 0\.4 m\/s/),
      expect.stringMatching(/not trained on the operator family 'smells'/),
    ])
    const loud = (std: number | number[]) =>
      outside(view, { ...setting, noise: { kind: 'gaussian', std }, family: null })
    expect(loud(7)).toEqual([expect.stringMatching(/^The noise is 7 mg\/l/)])
    expect(loud([0.05, 0.06])).toEqual([])
    expect(loud([0.05, 7])).toEqual([expect.stringMatching(/^The noise is 7 mg\/l/)])
    expect(loud([0.05, 1e-4])).toEqual([expect.stringMatching(/^The noise is 0\.0001 mg\/l/)])
  })
})
