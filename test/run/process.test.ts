/** The two processes that are compared everywhere. */
import { expect, it } from 'vitest'
import { processFrom, processes } from '../../src/run/process.js'
import { levelsOf } from '../../src/run/sampling.js'

it.each(['ve', 'vp'] as const)('%s spans the noise levels that samplers take, 0.02 to 100', name => {
  const process = processes[name]
  const { sigma } = processFrom(process).schedule
  expect(sigma(1)).toBeGreaterThanOrEqual(100)
  expect(sigma(0)).toBeLessThan(0.02)
  const { levels } = levelsOf({ process })
  expect(levels).toHaveLength(21)
  // The grid is cut where a process ends: neither is, so that the two are compared at the same levels.
  expect(levels[0]).toBeCloseTo(100, 6)
  expect(levels.at(-1)).toBeCloseTo(0.02, 6)
})
