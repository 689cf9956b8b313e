/** What a loss is minimised by when there is no end of data: E rho(X - theta) by quadrature, beside which samples are judged. */
import { penalties, type Loss } from '../training/losses/index.js'

/** A law on the line that is negligible outside [low, high]; its density may jump at the ends only. */
export interface DensityLaw {
  readonly density: (x: number) => number
  readonly low: number
  readonly high: number
}

/** theta -> E rho(X - theta), or the trimmed second moment. */
export type Objective = (theta: number) => number

/** Nodes of the midpoint rule: its error is of second order in their distance, below 1e-5 for laws of unit size. */
const NODES = 4000

/**
 * The objective of a loss for one location and one noise level, exactly but for quadrature. `density-power-sample` of
 * samples with one element is `density-power`, and `lts-level` at one level `lts`.
 *
 * @throws RangeError for another loss with `-level`: it has no objective, its thresholds depend on theta without a derivative.
 */
export function populationObjective({ name, options }: Loss, law: DensityLaw): Objective {
  const values = options as Readonly<Record<string, number>>
  const [x, mass] = nodes(law)
  if (name === 'lts' || name === 'lts-level') return theta => trimmed(x, mass, theta, values.keep!)
  const rho = name === 'mse' ? (r: number) => r ** 2 : penaltyOf(name, values)
  return theta => halves(law, rho, theta)
}

/** The integral of rho(x - theta) p(x) on either side of theta, where rho may have its corner. */
function halves({ density, low, high }: DensityLaw, rho: (r: number) => number, theta: number): number {
  const middle = Math.max(low, Math.min(high, theta))
  let sum = 0
  for (const [from, to] of [
    [low, middle],
    [middle, high],
  ] as const) {
    const width = (2 * (to - from)) / NODES
    for (let i = 0.5; i < NODES / 2; i++) {
      const x = from + i * width
      sum += width * density(x) * rho(x - theta)
    }
  }
  return sum
}

function penaltyOf(name: string, values: Readonly<Record<string, number>>): (r: number) => number {
  if (name.endsWith('-level')) throw new RangeError(`populationObjective: '${name}' has no objective of its own; ask for '${name.replace(/-level$/, '')}'`) // prettier-ignore
  return penalties.create(name.replace(/-sample$/, ''), values).rho
}

function nodes({ density, low, high }: DensityLaw): [x: Float64Array, mass: Float64Array] {
  const width = (high - low) / NODES
  const x = Float64Array.from({ length: NODES }, (_, i) => low + (i + 0.5) * width)
  const mass = x.map(v => density(v) * width)
  const total = mass.reduce((a, b) => a + b)
  if (Math.abs(total - 1) > 1e-4) throw new RangeError(`populationObjective: the density integrates to ${total} over [${low}, ${high}]`) // prettier-ignore
  return [x, mass.map(m => m / total)]
}

/** The mean of the share `keep` of least (x - theta)^2, from the nearest nodes outwards. */
function trimmed(x: Float64Array, mass: Float64Array, theta: number, keep: number): number {
  let right = x.findIndex(v => v >= theta)
  if (right < 0) right = x.length
  let left = right - 1
  let [kept, sum] = [0, 0]
  while (kept < keep) {
    const nearer = right >= x.length || (left >= 0 && theta - x[left]! < x[right]! - theta) ? left-- : right++
    const share = Math.min(mass[nearer]!, keep - kept)
    kept += share
    sum += share * (x[nearer]! - theta) ** 2
    if (left < 0 && right >= x.length) break
  }
  return sum / keep
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

/** The least minimiser on [low, high] to 1e-6: the best of 40 places, then golden section between its neighbours. */
export async function minimiser(
  f: (theta: number) => number | Promise<number>,
  low: number,
  high: number,
): Promise<number> {
  const places = 40
  const step = (high - low) / places
  let [best, at] = [Infinity, low]
  for (let i = 0; i <= places; i++) {
    const value = await f(low + i * step)
    if (value < best) [best, at] = [value, low + i * step]
  }
  let [a, b] = [at - step, at + step]
  let [c, d] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)]
  let [fc, fd] = [await f(c), await f(d)]
  while (b - a > 1e-6) {
    if (fc <= fd) {
      ;[b, d, fd] = [d, c, fc]
      c = b - GOLDEN * (b - a)
      fc = await f(c)
    } else {
      ;[a, c, fc] = [c, d, fd]
      d = a + GOLDEN * (b - a)
      fd = await f(d)
    }
  }
  return (a + b) / 2
}
