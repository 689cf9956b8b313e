/**
 * The network's view of a measurement, on the unknown's grid (theory.md, section 5): the same channels for every operator,
 * so that one model serves them all, also those it never met.
 */
export { encodeBatch, openEncoder, type Encoder, type EncoderOptions } from './encode/batch.js'
export type { RealArray } from './encode/block.js'
export { statisticsEncoder, type StatisticsEncoder } from './encode/ensemble.js'
export { whiten, type LinearObservation, type Whitened } from './encode/observation.js'
export { encodeAdjoint, encodeChannels, encodeLmmse, encodeRaw, type EncodeKind } from './encode/single.js'
export {
  linearEstimator,
  linearStatistics,
  type LinearEstimator,
  type LinearStatistics,
} from '../linalg/conditioning.js'
export { empiricalGaussian, ensembleStatistics, type EnsembleStatistics } from '../linalg/ensemble.js'
export { denseGaussian, type GaussianPrior, type PriorMoments } from '../linalg/gaussian.js'
