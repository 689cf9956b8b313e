import { describe, expect, it } from 'vitest'
import { adaptiveMetropolis } from '../../../src/diagnostics/exact/metropolis.js'
import { pcn, type PcnOptions } from '../../../src/diagnostics/exact/pcn.js'
import { densePosterior } from '../../../src/diagnostics/exact/posterior.js'
import { array, type NdArray } from '../../../src/io/array.js'
import { cellGrid } from '../../../src/physics/grid.js'
import { normalLaw } from '../../../src/physics/laws.js'
import { piecewisePrior } from '../../../src/physics/parametric.js'
import { key, normal, uniform } from '../../../src/random.js'
import { rowOf, simulated, transported } from './transported.js'

/** Mean and variance of element k over all draws. */
function momentsOf({ data, shape }: NdArray<Float64Array>, k: number): { mean: number; variance: number } {
  const size = shape.slice(2).reduce((a, b) => a * b, 1)
  const n = data.length / size
  let [sum, square] = [0, 0]
  for (let r = 0; r < n; r++) {
    sum += data[r * size + k]!
    square += data[r * size + k]! ** 2
  }
  return { mean: sum / n, variance: square / n - (sum / n) ** 2 }
}

/** Errors of mean and variance of element k in Monte Carlo deviations of `ess` draws of a Gaussian. */
function deviations(
  draws: NdArray<Float64Array>,
  k: number,
  exact: { mean: number; std: number },
  ess: number,
): number[] {
  const { mean, variance } = momentsOf(draws, k)
  return [
    Math.abs(mean - exact.mean) / (exact.std / Math.sqrt(ess)),
    Math.abs(variance / exact.std ** 2 - 1) / Math.sqrt(2 / ess),
  ]
}

describe('pcn', () => {
  const problem = transported(5, 4, 0.3)
  const y = rowOf(simulated(problem, 1).y, 0)
  const logLikelihood: PcnOptions['logLikelihood'] = x => {
    const clean = problem.operator.apply(x).data
    const logs = new Float64Array(x.shape[0]!)
    clean.forEach((value, k) => (logs[Math.floor(k / 4)]! -= (value - y.get(k % 4)) ** 2 / (2 * 0.3 ** 2)))
    return logs
  }
  const options = { prior: problem.prior, logLikelihood, draws: 1500, thin: 5, warmup: 1000, key: key(3) }

  it('agrees with the exact posterior within Monte Carlo error', () => {
    const posterior = densePosterior(problem)
    const [mean, std] = [posterior.mean(y).data, posterior.std().data]
    const result = pcn(options)
    expect(result.draws.shape).toEqual([4, 1500, 5, 5])
    expect(result.worst.rHat).toBeLessThan(1.03)
    expect(result.worst.bulkEss).toBeGreaterThan(300)
    result.acceptance.forEach(share => expect(Math.abs(share - 0.3)).toBeLessThan(0.1)) // prettier-ignore
    const worst = result.convergence.flatMap(({ meanEss }, k) => deviations(result.draws, k, { mean: mean[k]!, std: std[k]! }, meanEss)) // prettier-ignore
    expect(Math.max(...worst)).toBeLessThan(4) // of 50 that hang together: by chance once in 300 at most
    expect(result.evaluations).toBe(4 * 8501)
  })

  it('is a function of its options', () => {
    const few = { ...options, draws: 20, warmup: 10 }
    expect(pcn(few).draws.data).toEqual(pcn(few).draws.data)
    expect(pcn(few).draws.data).not.toEqual(pcn({ ...few, key: key(4) }).draws.data)
  })

  it('says what it cannot take', () => {
    expect(() => pcn({ ...options, beta: 0 })).toThrow('beta = 0; wants a number in (0, 1]')
    expect(() => pcn({ ...options, draws: 2 })).toThrow('draws = 2; wants an integer from 8')
    expect(() => pcn({ ...options, logLikelihood: () => new Float64Array(1) })).toThrow('1 log-densities for 4 chains')
    expect(() => pcn({ ...options, logLikelihood: x => new Float64Array(x.shape[0]!).fill(NaN) })).toThrow('chain 0 is NaN') // prettier-ignore
  })
})

describe('adaptive Metropolis', () => {
  it('finds a Gaussian whose scales differ by a thousand, and its proposal', () => {
    // theta = (u, 1000 (u + 0.1 v)), u, v standard normal: correlation 0.995.
    const logDensity = (theta: NdArray<Float64Array>): Float64Array =>
      Float64Array.from({ length: theta.shape[0]! }, (_, c) => {
        const u = theta.get(c, 0)
        return -0.5 * (u * u + ((theta.get(c, 1) / 1000 - u) / 0.1) ** 2)
      })
    const start = array(normal(key(1), new Float64Array(8)), [4, 2])
    const { draws, convergence, worst, acceptance, proposal } = adaptiveMetropolis({ logDensity, start, draws: 3000, thin: 4, warmup: 4000, key: key(2) }) // prettier-ignore
    expect(worst.rHat).toBeLessThan(1.02)
    acceptance.forEach(share => expect(Math.abs(share - 0.234)).toBeLessThan(0.1)) // prettier-ignore
    const exact = [{ mean: 0, std: 1 }, { mean: 0, std: 1000 * Math.sqrt(1.01) }] // prettier-ignore
    const errors = exact.flatMap((law, k) => deviations(draws, k, law, convergence[k]!.meanEss))
    expect(Math.max(...errors)).toBeLessThan(4)
    expect(proposal.get(0, 1) / Math.sqrt(proposal.get(0, 0) * proposal.get(1, 1))).toBeGreaterThan(0.95)
  })

  it('keeps to the support: an exponential law', () => {
    const logDensity = (theta: NdArray<Float64Array>): Float64Array =>
      Float64Array.from({ length: theta.shape[0]! }, (_, c) => (theta.get(c, 0) >= 0 ? -theta.get(c, 0) : -Infinity))
    const start = array(uniform(key(1), new Float64Array(4)), [4, 1])
    const { draws, convergence } = adaptiveMetropolis({ logDensity, start, draws: 4000, thin: 3, key: key(5) })
    const { mean, variance } = momentsOf(draws, 0)
    const ess = convergence[0]!.meanEss
    expect(Math.min(...draws.data)).toBeGreaterThanOrEqual(0)
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(ess))
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(8 / ess)) // the kurtosis of the exponential is 9
    expect(() => adaptiveMetropolis({ logDensity, start: array(Float64Array.of(1, -1), [2, 1]), draws: 10, key: key(1) })).toThrow('start of chain 1 is -Infinity') // prettier-ignore
  })

  it('samples the parameters of a prior: a constant field of Gaussian value', () => {
    const prior = piecewisePrior(cellGrid([4, 4]), { count: 1, value: normalLaw(1, 2) })
    const logDensity = (theta: NdArray<Float64Array>): Float64Array => {
      const fields = prior.field(theta)
      return prior.logDensity(theta).map((p, c) => p - (fields.get(c, 2, 1) - 3) ** 2 / (2 * 0.5 ** 2))
    }
    const start = prior.sampleParameters(key(1), 4)
    const { draws, convergence } = adaptiveMetropolis({ logDensity, start, draws: 3000, thin: 5, key: key(6) })
    const precision = 1 / 4 + 1 / 0.25
    const exact = { mean: (1 / 4 + 3 / 0.25) / precision, std: Math.sqrt(1 / precision) }
    expect(Math.max(...deviations(draws, 2, exact, convergence[2]!.meanEss))).toBeLessThan(4)
    expect(Math.abs(momentsOf(draws, 0).variance - 1 / 12)).toBeLessThan(4 * Math.sqrt(0.8 / 144 / convergence[0]!.meanEss)) // prettier-ignore
  })
})
