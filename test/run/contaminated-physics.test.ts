import { expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { corrupt, physicsStudy } from '../../src/run/contaminated-physics.js'
import { physicsTable } from '../../src/run/contaminated-physics-text.js'

const pairs = {
  x: array(normal(key(1), new Float64Array(40)), [10, 4]),
  y: array(normal(key(2), new Float64Array(20)), [10, 2]),
}
const changed = (name: 'x' | 'y', share: number, kind: 'diverged' | 'mismatch' | 'stuck'): number[] => {
  const wrong = corrupt(pairs, share, kind, key(3))[name]
  const row = wrong.size / 10
  return Array.from({ length: 10 }, (_, i) => i).filter(i => wrong.data.slice(i * row, (i + 1) * row).some((v, k) => v !== pairs[name].data[i * row + k])) // prettier-ignore
}

it('corrupts a share of the pairs, the same ones as for a larger share, and leaves the rest', () => {
  const [few, more] = [changed('x', 0.2, 'diverged'), changed('x', 0.4, 'diverged')]
  expect([few.length, more.length]).toEqual([2, 4])
  expect(more).toEqual(expect.arrayContaining(few))
  expect(changed('y', 0.4, 'mismatch')).toEqual(more)
  expect(changed('y', 0.4, 'stuck')).toEqual(more)
  expect([changed('x', 0.4, 'mismatch'), changed('y', 0.4, 'diverged'), changed('x', 0, 'diverged')]).toEqual([[], [], []]) // prettier-ignore
})

it('judges posteriors by the exact one, and shows what diverged simulations do', async () => {
  const rows = await physicsStudy({ contamination: [0, 0.3], losses: ['mse'], seeds: 1, simulations: 512, steps: 100, observations: 2, samples: 32, threads: 1 }) // prettier-ignore
  expect(rows).toHaveLength(2)
  // A network this short of training is broad; one taught on fields of five times the size is broader (at 600 steps, 20 %: 3.8 to 1.5).
  expect(rows[1]!.deviationRatio).toBeGreaterThan(rows[0]!.deviationRatio)
  expect(physicsTable(rows)).toMatch(/30 % +mse +1 /)
  await expect(physicsStudy({ contamination: [1] })).rejects.toThrow('not in [0, 1)')
}, 180_000)
