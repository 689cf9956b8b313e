/** Ground truth without a network: exact posteriors of linear Gaussian problems, and reference Markov chains for the others. */
export type { ChainDraws, ChainOptions } from './chains.js'
export { geometricSteps, type GeometricOptions } from './geometric-tempering.js'
export { matrixFreePosterior, type MatrixFreeOptions } from './matrix-free.js'
export { adaptiveMetropolis, type MetropolisDraws, type MetropolisOptions } from './metropolis.js'
export { pcn, type PcnDraws, type PcnOptions } from './pcn.js'
export { densePosterior, type DensePosterior, type ExactPosterior, type LinearGaussianProblem } from './posterior.js'
export { parallelTempering, temperingSteps, type TemperedDraws, type TemperingOptions } from './tempering.js'
