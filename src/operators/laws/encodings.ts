/** The encodings that a check tries: with a prior of independent standard normal cells, where no problem states another. */
import { array, sizeOf, zeros, type NdArray } from '../../io/array.js'
import { ensembleStatistics, type PriorMoments } from '../encode.js'
import { encodeAdjoint, encodeLmmse, encodeRaw, statisticsEncoder } from '../encode.js'
import { key } from '../../random.js'
import { matrixOf } from '../linear.js'
import type { Noise } from '../noise.js'
import { isLinear } from '../operator.js'
import { inputs, type Encode } from './law.js'

/** Variance of a measurement whose noise is not stated, as a share of its mean square. */
const share = 0.01
/** Simulations of an operator that is not linear. */
const simulations = 200

function whitePrior(shape: readonly number[]): PriorMoments {
  const N = sizeOf(shape)
  return {
    mean: zeros('float64', shape),
    std: array(new Float64Array(N).fill(1), shape),
    covarianceProduct: x => x as NdArray<Float64Array>,
    covariance() {
      const C = zeros('float64', [N, N])
      for (let k = 0; k < N; k++) C.data[k * (N + 1)] = 1
      return C
    },
  }
}

/** Raw, adjoint and LMMSE of a linear operator; LMMSE from simulations of any other. */
export const encodingsWith =
  (noise?: Noise): Encode =>
  (A, y) => {
    const m = sizeOf(A.outputShape)
    const square = (y.data as Float64Array).reduce((sum, value) => sum + value * value, 0) / m
    const R = noise?.covariance(y) ?? array(new Float64Array(m).fill(share * square || 1))
    const flat = array(y.data as Float64Array, [m])
    if (isLinear(A)) {
      const observation = { rows: matrixOf(A), noise: R, y: flat }
      const prior = whitePrior(A.inputShape)
      return {
        raw: encodeRaw(observation, A.inputShape),
        adjoint: encodeAdjoint(prior, observation),
        lmmse: encodeLmmse(prior, observation),
      }
    }
    const x = inputs({ A, key: key(0, 'encodings') }, 'ensemble', simulations)
    const clean = array(A.apply(x).data, [simulations, m])
    return { lmmse: statisticsEncoder(ensembleStatistics(x, clean), R)(flat) }
  }
