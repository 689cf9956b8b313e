/** Mean and covariance of a problem's prior: exact where it is Gaussian, else of an ensemble of draws. */
import * as tf from '@tensorflow/tfjs'
import { compile } from '../compile/index.js'
import { array, elements, sizeOf } from '../io/array.js'
import type { PriorMoments } from '../linalg/gaussian.js'
import { isGaussian, type Prior, type ProblemParts } from '../problem.js'
import { key } from '../random.js'

/** Draws of an ensemble: its covariance is then known to about 1 %. */
export const ensembleSize = 16384
const piece = 1024

export async function priorMoments({ prior, unknown }: Pick<ProblemParts, 'prior' | 'unknown'>): Promise<PriorMoments> {
  return isGaussian(prior) ? prior : ensembleMoments(prior, unknown.grid.shape)
}

/** xbar and C = sum (x - xbar)(x - xbar)^T / (n - 1), of the same draws every time. */
async function ensembleMoments(prior: Prior, shape: readonly number[]): Promise<PriorMoments> {
  const N = sizeOf(shape)
  const draws = key(0, 'moments')
  const sums = await compile(
    ({ x, mean }) => {
      const away = tf.sub<tf.Tensor2D>(x!, mean!)
      return { sum: tf.sum(x!, 0), products: tf.matMul(away, away, true) }
    },
    { x: [piece, N], mean: [N] },
  )
  const [mean, C] = [new Float64Array(N), new Float64Array(N * N)]
  // About the mean of the first piece, which is near: no digits are lost.
  const near = means(prior.sample(draws, piece).data, N)
  for (let start = 0; start < ensembleSize; start += piece) {
    const x = array(Float32Array.from(prior.sample(draws, piece, start).data), [piece, N])
    const { sum, products } = await sums.run({ x, mean: array(Float32Array.from(near)) })
    ;(sum!.data as Float32Array).forEach((value, k) => (mean[k]! += value / ensembleSize))
    ;(products!.data as Float32Array).forEach((value, k) => (C[k]! += value / (ensembleSize - 1)))
  }
  await sums.dispose()
  const away = mean.map((value, k) => value - near[k]!)
  const share = ensembleSize / (ensembleSize - 1)
  for (let i = 0; i < N; i++) for (let j = 0; j < N; j++) C[i * N + j]! -= share * away[i]! * away[j]!
  return momentsOf(mean, C, shape)
}

function means(data: Float64Array, N: number): Float64Array {
  const out = new Float64Array(N)
  data.forEach((value, k) => (out[k % N]! += (value * N) / data.length))
  return out
}

function momentsOf(mean: Float64Array, C: Float64Array, shape: readonly number[]): PriorMoments {
  const N = mean.length
  const std = Float64Array.from({ length: N }, (_, k) => Math.sqrt(Math.max(0, C[k * (N + 1)]!)))
  return {
    mean: array(mean, shape),
    std: array(std, shape),
    covariance: () => array(C, [N, N]),
    covarianceProduct(x) {
      const out = new Float64Array(x.size)
      const from = elements(x) as Float64Array
      for (let start = 0; start < out.length; start += N)
        for (let i = 0; i < N; i++) {
          let sum = 0
          for (let j = 0; j < N; j++) sum += C[i * N + j]! * from[start + j]!
          out[start + i] = sum
        }
      return array(out, x.shape)
    },
  }
}
