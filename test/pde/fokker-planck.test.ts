import { describe, expect, it } from 'vitest'
import { fittedSlope } from '../../src/pde/checks/steps.js'
import {
  cellAverages,
  distance,
  gridOf,
  mass,
  solveForward,
  solveReverse,
  unit,
  type Evolution,
} from '../../src/pde/fokker-planck.js'
import { density, diffuse, testMixture } from '../../src/pde/mixture.js'
import { paths } from '../../src/pde/path.js'
import { diffusionProcess, type Process } from '../../src/pde/process.js'
import { reverseFamily } from '../../src/pde/reverse.js'
import { schedules } from '../../src/pde/schedule.js'
import { builtInPaths } from './processes.js'

const clock = schedules.create('exponential-rate', { a: 25 })
const processes = builtInPaths.map(path => diffusionProcess(clock, path))
const vp1 = diffusionProcess(clock, paths.create('vp-k', { k: 1 }))

/** Forward from the test mixture at sigma = 0 to `top`, on levels uniform in asinh(sigma/0.05). */
function forward(process: Process, cells: number, steps: number, top = clock.sigma(1)): Evolution {
  const end = Math.asinh(top / 0.05)
  const sigmas = Array.from({ length: steps + 1 }, (_, n) => 0.05 * Math.sinh((end * n) / steps))
  return solveForward(process, gridOf(7, cells), z => density(testMixture, z), sigmas)
}

/** L1 distance of the last density from the closed form. */
function error(process: Process, { grid, sigmas, densities }: Evolution): number {
  const kernel = process.kernel(sigmas.at(-1)!)
  const exact = cellAverages(grid, unit(kernel), z => density(diffuse(testMixture, kernel), z))
  return distance(grid, densities.at(-1)!, exact)
}

const order = (sizes: number[], errors: number[]): number => fittedSlope(sizes.map(n => -Math.log(n)), errors.map(Math.log)) // prettier-ignore

describe('forward', () => {
  it('has order 1 in the step', () => {
    const sizes = [40, 80, 160, 320] // cells fine enough that their error is a hundredth
    const measured = order(sizes, sizes.map(n => error(vp1, forward(vp1, 2000, n, 0.5)))) // prettier-ignore
    expect(Math.abs(measured - 1)).toBeLessThan(0.15)
  })

  it('has order 2 in the cell', () => {
    const last = (cells: number): Float64Array => forward(vp1, cells, 100, 2).densities.at(-1)!
    const finest = last(1920) // its own error is a sixteenth of that of 480 cells
    const sizes = [120, 240, 480]
    const errors = sizes.map(n => {
      const average = Float64Array.from({ length: n }, (_, i) =>
        finest.subarray((i * 1920) / n, ((i + 1) * 1920) / n).reduce((sum, p) => sum + (p * n) / 1920, 0),
      )
      return distance(gridOf(7, n), last(n), average)
    })
    expect(Math.abs(order(sizes, errors) - 2)).toBeLessThan(0.15)
  })

  it('conserves mass to round-off and stays positive, at any size of step', () => {
    for (const process of processes)
      for (const steps of [1, 3, 200]) {
        const { grid, densities } = forward(process, 400, steps)
        for (const p of densities) expect(Math.abs(mass(grid, p) - 1)).toBeLessThan(1e-12)
        expect(Math.min(...densities.at(-1)!)).toBeGreaterThan(0)
      }
  })
})

describe('reverse', () => {
  it.each([0, 0.3, 1, 2, '1-t', 'exp(-sigma)'])('returns to the data for alpha = %s, at order 1', alpha => {
    for (const process of alpha === 0 || alpha === 1 ? processes : [vp1]) {
      const reverse = reverseFamily(process, alpha)
      const errors = [1, 2, 4].map(n => {
        const there = forward(process, 200 * n, 100 * n)
        const back = solveReverse(reverse, there)
        expect(Math.abs(mass(back.grid, back.densities[0]!) - 1)).toBeLessThan(1e-12)
        expect(Math.min(...back.densities[0]!)).toBeGreaterThanOrEqual(0)
        return distance(back.grid, back.densities[0]!, there.densities[0]!)
      })
      expect(errors[2]).toBeLessThan(0.06) // L1, of 2 for disjoint densities
      expect(Math.log2(errors[1]! / errors[2]!)).toBeGreaterThan(0.75) // upwind at alpha = 0 is not yet asymptotic
    }
  })

  it('from the wrong terminal law misses the data', () => {
    const there = forward(vp1, 800, 400)
    const standard = cellAverages(
      there.grid,
      there.scales.at(-1)!,
      z => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI),
    )
    const miss = (start?: Float64Array): number =>
      distance(there.grid, solveReverse(reverseFamily(vp1, 0), there, start).densities[0]!, there.densities[0]!)
    expect(miss(standard)).toBeGreaterThan(1.5 * miss())
  })
})

describe('grid', () => {
  it('rejects what is not one', () => {
    expect(() => gridOf(-1, 10)).toThrow('halfWidth = -1')
    expect(() => gridOf(7, 1.5)).toThrow('cells = 1.5')
  })
})
