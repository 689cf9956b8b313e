/**
 * The Gaussian surrogate (theory.md, section 5b): the prior replaced by a Gaussian of its mean and covariance C. For any linear
 * operator A and noise R its posterior N(mu_y, Sigma_y) is closed-form, and so is its denoiser
 *
 *   D_G(x~, sigma) = mu_y + Sigma_y (Sigma_y + sigma^2 I)^-1 (x~ - mu_y),
 *
 * the best affine denoiser for that operator. A network then learns what is left over (preconditioning.ts, `base`).
 *
 * With the leading axes of the prior, C = V^T diag(c) V for V [r, N], and B = R^-1/2 A V^T,
 *
 *   Sigma_y = V^T diag(sqrt c) (I + diag(sqrt c) B^T B diag(sqrt c))^-1 diag(sqrt c) V = V^T Q^T diag(s) Q V:
 *
 * V is shared by all operators, and each has a rotation Q [r, r] and variances s [r] of its own, so that D_G is four products
 * inside the graph, whatever sigma. What the axes leave out is taken to be independent and of one variance, as it is in the prior
 * on average: its part of D_G is small, and what is wrong with it is the network's to learn.
 */
import * as tf from '@tensorflow/tfjs'
import { array, type NdArray } from '../io/array.js'
import { choleskyInPlace, dot, solveLower } from '../linalg/cholesky.js'
import { eigenSymmetric } from '../linalg/eigen.js'
import { addNoise } from '../linalg/conditioning.js'
import type { Spectrum } from '../linalg/spectrum.js'
import { valuesOf } from '../linalg/values.js'
import { conditionOf, type Denoiser } from './denoiser.js'

/** What the surrogate of one operator is, in units of x~. */
export interface Surrogate {
  /** Q [r, r]. */
  readonly rotation: Float32Array
  /** s, then the variance of the rest [r + 1]. */
  readonly variances: Float32Array
}

/**
 * The surrogate of an operator and its noise, for x~ in units of `scale`.
 *
 * @param rows A [m, N]. @param noise R: variances [m], or a matrix [m, m].
 * @throws RangeError for sizes that do not fit, or a noise that is not positive definite.
 */
export function surrogateOf(
  { variances: c, axes: V, rest }: Spectrum,
  rows: NdArray,
  noise: NdArray,
  scale: number,
): Surrogate {
  const r = c.length
  const N = V.length / r
  const A = valuesOf('surrogate: rows', rows, [null, N])
  const m = rows.shape[0]!
  const B = new Float64Array(m * r)
  for (let i = 0; i < m; i++) for (let k = 0; k < r; k++) B[i * r + k] = dot(A, i * N, V, k * N, N) * Math.sqrt(c[k]!)
  const L = new Float64Array(m * m)
  for (let i = 0; i < m; i++) for (let j = 0; j <= i; j++) L[i * m + j] = L[j * m + i] = dot(B, i * r, B, j * r, r)
  addNoise(L, m, noise, 'surrogate: noise')
  choleskyInPlace(L, m, 'surrogate: A C A^T + R')
  solveLower(L, m, B, r)
  // Sigma along the axes: sqrt(c) (I - W^T W) sqrt(c), W = L^-1 A V^T sqrt(c).
  const W = transposed(B, m, r)
  const Sigma = new Float64Array(r * r)
  for (let k = 0; k < r; k++)
    for (let l = 0; l <= k; l++)
      Sigma[k * r + l] = (Math.sqrt(c[k]! * c[l]!) / scale ** 2) * ((k === l ? 1 : 0) - dot(W, k * m, W, l * m, m))
  const { values, vectors } = eigenSymmetric(array(Sigma, [r, r]))
  return { rotation: Float32Array.from(vectors.data), variances: withRest(values.data, rest / scale ** 2) }
}

/** The surrogate where nothing was measured: the prior's. */
export function priorSurrogate({ variances: c, rest }: Spectrum, scale: number): Surrogate {
  const r = c.length
  const rotation = new Float32Array(r * r)
  for (let k = 0; k < r; k++) rotation[k * (r + 1)] = 1
  const variances = c.map(v => v / scale ** 2)
  return { rotation, variances: withRest(variances, rest / scale ** 2) }
}

const withRest = (s: Float64Array, rest: number): Float32Array => Float32Array.from([...s, rest], v => Math.max(0, v))

function transposed(B: Float64Array, m: number, r: number): Float64Array {
  const out = new Float64Array(B.length)
  for (let i = 0; i < m; i++) for (let k = 0; k < r; k++) out[k * m + i] = B[i * r + k]!
  return out
}

/**
 * D_G about x~ = 0, in coordinates whose centre is mu_y. It reads the conditions `surrogateRotation` [1 or n, r, r] and
 * `surrogateVariances` [1 or n, r + 1].
 *
 * @param axes V [r, N].
 */
export function surrogateBase(axes: tf.Tensor2D): Denoiser {
  const [r, N] = axes.shape
  return (x, sigma, condition) => {
    const of = (name: string): tf.Tensor => conditionOf(condition, name, 'surrogate')
    const [Q, variances] = [of('surrogateRotation'), of('surrogateVariances')]
    const all = tf.div(variances, tf.add(variances, tf.square(tf.reshape(sigma, [-1, 1]))))
    const [gain, rest] = tf.split(all, [r, 1], 1) as [tf.Tensor, tf.Tensor]
    const flat = tf.reshape<tf.Rank.R2>(x, [-1, N])
    const along = tf.matMul<tf.Tensor2D>(flat, axes, false, true)
    const rotated = Q.shape[0] === 1 ? sharedProduct(along, Q, gain) : ownProduct(along, Q, gain)
    const D = tf.add(tf.mul(rest, flat), tf.matMul(tf.sub<tf.Tensor2D>(rotated, tf.mul(rest, along)), axes))
    return tf.reshape(D, x.shape)
  }
}

/** Q^T diag(gain) Q a of each row a of `along`, for one Q [1, r, r]. */
function sharedProduct(along: tf.Tensor2D, Q: tf.Tensor, gain: tf.Tensor): tf.Tensor {
  const one = tf.reshape<tf.Rank.R2>(Q, [Q.shape[1]!, Q.shape[2]!])
  return tf.matMul(tf.mul(tf.matMul(along, one, false, true), gain), one)
}

/** The same for a Q of each [n, r, r]. */
function ownProduct(along: tf.Tensor2D, Q: tf.Tensor, gain: tf.Tensor): tf.Tensor {
  const open = tf.mul(tf.matMul(tf.expandDims(along, 1), Q, false, true), tf.expandDims(gain, 1))
  return tf.reshape(tf.matMul(open, Q), along.shape)
}

/**
 * The denoiser of N(mean, axes^T diag(variances) axes), from the conditions `gaussianMean` [1, ...shape], `gaussianVariances`
 * [1, r] and `gaussianAxes` [1, r, N]: of one posterior, with all of its axes.
 */
export const axesDenoiser: Denoiser = (x, sigma, condition) => {
  const of = (name: string): tf.Tensor => conditionOf(condition, name, 'axesDenoiser')
  const [mean, variances, axes] = [of('gaussianMean'), of('gaussianVariances'), of('gaussianAxes')]
  const [, r, N] = axes.shape as [number, number, number]
  const V = tf.reshape<tf.Rank.R2>(axes, [r, N])
  const gain = tf.div(variances, tf.add(variances, tf.square(tf.reshape(sigma, [-1, 1]))))
  const away = tf.reshape<tf.Rank.R2>(tf.sub(x, mean), [-1, N])
  return tf.add(mean, tf.reshape(tf.matMul(tf.mul(tf.matMul(away, V, false, true), gain), V), x.shape))
}

/** V as a tensor. */
export const axesTensor = ({ variances, axes }: Spectrum): tf.Tensor2D =>
  tf.tensor2d(Float32Array.from(axes), [variances.length, axes.length / variances.length])
