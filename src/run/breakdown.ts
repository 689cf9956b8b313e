/**
 * Breakdown curves: where each loss' minimiser lies on contaminated Gaussian data, (1 - eps) N(0, 1) + eps N(m, d^2), against
 * eps, found by minimising the very loss that training takes, beside the minimiser of its expectation.
 *
 * The mean moves by eps m; a bounded influence moves less, one that returns to 0 (tukey, density-power) hardly at all, and
 * trimming not until eps exceeds what it leaves out.
 */
import * as tf from '@tensorflow/tfjs'
import { compile, type Executable } from '../compile/index.js'
import { array } from '../io/array.js'
import { key, normal, uniform } from '../random.js'
import { losses as registry, reduced, type Loss } from '../training/losses/index.js'
import { minimiser, populationObjective, type DensityLaw } from './breakdown-population.js'

/** A loss of the registry with its parameters, the defaults where they are missing. */
export interface LossChoice {
  readonly name: string
  readonly options?: Readonly<Record<string, number>>
}

export interface BreakdownOptions {
  readonly losses: readonly LossChoice[]
  /** Shares eps in [0, 0.5). */
  readonly contamination: readonly number[]
  /** m and d. */
  readonly outliers: { readonly mean: number; readonly deviation: number }
  /** Points of one sample. */
  readonly n: number
  readonly seeds: number
}

export const breakdownDefaults: BreakdownOptions = {
  losses: [
    { name: 'mse' },
    { name: 'l1' },
    { name: 'huber', options: { delta: 0.2 } },
    { name: 'huber', options: { delta: 1.345 } },
    { name: 'pseudo-huber', options: { delta: 0.2 } },
    { name: 'tukey' },
    { name: 'density-power', options: { beta: 0.2 } },
    { name: 'lts', options: { keep: 0.8 } },
    { name: 'lts', options: { keep: 0.6 } },
  ],
  contamination: [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4],
  outliers: { mean: 5, deviation: 1 },
  n: 10000,
  seeds: 3,
}

export interface BreakdownRow {
  /** `huber delta=0.2`. */
  readonly loss: string
  readonly contamination: number
  /** Mean over seeds of the samples' minimisers, and their standard deviation. */
  readonly location: number
  readonly deviation: number
  /** The minimiser of the expected loss. */
  readonly population: number
}

/** The law of the data. */
export function contaminatedNormal(eps: number, { mean, deviation }: BreakdownOptions['outliers']): DensityLaw {
  const phi = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  return {
    density: x => (1 - eps) * phi(x) + (eps * phi((x - mean) / deviation)) / deviation,
    low: Math.min(-9, mean - 9 * deviation),
    high: Math.max(9, mean + 9 * deviation),
  }
}

/** n draws of it. Outliers of a larger share contain those of a smaller one, so that curves are comparable. */
export function drawContaminated(
  eps: number,
  { mean, deviation }: BreakdownOptions['outliers'],
  n: number,
  seed: number,
): Float64Array {
  const chosen = uniform(key(seed, 'chosen'), new Float64Array(n))
  return normal(key(seed, 'points'), new Float64Array(n)).map((z, i) => (chosen[i]! < eps ? mean + deviation * z : z))
}

/**
 * A row for each loss and share.
 *
 * @throws RangeError for an unknown loss or parameter, or a share outside [0, 0.5), before anything runs.
 */
export async function breakdownCurves(given: Partial<BreakdownOptions> = {}): Promise<BreakdownRow[]> {
  const { losses, contamination, outliers, n, seeds } = { ...breakdownDefaults, ...given }
  for (const eps of contamination)
    if (!(eps >= 0 && eps < 0.5)) throw new RangeError(`breakdownCurves: contamination ${eps} is not in [0, 0.5)`)
  if (!(Number.isSafeInteger(n) && n > 0 && Number.isSafeInteger(seeds) && seeds > 0)) throw new RangeError(`breakdownCurves: n = ${n} and seeds = ${seeds} must be whole numbers from 1`) // prettier-ignore
  const range = [Math.min(-1, outliers.mean - 1), Math.max(1, outliers.mean + 1)] as const
  const expected = (loss: Loss, eps: number) => populationObjective(loss, contaminatedNormal(eps, outliers))
  const chosen = losses.map(({ name, options }) => registry.create(name, options))
  chosen.forEach(loss => expected(loss, 0))
  const rows: BreakdownRow[] = []
  for (const loss of chosen) {
    const objective = await sampleObjective(loss, n)
    try {
      for (const eps of contamination) {
        const found: number[] = []
        for (let seed = 0; seed < seeds; seed++) {
          const x = drawContaminated(eps, outliers, n, seed)
          found.push(await minimiser(theta => lossAt(objective, x, theta), ...range))
        }
        const location = found.reduce((a, b) => a + b) / seeds
        const squares = found.reduce((sum, v) => sum + (v - location) ** 2, 0)
        const deviation = Math.sqrt(squares / Math.max(1, seeds - 1))
        const population = await minimiser(expected(loss, eps), ...range)
        rows.push({ loss: titleOf(loss), contamination: eps, location, deviation, population })
      }
    } finally {
      await objective.dispose()
    }
  }
  return rows
}

/** The training loss of the residuals x - theta, one sample for each point, all of one noise level; in double precision. */
export function sampleObjective(loss: Loss, n: number): Promise<Executable> {
  const f = ({ x, theta }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const sigma = tf.ones([n])
    return { loss: reduced(loss, loss.value(tf.sub(x!, theta!), sigma), sigma) }
  }
  return compile(f, { x: [n, 1], theta: [1, 1] }, { precision: 'float64' })
}

/** One call of `sampleObjective`. */
export async function lossAt(objective: Executable, x: Float64Array, theta: number): Promise<number> {
  const { loss } = await objective.run({ x: array(x, [x.length, 1]), theta: array(Float64Array.of(theta), [1, 1]) })
  return Number(loss!.data[0])
}

const titleOf = ({ name, options }: Loss): string =>
  [name, ...Object.entries(options).map(([k, v]) => `${k}=${v}`)].join(' ')

/** A line for each share, two columns for each loss: found, and expected in brackets. */
export function breakdownTable(rows: readonly BreakdownRow[]): string {
  const names = [...new Set(rows.map(row => row.loss))]
  const shares = [...new Set(rows.map(row => row.contamination))]
  const cell = (loss: string, eps: number): string => {
    const row = rows.find(r => r.loss === loss && r.contamination === eps)
    return row ? `${row.location.toFixed(3)} (${row.population.toFixed(3)})` : ''
  }
  const lines = [['eps', ...names], ...shares.map(eps => [String(eps), ...names.map(name => cell(name, eps))])]
  const widths = lines[0]!.map((_, j) => Math.max(...lines.map(line => line[j]!.length)))
  return lines.map(line => line.map((text, j) => text.padStart(widths[j]!)).join('  ')).join('\n') + '\n'
}

/** One line for each row. */
export function breakdownCsv(rows: readonly BreakdownRow[]): string {
  const lines = rows.map(r => [r.loss, r.contamination, r.location, r.deviation, r.population].join(','))
  return ['loss,contamination,location,deviation,population', ...lines].join('\n') + '\n'
}
