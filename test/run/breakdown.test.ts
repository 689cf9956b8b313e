import { describe, expect, it } from 'vitest'
import { breakdownCsv, breakdownCurves, breakdownTable, contaminatedNormal, lossAt, sampleObjective } from '../../src/run/breakdown.js' // prettier-ignore
import { minimiser, populationObjective, type DensityLaw } from '../../src/run/breakdown-population.js'
import { key, uniform } from '../../src/random.js'
import { losses, penalties, type Loss } from '../../src/training/losses/index.js'

const outliers = { mean: 5, deviation: 1 }
const exponential: DensityLaw = { density: x => Math.exp(-x), low: 0, high: 30 }
const expected = (loss: Loss, law: DensityLaw) => minimiser(populationObjective(loss, law), -1, 6)

/** E psi(X - theta)^2 over the square of the objective's curvature: the variance of sqrt(n) times the sample's minimiser. */
function variance(loss: Loss, psi: (r: number) => number, law: DensityLaw, theta: number): number {
  const f = populationObjective(loss, law)
  const h = 0.02
  const curvature = (f(theta + h) - 2 * f(theta) + f(theta - h)) / h ** 2
  let square = 0
  for (let x = law.low; x < law.high; x += 0.005) square += 0.005 * law.density(x) * psi(x - theta) ** 2
  return square / curvature ** 2
}

/** psi of each loss; of lts r/keep as far as it keeps, found by widening to the share. */
function influence(loss: Loss, law: DensityLaw, theta: number): (r: number) => number {
  const values = loss.options as Record<string, number>
  if (loss.name === 'mse') return r => 2 * r
  if (loss.name !== 'lts') return penalties.create(loss.name, values).psi
  let [q, inside] = [0, 0]
  while (inside < values.keep!) {
    inside += 0.005 * (law.density(theta + q + 0.0025) + law.density(theta - q - 0.0025))
    q += 0.005
  }
  return r => (Math.abs(r) <= q ? (2 * r) / values.keep! : 0)
}

describe('breakdownCurves', () => {
  it('of samples lie where the expected loss has its minimum, for every loss', async () => {
    const [n, seeds] = [4000, 2]
    const choices = [
      { name: 'mse' },
      { name: 'l1' },
      { name: 'huber' },
      { name: 'huber', options: { delta: 1.345 } },
      { name: 'pseudo-huber' },
      { name: 'tukey' },
      { name: 'density-power' },
      { name: 'lts', options: { keep: 0.6 } },
    ]
    const rows = await breakdownCurves({ losses: choices, contamination: [0, 0.2, 0.4], outliers, n, seeds })
    expect(rows).toHaveLength(24)
    rows.forEach((row, i) => {
      const { name, options } = choices[Math.floor(i / 3)]!
      const loss = losses.create(name, options)
      const law = contaminatedNormal(row.contamination, outliers)
      const error = Math.sqrt(variance(loss, influence(loss, law, row.population), law, row.population) / (n * seeds))
      // Quadrature, and the 1e-6 of the minimisers, are far below the statistical error.
      expect(Math.abs(row.location - row.population)).toBeLessThan(4 * error)
      expect(error).toBeLessThan(0.1)
    })
    expect(breakdownTable(rows).trim().split('\n')).toHaveLength(4)
    expect(breakdownCsv(rows).trim().split('\n')[4]).toMatch(/^l1,0,/)
  })

  it('refuses unknown losses and shares that are no minority', async () => {
    await expect(breakdownCurves({ losses: [{ name: 'hubr' }] })).rejects.toThrow(/did you mean 'huber'/)
    await expect(breakdownCurves({ losses: [{ name: 'huber-level' }] })).rejects.toThrow(/ask for 'huber'/)
    await expect(breakdownCurves({ contamination: [0.5] })).rejects.toThrow(/0.5 is not in/)
  })
})

describe('the minimiser of the expected loss', () => {
  const at = (name: string, eps: number, options: Record<string, number> = {}) =>
    expected(losses.create(name, options), contaminatedNormal(eps, outliers))

  it('is the mean eps m for the square, and the median for the absolute value', async () => {
    for (const eps of [0, 0.1, 0.3]) expect(await at('mse', eps)).toBeCloseTo(eps * 5, 4)
    // F(theta) = 1/2 of (1 - eps) Phi(theta) + eps Phi(theta - 5): Phi^-1(1/(2 (1 - eps))) but for Phi(-4.3) eps.
    expect(await at('l1', 0.2)).toBeCloseTo(0.31864, 4)
    expect(await at('huber', 0.2, { delta: 1e-4 })).toBeCloseTo(0.31864, 4)
  })

  it('moves least where influence returns to 0', async () => {
    const [mean, huber, tukey, power, trimmed] = [await at('mse', 0.2), await at('huber', 0.2), await at('tukey', 0.2), await at('density-power', 0.2, { beta: 0.5 }), await at('lts', 0.2, { keep: 0.7 })] // prettier-ignore
    expect(huber).toBeLessThan(mean / 3)
    for (const other of [tukey, power, trimmed]) expect(Math.abs(other)).toBeLessThan(huber / 2)
  })

  it('of trimming breaks down when more is wrong than it leaves out', async () => {
    expect(Math.abs(await at('lts', 0.3, { keep: 0.6 }))).toBeLessThan(0.05)
    expect(await at('lts', 0.3, { keep: 0.95 })).toBeGreaterThan(0.8)
  })

  it('of Huber with delta = 0.2 lies 0.30 below the mean for Exp(1), by quadrature and for samples', async () => {
    const loss = losses.create('huber', { delta: 0.2 })
    const theta = await expected(loss, exponential)
    expect(1 - theta).toBeCloseTo(0.3, 2)
    // E psi = 0: with X - theta beyond +-delta, P(above) - P(below) + E[(X - theta)/delta inside], all elementary.
    const [a, b] = [theta - 0.2, theta + 0.2]
    const inside = ((a + 1 - theta) * Math.exp(-a) - (b + 1 - theta) * Math.exp(-b)) / 0.2
    expect(Math.exp(-b) - (1 - Math.exp(-a)) + inside).toBeCloseTo(0, 5)
    const n = 20000
    const x = uniform(key(1), new Float64Array(n)).map(u => -Math.log(u))
    const program = await sampleObjective(loss, n)
    const found = await minimiser(t => lossAt(program, x, t), 0, 2)
    await program.dispose()
    const error = Math.sqrt(variance(loss, penalties.create('huber').psi, exponential, theta) / n)
    expect(Math.abs(found - theta)).toBeLessThan(4 * error)
  })
})
