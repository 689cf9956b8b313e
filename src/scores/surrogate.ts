/**
 * The Gaussian surrogate (theory.md, section 5b): the prior replaced by a Gaussian of its mean mu and covariance C. For any
 * linear operator A and noise R its posterior N(mu_y, Sigma_y) is closed-form, and so is its denoiser
 *
 *   D_G(x~, sigma) = mu_y + Sigma_y (Sigma_y + sigma^2 I)^-1 (x~ - mu_y)
 *
 * the best affine denoiser for that operator. A network then learns what is left over (preconditioning.ts, `base`). When
 * sampling, Sigma_y is diagonalised once for each operator, and D_G is two products. When training, where every example has an
 * operator of its own, D_G(x~, sigma, y) is worked out beside the data from the prior's axes, which all examples share.
 *
 * With C = V^T diag(c) V and B = A V^T:  given x~ alone, V(x0 - mu) has variances s = c sigma^2/(c + sigma^2); given y too,
 * the correction s B^T (B s B^T + R)^-1 (y - A mean). Everything is in the units of x~, so A takes standardised fields.
 */
import * as tf from '@tensorflow/tfjs'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { array, elements, type NdArray } from '../io/array.js'
import { choleskyInPlace, dot, solveLower, solveUpper } from '../linalg/cholesky.js'
import { addNoise } from '../linalg/conditioning.js'
import { once } from '../linalg/gaussian.js'
import { rowsOf, valuesOf } from '../linalg/values.js'
import { conditionOf, type Denoiser } from './denoiser.js'

/** A Gaussian by its axes: C = axes^T diag(variances) axes. */
export interface Spectrum {
  /** mu [...shape]. */
  readonly mean: NdArray<Float64Array>
  /** c > 0, decreasing [r]. */
  readonly variances: NdArray<Float64Array>
  /** V [r, N], orthonormal rows. */
  readonly axes: NdArray<Float64Array>
}

/**
 * The spectrum of a mean [...shape] and a covariance [N, N], by one eigendecomposition (seconds at N = 1024): keep it.
 *
 * @param tolerance variances below this part of the largest count as 0. Default 1e-8.
 * @throws RangeError for sizes that do not fit, values that are not finite, and a covariance of 0.
 */
export function spectrumOf(mean: NdArray, covariance: NdArray, tolerance = 1e-8): Spectrum {
  const where = 'spectrumOf'
  const centre = valuesOf(`${where}: mean`, mean, mean.shape)
  const N = centre.length
  const found = eigen(valuesOf(`${where}: covariance`, covariance, [N, N]), N, tolerance)
  if (found.values.length === 0) throw new RangeError(`${where}: the covariance has no variance above 0`)
  return {
    mean: array(centre.slice(), [...mean.shape]),
    variances: array(found.values),
    axes: array(found.vectors, [found.values.length, N]),
  }
}

/** Eigenvalues above `tolerance` of the largest, decreasing, and their vectors as rows. */
function eigen(
  symmetric: Float64Array,
  n: number,
  tolerance: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(n, n, symmetric), {
    assumeSymmetric: true,
  })
  const largest = Math.max(...realEigenvalues)
  const kept = realEigenvalues.map((_, k) => k).filter(k => realEigenvalues[k]! > tolerance * largest)
  kept.sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
  const vectors = new Float64Array(kept.length * n)
  kept.forEach((k, row) => {
    for (let i = 0; i < n; i++) vectors[row * n + i] = eigenvectorMatrix.get(i, k)
  })
  return { values: Float64Array.from(kept, k => realEigenvalues[k]!), vectors }
}

export interface Surrogate {
  /** Root of the diagonal of Sigma_y [...shape]: a channel for the network. */
  readonly std: () => NdArray<Float64Array>
  /** The conditions that `surrogateDenoiser` reads, of one y [m] or of a batch [n, m]; the axes are shared. */
  condition(
    y: NdArray,
  ): Readonly<Record<'surrogateMean' | 'surrogateVariances' | 'surrogateAxes', NdArray<Float64Array>>>
  /** D_G(x~, sigma) of one x~ [...shape] and y [m]: what `givenSurrogate` reads when training. */
  estimate(x: NdArray, sigma: number, y: NdArray): NdArray<Float64Array>
}

/**
 * The surrogate of one operator and noise.
 *
 * @param rows A [m, N], on fields in the units of the spectrum.
 * @param noise R: variances [m], or a matrix [m, m].
 * @throws RangeError for sizes that do not fit, or where A C A^T + R is not positive definite.
 */
export function openSurrogate({ mean, variances, axes }: Spectrum, rows: NdArray, noise: NdArray): Surrogate {
  const where = 'openSurrogate'
  const [r, N] = axes.shape as [number, number]
  const A = valuesOf(`${where}: rows`, rows, [null, N])
  const m = rows.shape[0]!
  const [c, V, mu] = [elements(variances), elements(axes), elements(mean)]
  const B = new Float64Array(m * r)
  for (let i = 0; i < m; i++) for (let k = 0; k < r; k++) B[i * r + k] = dot(A, i * N, V, k * N, N)
  const yMean = Float64Array.from({ length: m }, (_, i) => dot(A, i * N, mu, 0, N))

  /** The factor of B s B^T + R, and B sqrt(s), for variances s along the axes. */
  function factored(s: Float64Array): { readonly L: Float64Array; readonly Bs: Float64Array } {
    const Bs = B.map((b, i) => b * Math.sqrt(s[i % r]!))
    const L = new Float64Array(m * m)
    for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) L[j * m + i] = L[i * m + j] = dot(Bs, i * r, Bs, j * r, r)
    addNoise(L, m, noise, `${where}: noise`)
    choleskyInPlace(L, m, `${where}: A C A^T + R`)
    return { L, Bs }
  }

  /** s B^T (B s B^T + R)^-1 residual: along the axes. The residual is overwritten. */
  function correction({ L, Bs }: ReturnType<typeof factored>, s: Float64Array, residual: Float64Array): Float64Array {
    solveLower(L, m, residual)
    solveUpper(L, m, residual)
    const along = new Float64Array(r)
    for (let i = 0; i < m; i++) for (let k = 0; k < r; k++) along[k]! += Bs[i * r + k]! * residual[i]!
    return along.map((value, k) => value * Math.sqrt(s[k]!))
  }

  const prior = once(() => factored(c))

  /** Sigma_y = sqrt(c) (I - W^T W) sqrt(c) along the axes, W = L^-1 B sqrt(c); diagonalised. */
  const posterior = once(() => {
    const { L, Bs } = prior()
    const W = Bs.slice()
    solveLower(L, m, W, r)
    const M = new Float64Array(r * r)
    for (let i = 0; i < m; i++)
      for (let k = 0; k < r; k++) for (let l = 0; l <= k; l++) M[k * r + l]! -= W[i * r + k]! * W[i * r + l]!
    for (let k = 0; k < r; k++)
      for (let l = 0; l <= k; l++)
        M[l * r + k] = M[k * r + l] = Math.sqrt(c[k]! * c[l]!) * (M[k * r + l]! + (k === l ? 1 : 0))
    const { values, vectors } = eigen(M, r, 1e-12)
    return { values, axes: timesAxes(vectors, values.length, V, r, N) }
  })

  return {
    std() {
      const { values, axes } = posterior()
      const variance = new Float64Array(N)
      for (let k = 0; k < values.length; k++)
        for (let i = 0; i < N; i++) variance[i]! += values[k]! * axes[k * N + i]! ** 2
      return array(variance.map(Math.sqrt), [...mean.shape])
    },
    condition(y) {
      const { data, count } = rowsOf(`${where}: y`, y, [m])
      const means = new Float64Array(count * N)
      for (let n = 0; n < count; n++) {
        const along = correction(prior(), c, data.slice(n * m, (n + 1) * m).map((v, i) => v - yMean[i]!)) // prettier-ignore
        means.set(plusAxes(mu, along, V, N), n * N)
      }
      const { values, axes } = posterior()
      return {
        surrogateMean: array(means, [count, ...mean.shape]),
        surrogateVariances: array(values, [1, values.length]),
        surrogateAxes: array(axes, [1, values.length, N]),
      }
    },
    estimate(x, sigma, y) {
      if (!(sigma > 0)) throw new RangeError(`surrogate: sigma is ${sigma}; wants a number > 0`)
      const away = valuesOf('surrogate: x', x, mean.shape).map((v, i) => v - mu[i]!)
      const s = c.map(v => (v * sigma ** 2) / (v + sigma ** 2))
      // Given x~ alone.
      const along = c.map((v, k) => (v / (v + sigma ** 2)) * dot(V, k * N, away, 0, N))
      const measured = valuesOf('surrogate: y', y, [m])
      const residual = measured.map((v, i) => v - yMean[i]! - dot(B, i * r, along, 0, r))
      const added = correction(factored(s), s, residual)
      return array(plusAxes(mu, along.map((v, k) => v + added[k]!), V, N), [...mean.shape]) // prettier-ignore
    },
  }
}

/** Q V for Q [rows, r] and V [r, N]. */
function timesAxes(Q: Float64Array, rows: number, V: Float64Array, r: number, N: number): Float64Array {
  const out = new Float64Array(rows * N)
  for (let k = 0; k < rows; k++)
    for (let l = 0; l < r; l++) {
      const q = Q[k * r + l]!
      for (let i = 0; i < N; i++) out[k * N + i]! += q * V[l * N + i]!
    }
  return out
}

/** mu + V^T along. */
function plusAxes(mu: Float64Array, along: Float64Array, V: Float64Array, N: number): Float64Array {
  const out = mu.slice()
  along.forEach((value, k) => {
    for (let i = 0; i < N; i++) out[i]! += value * V[k * N + i]!
  })
  return out
}

/**
 * D_G when sampling, from the conditions of `Surrogate.condition`: `surrogateMean` [1 or n, ...shape], `surrogateVariances`
 * [1 or n, r] and `surrogateAxes` [1 or n, r, N]. What the axes leave out has no variance.
 */
export const surrogateDenoiser: Denoiser = (x, sigma, condition) => {
  const of = (name: string): tf.Tensor => conditionOf(condition, name, 'surrogateDenoiser')
  const [mean, l, axes] = [of('surrogateMean'), of('surrogateVariances'), of('surrogateAxes')]
  const [k, r, N] = axes.shape as [number, number, number]
  const gain = tf.div(l, tf.add(l, tf.square(tf.reshape(sigma, [-1, 1]))))
  const away = tf.reshape(tf.sub(x, mean), [-1, N])
  if (k === 1) {
    const V = tf.reshape(axes, [r, N])
    const along = tf.mul(tf.matMul(away, V, false, true), gain)
    return tf.add(mean, tf.reshape(tf.matMul(along, V), x.shape))
  }
  const along = tf.mul(tf.matMul(tf.expandDims(away, 1), axes, false, true), tf.expandDims(gain, 1))
  return tf.add(mean, tf.reshape(tf.matMul(along, axes), x.shape))
}

/** D_G when training: the condition `surrogateEstimate` [n, ...shape], made beside the data by `Surrogate.estimate`. */
export const givenSurrogate: Denoiser = (x, _sigma, condition) =>
  tf.reshape(conditionOf(condition, 'surrogateEstimate', 'givenSurrogate'), x.shape)
