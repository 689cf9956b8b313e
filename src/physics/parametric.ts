/**
 * Priors over fields that a few independent numbers draw: plumes, a disk, patches of constant value. The log-density is that
 * of the parameters theta, in which reference Markov chains run; the fields themselves have none.
 */
import { array, type NdArray } from '../io/array.js'
import { uniform, type Key } from '../random.js'
import { cellCoordinates, centers, type Grid } from './grid.js'
import { batchOf, startOf } from './lanes.js'
import { logNormalLaw, normalLaw, uniformLaw, type Law } from './laws.js'

export interface ParametricPrior {
  readonly grid: Grid
  /** Names of the parameters, such as `x1`. */
  readonly names: readonly string[]
  readonly laws: readonly Law[]
  /** Parameters start, ..., start + n - 1 of a key, [n, p]: row i is the same whatever start and n. */
  sampleParameters(key: Key, n: number, start?: number): NdArray<Float64Array>
  /** The fields of `sampleParameters`, [n, ...grid.shape]. */
  sample(key: Key, n: number, start?: number): NdArray<Float64Array>
  /** The field of parameters [p], or the fields of [n, p]. */
  field(theta: NdArray): NdArray<Float64Array>
  /** log p(theta) of each row; -Infinity outside the support. */
  logDensity(theta: NdArray): Float64Array
  /** Whether the field has a derivative in theta, which Gauss-Newton proposals need. Default: it has not. */
  readonly smooth?: boolean
}

/** Writes the field of parameters theta into `out`. */
type Draw = (theta: Float64Array, out: Float64Array) => void

function parametricPrior(
  grid: Grid,
  parameters: readonly (readonly [name: string, law: Law])[],
  draw: Draw,
): ParametricPrior {
  const p = parameters.length
  const laws = parameters.map(([, law]) => law)

  function sampleParameters(key: Key, n: number, start = 0): NdArray<Float64Array> {
    const theta = uniform(key, new Float64Array(n * p), start * p)
    for (let k = 0; k < theta.length; k++) theta[k] = laws[k % p]!.quantile(theta[k]!)
    return array(theta, [n, p])
  }

  function field(theta: NdArray): NdArray<Float64Array> {
    const batch = batchOf('prior: field', theta, [p])
    const out = new Float64Array((batch.count ?? 1) * grid.size)
    for (let r = 0; r < (batch.count ?? 1); r++)
      draw(batch.data.subarray(startOf(batch, r), startOf(batch, r) + p), out.subarray(r * grid.size, (r + 1) * grid.size)) // prettier-ignore
    return array(out, [...theta.shape.slice(0, -1), ...grid.shape])
  }

  function logDensity(theta: NdArray): Float64Array {
    const batch = batchOf('prior: logDensity', theta, [p])
    return Float64Array.from({ length: batch.count ?? 1 }, (_, r) =>
      laws.reduce((sum, law, k) => sum + law.logDensity(batch.data[startOf(batch, r) + k]!), 0),
    )
  }

  const sample = (key: Key, n: number, start = 0): NdArray<Float64Array> => field(sampleParameters(key, n, start))
  return { grid, names: parameters.map(([name]) => name), laws, sampleParameters, sample, field, logDensity }
}

function counted(what: string, count: number): number {
  if (!(Number.isSafeInteger(count) && count >= 1)) throw new RangeError(`${what}: count = ${count}; wants an integer from 1`) // prettier-ignore
  return count
}

/** x1, y1, ... : a place, uniform on the grid up to a margin (a share of each length). */
const place = (grid: Grid, suffix: number | '', margin: number): [string, Law][] =>
  grid.lengths.map((length, axis) => [`${'xy'[axis]!}${suffix}`, uniformLaw(margin * length, (1 - margin) * length)])

const indices = (count: number): number[] => Array.from({ length: count }, (_, k) => k + 1)

/**
 * Positive plumes: c = sum_k a_k exp(-|x - x_k|^2 / (2 w_k^2)), theta = (a, x[, y], w) of each.
 *
 * @param count plumes; 2 unless given.
 * @param amplitude law of a; log-normal of median 1 and spread 0.4 unless given.
 * @param width law of w; uniform from 5 to 12 % of the shortest length unless given.
 * @param margin share of each length that centres keep from the sides; 0.15 unless given.
 */
export function plumePrior(
  grid: Grid,
  options: { count?: number; amplitude?: Law; width?: Law; margin?: number } = {},
): ParametricPrior {
  const short = Math.min(...grid.lengths)
  const { amplitude = logNormalLaw(1, 0.4), width = uniformLaw(0.05 * short, 0.12 * short), margin = 0.15 } = options
  const count = counted('plume prior', options.count ?? 2)
  const [x, y = Float64Array.of(0)] = grid.shape.map((_, axis) => centers(grid, axis))
  const each = grid.shape.length + 2
  const parameters = indices(count).flatMap(k => [[`a${k}`, amplitude], ...place(grid, k, margin), [`w${k}`, width]] as const) // prettier-ignore
  const bell = (out: Float64Array, at: Float64Array, centre: number, w: number): void => {
    for (let i = 0; i < at.length; i++) out[i] = Math.exp(-((at[i]! - centre) ** 2) / (2 * w * w))
  }
  const [along, across] = [new Float64Array(x!.length), new Float64Array(y.length).fill(1)]
  const n = across.length
  const prior = parametricPrior(grid, parameters, (theta, out) => {
    for (let k = 0; k < count; k++) {
      const [a, w] = [theta[k * each]!, theta[k * each + each - 1]!]
      // A plume is a product of one factor for each axis.
      bell(along, x!, theta[k * each + 1]!, w)
      if (each === 4) bell(across, y, theta[k * each + 2]!, w)
      for (let i = 0; i < along.length; i++) {
        const height = a * along[i]!
        for (let j = 0; j < n; j++) out[i * n + j]! += height * across[j]!
      }
    }
  })
  return { ...prior, smooth: true }
}

/**
 * A disk (on a segment an interval): `value` in the cells whose centre lies within r of the centre, 0 in the others;
 * theta = (x[, y], r).
 *
 * @param centre law of each coordinate as a share of its length; N(0.5, 0.3^2) unless given.
 * @param radius law of r as a share of the shortest length; U(0.03, 0.15) unless given.
 */
export function diskPrior(grid: Grid, options: { centre?: Law; radius?: Law; value?: number } = {}): ParametricPrior {
  const { centre = normalLaw(0.5, 0.3), radius = uniformLaw(0.03, 0.15), value = 1 } = options
  const { x, y } = cellCoordinates(grid)
  const scaled = (law: Law, by: number): Law => ({
    quantile: u => by * law.quantile(u),
    logDensity: v => law.logDensity(v / by) - Math.log(by),
  })
  const parameters = [
    ...grid.lengths.map((length, axis) => ['xy'[axis]!, scaled(centre, length)] as const),
    ['r', scaled(radius, Math.min(...grid.lengths))] as const,
  ]
  return parametricPrior(grid, parameters, (theta, out) => {
    const [cx, cy, r] = theta.length === 3 ? [theta[0]!, theta[1]!, theta[2]!] : [theta[0]!, 0, theta[1]!]
    for (let i = 0; i < out.length; i++) out[i] = (x[i]! - cx) ** 2 + (y[i]! - cy) ** 2 <= r * r ? value : 0
  })
}

/**
 * Piecewise constant: each cell takes the value of the nearest of `count` sites, uniform on the grid (a Voronoi mosaic; the
 * first on a tie); theta = (x[, y], v) of each.
 *
 * @param count sites; 5 unless given.
 * @param value law of v; N(0, 1) unless given.
 */
export function piecewisePrior(grid: Grid, options: { count?: number; value?: Law } = {}): ParametricPrior {
  const { value = normalLaw(0, 1) } = options
  const count = counted('piecewise prior', options.count ?? 5)
  const { x, y } = cellCoordinates(grid)
  const each = grid.shape.length + 1
  const parameters = indices(count).flatMap(k => [...place(grid, k, 0), [`v${k}`, value]] as const)
  return parametricPrior(grid, parameters, (theta, out) => {
    for (let i = 0; i < out.length; i++) {
      let nearest = Infinity
      for (let k = 0; k < count; k++) {
        const distance = (x[i]! - theta[k * each]!) ** 2 + (each === 3 ? (y[i]! - theta[k * each + 1]!) ** 2 : 0)
        if (distance >= nearest) continue
        nearest = distance
        out[i] = theta[k * each + each - 1]!
      }
    }
  })
}
