/**
 * Gaussian random fields with the Matern covariance, by its spectrum: c = mean + sum_m sqrt(lambda_m) z_m mode_m with
 *
 *   lambda_m = const (2 nu + sum_axes (l omega_m)^2)^-(nu + d/2),
 *
 * over the modes of a periodic grid or of one between walls (modes.ts), so that the covariance Q diag(lambda) Q^T, its
 * inverse and its determinant are exact at no cost. The constant makes the mean variance of the cells std^2. On a
 * periodic grid the field is stationary; between walls (normal slope zero) its variance rises towards them.
 *
 * Source: P. Whittle, Biometrika 41 (1954); F. Lindgren, H. Rue, J. Lindstrom, J. R. Stat. Soc. B 73 (2011).
 */
import { array, type NdArray } from '../io/array.js'
import { normal, type Key } from '../random.js'
import type { Grid } from './grid.js'
import { batchOf, startOf } from './lanes.js'
import { modesOf, type AxisKind } from './modes.js'

export interface GaussianFieldOptions {
  readonly grid: Grid
  /** `periodic` or `neumann`, one for all axes or one for each. */
  readonly boundary: AxisKind | readonly AxisKind[]
  /** Correlation length l > 0, in units of the grid; one for all axes or one for each. */
  readonly length: number | readonly number[]
  /** nu > 0: 1/2 is the exponential covariance in one dimension, larger is smoother; 3/2 unless given. */
  readonly smoothness?: number
  /** Root of the mean variance; 1 unless given. */
  readonly std?: number
  /** A number, or a field; 0 unless given. */
  readonly mean?: number | NdArray
}

export interface GaussianField {
  readonly grid: Grid
  /** [...grid.shape]. */
  readonly mean: NdArray<Float64Array>
  /** Standard deviation of each cell, [...grid.shape]. */
  readonly std: NdArray<Float64Array>
  /** Samples start, ..., start + n - 1 of a key, [n, ...grid.shape]: sample i is the same whatever start and n. */
  sample(key: Key, n: number, start?: number): NdArray<Float64Array>
  /** C, [N, N] over the cells in C order. Throws RangeError past 4096 cells. */
  covariance(): NdArray<Float64Array>
  /** C x of a field or a batch of them. */
  covarianceProduct(x: NdArray): NdArray<Float64Array>
  /** C^-1 x of a field or a batch of them. */
  precisionProduct(x: NdArray): NdArray<Float64Array>
  /** log N(x; mean, C) of each field of a batch [n, ...grid.shape], or of one. */
  logDensity(x: NdArray): Float64Array
}

/**
 * A Gaussian random field.
 *
 * @throws RangeError for a length, smoothness or std that is not positive, an unknown boundary, or a mean of another shape.
 */
export function gaussianField(options: GaussianFieldOptions): GaussianField {
  const { grid } = options
  const modes = modesOf(grid, axisKinds(options))
  const lambda = spectrum(options, modes.omega)
  const root = lambda.map(Math.sqrt)
  const mean = meanOf(options)
  const logNormaliser = 0.5 * lambda.reduce((sum, l) => sum + Math.log(2 * Math.PI * l), 0)
  const [coefficients, result] = [new Float64Array(grid.size), new Float64Array(grid.size)]

  /** Q diag(factors) Q^T x for each field. */
  function product(where: string, x: NdArray, factors: Float64Array): NdArray<Float64Array> {
    const batch = batchOf(where, x, grid.shape)
    const out = new Float64Array(batch.size * (batch.count ?? 1))
    for (let r = 0; r < (batch.count ?? 1); r++) {
      const start = startOf(batch, r)
      modes.analyse(batch.data.subarray(start, start + grid.size), coefficients)
      for (let m = 0; m < grid.size; m++) coefficients[m]! *= factors[m]!
      modes.synthesize(coefficients, out.subarray(start, start + grid.size))
    }
    return array(out, x.shape)
  }

  function sample(key: Key, n: number, start = 0): NdArray<Float64Array> {
    const out = normal(key, new Float64Array(n * grid.size), start * grid.size)
    for (let r = 0; r < n; r++) {
      const item = out.subarray(r * grid.size, (r + 1) * grid.size)
      for (let m = 0; m < grid.size; m++) coefficients[m] = root[m]! * item[m]!
      modes.synthesize(coefficients, item)
      for (let k = 0; k < grid.size; k++) item[k]! += mean[k]!
    }
    return array(out, [n, ...grid.shape])
  }

  function covariance(): NdArray<Float64Array> {
    const N = grid.size
    if (N > 4096) throw new RangeError(`Gaussian field: a covariance of ${N} cells takes ${Math.round((8 * N * N) / 2 ** 20)} MiB; use covarianceProduct`) // prettier-ignore
    const identity = new Float64Array(N * N)
    for (let k = 0; k < N; k++) identity[k * (N + 1)] = 1
    return array(product('', array(identity, [N, ...grid.shape]), lambda).data, [N, N])
  }

  function logDensity(x: NdArray): Float64Array {
    const batch = batchOf('Gaussian field: logDensity', x, grid.shape)
    return Float64Array.from({ length: batch.count ?? 1 }, (_, r) => {
      const start = startOf(batch, r)
      for (let k = 0; k < grid.size; k++) result[k] = batch.data[start + k]! - mean[k]!
      modes.analyse(result, coefficients)
      return -0.5 * coefficients.reduce((sum, z, m) => sum + (z * z) / lambda[m]!, 0) - logNormaliser
    })
  }

  return {
    ...{ grid, sample, covariance, logDensity },
    mean: array(mean, grid.shape),
    std: array(modes.squares(lambda).map(Math.sqrt), grid.shape),
    covarianceProduct: x => product('Gaussian field: covarianceProduct', x, lambda),
    precisionProduct: x => product('Gaussian field: precisionProduct', x, lambda.map(l => 1 / l)), // prettier-ignore
  }
}

function axisKinds({ grid, boundary }: GaussianFieldOptions): readonly AxisKind[] {
  const kinds = typeof boundary === 'string' ? grid.shape.map(() => boundary) : boundary
  const bad = kinds.find(kind => !['periodic', 'neumann'].includes(kind))
  if (bad !== undefined) throw new RangeError(`Gaussian field: unknown boundary '${bad}'; known: periodic, neumann`)
  if (kinds.length !== grid.shape.length) throw new RangeError(`Gaussian field: ${kinds.length} boundaries for ${grid.shape.length} axes`) // prettier-ignore
  return kinds
}

function spectrum(options: GaussianFieldOptions, omega: readonly Float64Array[]): Float64Array {
  const { grid, length, smoothness: nu = 1.5, std = 1 } = options
  const lengths = typeof length === 'number' ? grid.shape.map(() => length) : length
  const wrong = (name: string, value: unknown): never => {
    throw new RangeError(`Gaussian field: ${name} = ${String(value)}; wants a positive number${name === 'length' ? ', or one for each axis' : ''}`) // prettier-ignore
  }
  const positive = (value: number): boolean => value > 0 && value < Infinity
  if (lengths.length !== grid.shape.length || !lengths.every(positive)) wrong('length', length)
  if (!positive(nu)) wrong('smoothness', nu)
  if (!positive(std)) wrong('std', std)
  // Relative to the constant mode, in logarithms: a large nu would overflow.
  const logs = omega[0]!.map((_, m) => {
    const square = omega.reduce((sum, w, axis) => sum + (lengths[axis]! * w[m]!) ** 2, 0)
    return -(nu + grid.shape.length / 2) * Math.log1p(square / (2 * nu))
  })
  const weights = logs.map(Math.exp)
  if (weights.some(weight => weight < 1e-300))
    throw new RangeError(`Gaussian field: smoothness ${nu} with length ${lengths.join(' x ')} leaves the finest modes no variance that can be written; take less of either`) // prettier-ignore
  const scale = (std ** 2 * grid.size) / weights.reduce((a, b) => a + b, 0)
  return weights.map(weight => scale * weight)
}

function meanOf({ grid, mean = 0 }: GaussianFieldOptions): Float64Array {
  if (typeof mean !== 'number') return batchOf('Gaussian field: mean', mean, grid.shape).data.slice(0, grid.size)
  if (!Number.isFinite(mean)) throw new RangeError(`Gaussian field: mean = ${mean}; wants a finite number or a field`)
  return new Float64Array(grid.size).fill(mean)
}
