/** Gauss-Newton moves under tempering, against laws that a sum over a fine grid gives. */
import { describe, expect, it } from 'vitest'
import { convergence } from '../../../src/diagnostics/convergence.js'
import { geometricSteps, type GeometricOptions } from '../../../src/diagnostics/exact/geometric-tempering.js'
import { acceptance, localGaussian, logProposal, proposed } from '../../../src/diagnostics/exact/gauss-newton.js'
import type { TemperedDraws } from '../../../src/diagnostics/exact/tempering.js'
import { array, type NdArray } from '../../../src/io/array.js'
import { noiseFrom } from '../../../src/operators/noise-models/registry.js'
import { normalLaw, uniformLaw, type Law } from '../../../src/physics/laws.js'
import { key } from '../../../src/random.js'
import { normalCdf } from '../../../src/random/cdf.js'
import { normalQuantile } from '../../../src/random.js'

const prior = (...laws: Law[]): GeometricOptions['prior'] => ({
  names: laws.map((_, k) => `t${k}`),
  laws,
  logDensity: theta =>
    Float64Array.from({ length: theta.shape[0]! }, (_, r) =>
      laws.reduce((sum, law, k) => sum + law.logDensity(Number(theta.get(r, k))), 0),
    ),
})

/** Measurements of each row by a function. */
const measuring =
  (m: number, f: (theta: Float64Array) => number[]): GeometricOptions['measure'] =>
  theta => {
    const [n, p] = theta.shape as [number, number]
    const out = Float64Array.from({ length: n * m }, (_, k) => f(theta.data.subarray(Math.floor(k / m) * p, (Math.floor(k / m) + 1) * p))[k % m]!) // prettier-ignore
    return Promise.resolve(array(out, [n, m]))
  }

async function run(options: GeometricOptions): Promise<TemperedDraws> {
  const steps = geometricSteps(options)
  for (;;) {
    const { done, value } = await steps.next()
    if (done) return value
  }
}

/** Mean of g over the draws, its standard error, and over the density on a grid. */
function compared(
  draws: NdArray<Float64Array>,
  g: (t: number) => number,
  { low, high, logDensity }: { low: number; high: number; logDensity: (t: number) => number },
): { found: number; error: number; exact: number } {
  const [chains, n] = draws.shape as [number, number]
  const values = draws.data.map(g)
  const found = values.reduce((a, b) => a + b, 0) / values.length
  const std = Math.sqrt(values.reduce((sum, v) => sum + (v - found) ** 2, 0) / values.length)
  const { meanEss } = convergence(Array.from({ length: chains }, (_, c) => values.slice(c * n, (c + 1) * n)))
  const points = Array.from({ length: 20001 }, (_, k) => low + ((high - low) * k) / 20000)
  const weights = points.map(t => Math.exp(logDensity(t)))
  const exact = points.reduce((sum, t, k) => sum + g(t) * weights[k]!, 0) / weights.reduce((a, b) => a + b, 0)
  return { found, error: std / Math.sqrt(meanEss), exact }
}

describe('the Gauss-Newton proposal', () => {
  it('is accepted always where the measurement is linear, at every length', () => {
    // f(z) = (z0 + 2 z1, z1), y = (1, -1): curvature J^T J, gradient J^T (y - f).
    const at = (z: Float64Array) => {
      const r = [1 - z[0]! - 2 * z[1]!, -1 - z[1]!] as const
      const log = -0.5 * (r[0] ** 2 + r[1] ** 2)
      return { z, log, curvature: Float64Array.of(1, 2, 2, 5), gradient: Float64Array.of(r[0], 2 * r[0] + r[1]) }
    }
    for (const [beta, h] of [
      [1, 1],
      [1, 0.3],
      [0.2, 0.7],
    ] as const) {
      const from = localGaussian(at(Float64Array.of(0.3, -2)), beta)
      const z = proposed(from, h, Float64Array.of(0.8, -1.1))
      expect(acceptance(from, localGaussian(at(z), beta), beta, h)).toBeCloseTo(1, 10)
      // Its density is the highest where the noise is zero.
      expect(logProposal(from, h, proposed(from, h, new Float64Array(2)))).toBeGreaterThan(logProposal(from, h, z))
    }
  })
})

describe('tempering with Gauss-Newton moves', () => {
  it('finds the masses of two modes of different widths', async () => {
    // y = t^2 + noise of 0.3 with t ~ N(0.5, 1): one mode at each root, curved, so that proposals differ from place to place.
    const [y, std] = [1.5, 0.3]
    const options = { prior: prior(normalLaw(0.5, 1)), measure: measuring(1, t => [t[0]! ** 2]), y: array(Float64Array.of(y)) } // prettier-ignore
    const found = await run({ ...options, noise: noiseFrom({ kind: 'gaussian', std }), draws: 1200, thin: 2, warmup: 512, levels: 5, key: key(3) }) // prettier-ignore
    const law = { low: -5, high: 5, logDensity: (t: number) => -0.5 * ((y - t * t) / std) ** 2 - 0.5 * (t - 0.5) ** 2 }
    for (const g of [(t: number) => t, (t: number) => t * t, (t: number) => Number(t > 0)]) {
      const { found: mean, error, exact } = compared(found.draws, g, law)
      expect(Math.abs(mean - exact)).toBeLessThan(4 * error)
      expect(error).toBeLessThan(0.05)
    }
    expect(found.worst.rHat).toBeLessThan(1.02)
    expect(found.arrivals).toBeGreaterThan(100)
  })

  it('keeps to the support of a uniform prior, and is a function of its options', async () => {
    // Of t ~ U(0, 1) the measurement says 1.1: the posterior leans on the side.
    const options: GeometricOptions = {
      ...{ prior: prior(uniformLaw(0, 1)), measure: measuring(1, t => [t[0]!]), y: array(Float64Array.of(1.1)) },
      ...{
        noise: noiseFrom({ kind: 'gaussian', std: 0.1 }),
        draws: 1500,
        thin: 2,
        warmup: 512,
        levels: 4,
        key: key(4),
      },
    }
    const found = await run(options)
    expect(found.draws.data.every(t => t > 0 && t < 1)).toBe(true)
    const law = { low: 0, high: 1, logDensity: (t: number) => -0.5 * ((1.1 - t) / 0.1) ** 2 }
    for (const g of [(t: number) => t, (t: number) => (1 - t) ** 2]) {
      const { found: mean, error, exact } = compared(found.draws, g, law)
      expect(Math.abs(mean - exact)).toBeLessThan(4 * error)
    }
    const few = { ...options, draws: 20, warmup: 64 }
    expect((await run(few)).draws.data).toEqual((await run(few)).draws.data)
  })

  it('says what it cannot take', async () => {
    const options = { prior: prior(uniformLaw(0, 1)), measure: measuring(1, () => [NaN]), y: array(Float64Array.of(1)), noise: noiseFrom({ kind: 'gaussian', std: 1 }), draws: 8, key: key(1) } // prettier-ignore
    await expect(run(options)).rejects.toThrow('NaN at element 0')
    await expect(run({ ...options, levels: 1 })).rejects.toThrow('levels = 1; wants an integer from 2')
  })
})

it('normalCdf is the inverse of the quantile, in both tails', () => {
  for (const p of [1e-15, 1e-9, 1e-3, 0.02, 0.31, 0.5]) expect(normalCdf(normalQuantile(p)) / p).toBeCloseTo(1, 11)
  for (const z of [-2.5, -1, 0, 0.7, 2.4999, 2.5, 6]) expect(normalCdf(z) + normalCdf(-z)).toBeCloseTo(1, 14)
  expect(normalCdf(1)).toBeCloseTo(0.8413447460685429, 14)
  expect(normalCdf(-3) / 0.0013498980316300946).toBeCloseTo(1, 12)
})
