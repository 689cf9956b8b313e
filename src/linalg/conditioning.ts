/**
 * Conditioning on a measurement by second moments: the best linear estimate of x from y (LMMSE),
 *
 *   x_lin = xbar + C_xy S^-1 (y - ybar),   Cov(x - x_lin) = C - C_xy S^-1 C_yx,   S = C_yy + R,
 *
 * with C_yy of the noise-free measurement. For a linear operator, C_xy = C A^T and C_yy = A C A^T, and where x is Gaussian
 * this is the posterior itself (theory.md, sections 5 and 6). S = L L^T once; each y then takes m (m + N) operations.
 *
 * Source: A. Gelb (ed.), Applied Optimal Estimation (1974); C. E. Rasmussen, C. K. I. Williams, Gaussian Processes (2006), A.3.
 */
import { array, type NdArray } from '../io/array.js'
import { choleskyInPlace, dot, logDeterminant, solveLower, solveUpper } from './cholesky.js'
import type { PriorMoments } from './gaussian.js'
import { rowsOf, valuesOf, type Rows } from './values.js'

/** First and second moments of a field x of N cells and its noise-free measurement of m entries. */
export interface LinearStatistics {
  /** [...shape]. */
  readonly mean: NdArray<Float64Array>
  /** Standard deviation of each cell [...shape]. */
  readonly std: NdArray<Float64Array>
  /** ybar [m]. */
  readonly yMean: NdArray<Float64Array>
  /** C_yx [m, N]. */
  readonly cross: NdArray<Float64Array>
  /** C_yy [m, m], without noise. */
  readonly yCovariance: NdArray<Float64Array>
}

export interface LinearEstimator {
  /** x_lin [...shape] of one y [m], or [n, ...shape] of a batch. */
  mean(y: NdArray): NdArray<Float64Array>
  /** sd_lin [...shape], the same for every y. */
  readonly std: NdArray<Float64Array>
  /** log N(y; ybar, S) of each y: the evidence of a linear operator with a Gaussian prior. */
  logEvidence(y: NdArray): Float64Array
  /** C_xy S^-1 [N, m]: mean(y) = xbar + gain (y - ybar). */
  gain(): NdArray<Float64Array>
  /** C - C_xy S^-1 C_yx [N, N], given C. */
  covariance(prior: NdArray): NdArray<Float64Array>
}

/**
 * The statistics of y = A x, exactly.
 *
 * @param rows A [m, N] over the cells in C order, the solution operator of the physics composed in.
 * @throws RangeError for rows of another length or values that are not finite.
 */
export function linearStatistics(prior: PriorMoments, rows: NdArray): LinearStatistics {
  const { mean, std } = prior
  const N = mean.size
  const A = valuesOf('linearStatistics: rows', rows, [null, N])
  const m = rows.shape[0]!
  const cross = valuesOf('linearStatistics: covarianceProduct', prior.covarianceProduct(array(A, [m, ...mean.shape])), [m, ...mean.shape]) // prettier-ignore
  const xbar = valuesOf('linearStatistics: mean', mean, mean.shape)
  const yCovariance = new Float64Array(m * m)
  for (let i = 0; i < m; i++)
    for (let j = 0; j <= i; j++) yCovariance[j * m + i] = yCovariance[i * m + j] = dot(cross, i * N, A, j * N, N)
  const yMean = Float64Array.from({ length: m }, (_, i) => dot(A, i * N, xbar, 0, N))
  return { mean, std, yMean: array(yMean), cross: array(cross, [m, N]), yCovariance: array(yCovariance, [m, m]) }
}

/**
 * The LMMSE of a measurement with these statistics and noise of covariance R.
 *
 * @param noise R: variances [m], or a matrix [m, m]. Where it depends on x, its mean over x.
 * @throws RangeError for a noise of another size, or where C_yy + R is not positive definite.
 */
export function linearEstimator(statistics: LinearStatistics, noise: NdArray): LinearEstimator {
  const where = 'linearEstimator'
  const { shape, size: N } = statistics.mean
  const m = statistics.yMean.size
  const xbar = valuesOf(`${where}: mean`, statistics.mean, shape)
  const ybar = valuesOf(`${where}: yMean`, statistics.yMean, [m])
  const L = valuesOf(`${where}: yCovariance`, statistics.yCovariance, [m, m]).slice()
  addNoise(L, m, noise, `${where}: noise`)
  choleskyInPlace(L, m, `${where}: C_yy + R`)
  const W = valuesOf(`${where}: cross`, statistics.cross, [m, N]).slice() // L^-1 C_yx
  solveLower(L, m, W, N)

  /** L^-1 (y - ybar), each row. */
  function whitened(y: NdArray): { readonly z: Float64Array } & Pick<Rows, 'count' | 'batched'> {
    const { data, count, batched } = rowsOf(`${where}: y`, y, [m])
    const z = data.map((value, k) => value - ybar[k % m]!)
    for (let r = 0; r < count; r++) solveLower(L, m, z.subarray(r * m, (r + 1) * m))
    return { z, count, batched }
  }

  function mean(y: NdArray): NdArray<Float64Array> {
    const { z, count, batched } = whitened(y)
    const out = new Float64Array(count * N)
    for (let r = 0; r < count; r++) {
      const row = out.subarray(r * N, (r + 1) * N)
      row.set(xbar)
      for (let i = 0; i < m; i++) {
        const value = z[r * m + i]!
        for (let k = 0; k < N; k++) row[k]! += value * W[i * N + k]!
      }
    }
    return array(out, batched(shape))
  }

  function logEvidence(y: NdArray): Float64Array {
    const { z, count } = whitened(y)
    const constant = 0.5 * (logDeterminant(L, m) + m * Math.log(2 * Math.PI))
    return Float64Array.from({ length: count }, (_, r) => -0.5 * dot(z, r * m, z, r * m, m) - constant)
  }

  function gain(): NdArray<Float64Array> {
    const K = transposed(W, m, N)
    for (let k = 0; k < N; k++) solveUpper(L, m, K.subarray(k * m, (k + 1) * m))
    return array(K, [N, m])
  }

  function covariance(prior: NdArray): NdArray<Float64Array> {
    const out = valuesOf(`${where}: covariance`, prior, [N, N]).slice()
    const V = transposed(W, m, N)
    for (let i = 0; i < N; i++)
      for (let j = 0; j <= i; j++) out[j * N + i] = out[i * N + j] = out[i * N + j]! - dot(V, i * m, V, j * m, m)
    return array(out, [N, N])
  }

  return { mean, std: array(remaining(statistics.std, W, m), shape), logEvidence, gain, covariance }
}

/** Adds R, variances [m] or a matrix [m, m], to S [m, m]. */
export function addNoise(S: Float64Array, m: number, noise: NdArray, where: string): void {
  if (noise.shape.length === 2) {
    const R = valuesOf(where, noise, [m, m])
    for (let k = 0; k < R.length; k++) S[k]! += R[k]!
    return
  }
  const variances = valuesOf(where, noise, [m])
  const bad = variances.findIndex(v => v < 0)
  if (bad >= 0) throw new RangeError(`${where}: variance ${bad} is ${variances[bad]!}; variances are >= 0`)
  for (let i = 0; i < m; i++) S[i * (m + 1)]! += variances[i]!
}

/** sqrt(std^2 - sum_i W_i^2), round-off below zero as zero. */
function remaining(std: NdArray<Float64Array>, W: Float64Array, m: number): Float64Array {
  const variance = valuesOf('linearEstimator: std', std, std.shape).map(s => s * s)
  const N = variance.length
  for (let i = 0; i < m; i++) for (let k = 0; k < N; k++) variance[k]! -= W[i * N + k]! ** 2
  return variance.map(v => Math.sqrt(Math.max(0, v)))
}

function transposed(W: Float64Array, m: number, N: number): Float64Array {
  const out = new Float64Array(m * N)
  for (let i = 0; i < m; i++) for (let k = 0; k < N; k++) out[k * m + i] = W[i * N + k]!
  return out
}
