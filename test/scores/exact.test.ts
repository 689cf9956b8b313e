/** Exact denoisers against quadrature of their definition E[x0 | x~, y], and against each other. */
import { describe, expect, it } from 'vitest'
import {
  densityDenoisers,
  gaussianDenoiser,
  gaussianPosteriorDenoiser,
  mixtureDenoiser,
  quadratureDenoiser,
} from '../../src/scores/exact/index.js'
import { symmetricEigen } from '../../src/scores/exact/eigen.js'
import { evaluate } from './evaluate.js'
import * as tf from '@tensorflow/tfjs'

/** E[x0 | x~] of a density on [low, high], by the trapezoidal rule about the peak of the integrand. */
function conditionalMean(logPdf: (x: number) => number, low: number, high: number, x: number, sigma: number): number {
  const log = (u: number): number => logPdf(u) - (u - x) ** 2 / (2 * sigma ** 2)
  // The integrand's support, found on a coarse grid of the whole interval and then of what is left of it.
  let [a, b] = [low, high]
  for (let zoom = 0; zoom < 2; zoom++) {
    const n = 100
    const at = Array.from({ length: n + 1 }, (_, i) => a + ((b - a) * i) / n)
    const logs = at.map(log)
    const top = Math.max(...logs)
    const kept = at.filter((_, i) => logs[i]! > top - 40)
    const step = (b - a) / n
    ;[a, b] = [Math.max(low, kept[0]! - step), Math.min(high, kept.at(-1)! + step)]
  }
  const n = 800
  const logs = Array.from({ length: n + 1 }, (_, i) => log(a + ((b - a) * i) / n))
  const top = Math.max(...logs)
  let [mass, moment] = [0, 0]
  logs.forEach((value, i) => {
    // Simpson's weights.
    const w = Math.exp(value - top) * (i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2)
    mass += w
    moment += (w * (b - a) * i) / n
  })
  return a + moment / mass
}

const sigmas = [0.003, 0.01, 0.1, 0.5, 1, 5, 50]
const close = (a: number, b: number, tolerance: number): void => {
  expect(Math.abs(a - b), `${a} against ${b}`).toBeLessThanOrEqual(tolerance)
}

/** log p(x | y) up to a constant, as benchmarks.md states it, and where p lies. */
const densities = [
  {
    name: 'tanh',
    log: (x: number, y: number) => -(x - Math.tanh(y)) / 0.3,
    low: (y: number) => Math.tanh(y),
    high: (y: number) => Math.tanh(y) + 12,
  },
  {
    name: 'bimodal',
    log: (x: number, y: number) => Math.log(x * x + 1e-30) - (x ** 3 - y) ** 2 / 2,
    low: () => -2.6,
    high: () => 2.6,
  },
  {
    name: 'swissroll',
    log(x: number, y: number) {
      const n = 300 // the trapezoidal rule in u, with dt/du ~ (u (1 - u))^3: of eighth order at the ends
      let sum = 0
      for (let i = 1; i < n; i++) {
        const u = i / n
        const t = 1.5 * Math.PI * (1 + 2 * u ** 4 * (35 - 84 * u + 70 * u ** 2 - 20 * u ** 3))
        const misfit = (y - 0.1 * t * Math.cos(t)) ** 2 + (x - 0.1 * t * Math.sin(t)) ** 2
        sum += Math.exp(-misfit / 0.02) * (u * (1 - u)) ** 3
      }
      return Math.log(sum + 1e-300)
    },
    low: () => -2.5,
    high: () => 2.5,
  },
]

describe.each(densities)('$name', ({ name, log, low, high }) => {
  const points = sigmas.flatMap(sigma =>
    [-1.3, 0, 0.7].flatMap(y =>
      [-3, -1, 0, 0.4, 4].map(k => ({ sigma, y, x: low(y) / 4 + 0.5 + k * Math.sqrt(sigma ** 2 + 0.04) })),
    ),
  )
  const run = (precision: 'float32' | 'float64'): Promise<number[][]> =>
    evaluate(densityDenoisers[name]!, points.map(p => [p.x]), points.map(p => p.sigma), { y: points.map(p => [p.y]), precision }) // prettier-ignore
  const wanted = points.map(({ x, sigma, y }) => conditionalMean(u => log(u, y), low(y), high(y), x, sigma))

  it('is E[x0 | x~, y] in float64', async () => {
    const found = await run('float64')
    // What the reference's rules leave, of fourth order.
    found.forEach(([D], i) => close(D!, wanted[i]!, 1e-7))
  })

  it('is the same in float32', async () => {
    const [double, single] = [await run('float64'), await run('float32')]
    // Round-off of x~ - mu at the size of x~, as the input itself carries.
    single.forEach(([D], i) => close(D!, double[i]![0]!, 2e-6 * (1 + Math.abs(points[i]!.x))))
  })

  it('stays finite and in range far outside the law', async () => {
    const far = [-1e3, -50, 50, 1e3]
    const found = await evaluate(densityDenoisers[name]!, far.map(x => [x]), far.map(() => 0.5), { y: [[0.3]], precision: 'float32' }) // prettier-ignore
    found.forEach(([D]) => expect(Number.isFinite(D)).toBe(true))
  })
})

it('the truncated normal of tanh neither underflows nor cancels', async () => {
  // Given x~ far below tanh y, x0 - tanh y is exponential with rate a/sigma: D -> tanh y + sigma/a.
  const sigma = 50
  const [x, y] = [-2000, 0.4]
  const a = (Math.tanh(y) - x) / sigma + sigma / 0.3
  const [[D]] = (await evaluate(densityDenoisers.tanh!, [[x]], [sigma], { y: [[y]] })) as [[number]]
  const excess = sigma * (1 / a - 2 / a ** 3 + 10 / a ** 5) // the asymptotic series of psi(a)
  close(D / (Math.tanh(y) + excess), 1, 1e-12)
})

const covariance = [
  [2, 0.6, -0.3],
  [0.6, 1, 0.2],
  [-0.3, 0.2, 0.5],
]

describe('gaussian', () => {
  it('decomposes a symmetric matrix', () => {
    const { values, vectors } = symmetricEigen(covariance)
    covariance.forEach((row, i) =>
      row.forEach((value, j) => {
        const rebuilt = values.reduce((sum, v, k) => sum + v * vectors[k]![i]! * vectors[k]![j]!, 0)
        close(rebuilt, value, 1e-14)
      }),
    )
  })

  it('is a fixed point of (C + sigma^2 I)(D - x) = sigma^2 (mu - x)', async () => {
    const mean = [1, -2, 0.5]
    const [x, sigma] = [[0.3, 0.7, -1.1], 0.8]
    const [D] = (await evaluate(gaussianDenoiser({ mean, covariance }), [x], [sigma])) as [number[]]
    x.forEach((_, i) => {
      const left = covariance[i]!.reduce((sum, c, j) => sum + c * (D[j]! - x[j]!), sigma ** 2 * (D[i]! - x[i]!))
      close(left, sigma ** 2 * (mean[i]! - x[i]!), 1e-13)
    })
  })

  it('agrees for a number, variances and a matrix, and allows a singular one', async () => {
    const mean = [1, -2]
    const forms = [0.7, [0.7, 0.7], [[0.7, 0], [0, 0.7]]] // prettier-ignore
    const found = await Promise.all(
      forms.map(c => evaluate(gaussianDenoiser({ mean, covariance: c }), [[3, 1]], [0.4])),
    )
    found.forEach(D => D[0]!.forEach((value, i) => close(value, found[0]![0]![i]!, 1e-14)))
    const [point] = await evaluate(gaussianDenoiser({ mean, covariance: 0 }), [[3, 1]], [0.4])
    expect(point).toEqual(mean)
  })

  it('the posterior is the Gaussian of its mean', async () => {
    const gain = [[0.5, 0.1], [0, 0.3], [-0.2, 0]] // prettier-ignore
    const offset = [0.1, 0.2, 0.3]
    const y = [1.5, -2]
    const mean = offset.map((o, i) => o + gain[i]![0]! * y[0]! + gain[i]![1]! * y[1]!)
    const [x, sigma] = [[[0.3, 0.7, -1.1], [1, 2, 3]], [0.8, 2]] // prettier-ignore
    const direct = await evaluate(gaussianDenoiser({ mean, covariance }), x, sigma)
    const posterior = await evaluate(gaussianPosteriorDenoiser({ gain, offset, covariance }), x, sigma, { y: [y] })
    posterior.flat().forEach((value, i) => close(value, direct.flat()[i]!, 1e-13))
  })

  it('refuses what is no covariance, naming the entry', () => {
    expect(() => gaussianDenoiser({ mean: [0, 0], covariance: [1, -1] })).toThrow(/variance 1 is -1/)
    expect(() => gaussianDenoiser({ mean: [0, 0], covariance: [1] })).toThrow(/a covariance of 1 for a mean of 2/)
    expect(() => gaussianDenoiser({ mean: [0, NaN], covariance: 1 })).toThrow(/entry 1 is NaN/)
    expect(() => gaussianDenoiser({ mean: [0, 0], covariance: [[1, 2], [0, 1]] })).toThrow(/not symmetric/) // prettier-ignore
  })
})

describe('mixture', () => {
  const components = [
    { weight: 0.3, mean: [-1, 0.5], covariance: [[0.3, 0.1], [0.1, 0.2]] }, // prettier-ignore
    { weight: 0.7, mean: [1, -1], covariance: 0.05 },
  ]

  it('is the weighted mean of its Gaussian denoisers, to round-off', async () => {
    const [x, sigma] = [[[0.2, -0.1], [-0.5, 0.4], [3, 3]], [0.3, 1, 20]] // prettier-ignore
    const found = await evaluate(mixtureDenoiser(components), x, sigma)
    const parts = await Promise.all(components.map(c => evaluate(gaussianDenoiser(c), x, sigma)))
    x.forEach((point, i) => {
      const density = (k: number): number => {
        const { weight, mean, covariance } = components[k]!
        const full = typeof covariance === 'number' ? [[covariance, 0], [0, covariance]] : covariance // prettier-ignore
        const [a, b, c] = [full[0]![0]! + sigma[i]! ** 2, full[0]![1]!, full[1]![1]! + sigma[i]! ** 2]
        const [u, v] = [point[0]! - mean[0]!, point[1]! - mean[1]!]
        const det = a * c - b * b
        return (weight * Math.exp(-(c * u * u - 2 * b * u * v + a * v * v) / (2 * det))) / Math.sqrt(det)
      }
      const w = [density(0), density(1)]
      found[i]!.forEach((value, j) =>
        close(value, (w[0]! * parts[0]![i]![j]! + w[1]! * parts[1]![i]![j]!) / (w[0]! + w[1]!), 1e-12),
      )
    })
  })

  it('takes the nearest component where every density underflows, in float32', async () => {
    const point = mixtureDenoiser(components.map(({ weight, mean }) => ({ weight, mean, covariance: 1e-4 })))
    const [D] = await evaluate(point, [[40, -40]], [0.01], { precision: 'float32' })
    // Component 1 with gain 1/2.
    close(D![0]!, 20.5, 1e-4)
    close(D![1]!, -20.5, 1e-4)
  })

  it('agrees with quadrature in one dimension', async () => {
    const law = [{ weight: 0.4, mean: [-1.2], covariance: 0.055 }, { weight: 0.6, mean: [0.8], covariance: 0.03 }] // prettier-ignore
    const logDensity = (x: tf.Tensor): tf.Tensor =>
      tf.log(
        law.map(({ weight, mean, covariance: c }) => tf.mul(weight / Math.sqrt(c), tf.exp(tf.mul(tf.square(tf.sub(x, mean[0]!)), -0.5 / c)))).reduce((a, b) => tf.add(a, b)), // prettier-ignore
      )
    const x = [-3, -1, 0, 0.5, 2].map(v => [v])
    for (const sigma of [0.05, 0.4, 3]) {
      const s = x.map(() => sigma)
      const exact = await evaluate(mixtureDenoiser(law), x, s)
      const found = await evaluate(quadratureDenoiser({ logDensity, low: -4, high: 4, nodes: 256 }), x, s)
      found.forEach(([D], i) => close(D!, exact[i]![0]!, 1e-9))
    }
  })

  it('refuses bad components', () => {
    expect(() => mixtureDenoiser([])).toThrow(/at least one/)
    expect(() => mixtureDenoiser([{ weight: 0, mean: [0], covariance: 1 }])).toThrow(/component 0: weight 0/)
    expect(() => mixtureDenoiser([components[0]!, { weight: 1, mean: [0], covariance: 1 }])).toThrow(
      /a mean of 1, but component 0 has one of 2/,
    )
  })
})
