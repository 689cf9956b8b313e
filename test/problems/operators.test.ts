/** The laws over every composition in the problems: each family of each problem, behind its physics. */
import { describe, expect, it } from 'vitest'
import { checkOperator } from '../../src/operators/check.js'
import { encodingsWith } from '../../src/operators/laws/encodings.js'
import { noiseFrom } from '../../src/operators/noise-models/registry.js'
import { isLinear } from '../../src/operators/operator.js'
import { key } from '../../src/random.js'
import { solvableProblems } from '../../src/run/problems.js'
import { drawParameters, drawSetting, measurementOf } from '../../src/run/setting.js'

const problems = await solvableProblems()

it('all problems that are stated are here', () => {
  expect(problems.map(({ name }) => name)).toEqual([
    'advection-diffusion/boundary-flux',
    'advection-diffusion/initial-condition',
    'advection-diffusion/initial-condition-plume',
    'advection-diffusion/source',
    'heat/disk',
  ])
})

describe.each(problems.map(problem => [problem.name, problem] as const))('laws of A = H S in %s', (name, problem) => {
  // A rectangle where there are two axes, so that none is taken for the other.
  const parts = problem.build(problem.shape.length === 1 ? [12] : [10, 8])
  it.each(parts.operators.map(family => [family.name, family] as const))('%s', (_, family) => {
    for (let i = 0; i < 2; i++) {
      const root = key(i, name, family.name)
      const setting = drawSetting(parts, drawParameters(parts, root), root, family)
      const { operator: A } = measurementOf(parts, setting)
      const noise = noiseFrom(setting.noise, A.outputShape)
      expect(A.inputShape).toEqual(parts.unknown.grid.shape)
      const results = checkOperator(A, { noise, encode: encodingsWith(noise) })
      expect(results.filter(({ status }) => status === 'fails')).toEqual([])
      const held = results.filter(({ status }) => status === 'holds').map(({ law }) => law)
      expect(isLinear(A)).toBe(true)
      expect(held).toContain('<A x, v> = <x, A^T v>')
      expect(held).toContain('encodings')
    }
  })
})
