/**
 * The exact posterior without a matrix of the size of the field or of the data (see posterior.ts): solves with S by conjugate
 * gradients on the whitened system I + H, H = L_R^-1 A C A^T L_R^-T; variances and the evidence from the part of H that Lanczos
 * finds above a tolerance, H = Q^T T Q,
 *
 *   diag Sigma_y = diag C - sum_k W_k^2,  W = chol(I + T)^-1 Q L_R^-1 A C,   log det S = log det R + log det (I + T).
 *
 * Smooth priors and operators that blur leave few directions in H, so that many data cost few solves.
 */
import { array, type NdArray } from '../../io/array.js'
import { choleskyInPlace, dot, logDeterminant, solveLower } from '../../linalg/cholesky.js'
import { once } from '../../linalg/gaussian.js'
import { conjugateGradients, lanczos } from '../../linalg/krylov.js'
import { valuesOf } from '../../linalg/values.js'
import { checked, posterior, type ExactPosterior, type LinearGaussianProblem } from './posterior.js'

export interface MatrixFreeOptions {
  /** Relative residual of solves; 1e-10 unless given. */
  readonly tolerance?: number
  /** Directions of H below this, relative to the largest, are left out of variances and evidence; 1e-10 unless given. */
  readonly truncation?: number
}

/**
 * The posterior by products with A, A^T and C only, batched where there are several right-hand sides.
 *
 * @throws RangeError where shapes do not fit, or the noise is not positive definite; Error where conjugate gradients stall.
 */
export function matrixFreePosterior(problem: LinearGaussianProblem, options: MatrixFreeOptions = {}): ExactPosterior {
  const { prior, operator } = problem
  const setting = checked(problem, 'matrixFreePosterior')
  const { shape, N, m, R } = setting
  const { tolerance = 1e-10, truncation = 1e-10 } = options

  /** C A^T L_R^-T v for each row of v [n, m]. */
  function back(v: Float64Array): NdArray<Float64Array> {
    const w = R.whitenTransposed(v.slice())
    return prior.covarianceProduct(operator.adjoint(array(w, [v.length / m, ...operator.outputShape])))
  }
  const H = (v: Float64Array): Float64Array => R.whiten(operator.apply(back(v)).data)

  function solve(r: Float64Array): Float64Array {
    const withNoise = (v: Float64Array): Float64Array => {
      const out = H(v)
      for (let k = 0; k < out.length; k++) out[k]! += v[k]!
      return out
    }
    return conjugateGradients(withNoise, R.whiten(r.slice()), m, { tolerance })
  }

  const lowRank = once(() => {
    const { Q, T, rank } = lanczos(H, m, truncation)
    for (let k = 0; k < rank; k++) T[k * (rank + 1)]! += 1
    choleskyInPlace(T, rank, 'matrixFreePosterior: I + H')
    return { Q, rank, L: T }
  })

  const std = once(() => {
    const { Q, rank, L } = lowRank()
    const variance = valuesOf('matrixFreePosterior: std', prior.std, shape).map(s => s * s)
    if (rank > 0) {
      const W = back(Q).data
      solveLower(L, rank, W, N)
      for (let k = 0; k < W.length; k++) variance[k % N]! -= W[k]! ** 2
    }
    return array(variance.map(v => Math.sqrt(Math.max(0, v))), shape) // prettier-ignore
  })

  function logEvidence(r: Float64Array): Float64Array {
    const { rank, L } = lowRank()
    const constant = 0.5 * (logDeterminant(L, rank) + R.logDeterminant + m * Math.log(2 * Math.PI))
    const [u, z] = [solve(r), R.whiten(r.slice())]
    return Float64Array.from({ length: r.length / m }, (_, i) => -0.5 * dot(u, i * m, z, i * m, m) - constant)
  }

  return posterior(problem, setting, { update: r => back(solve(r)).data, std, logEvidence })
}
