/** Denoisers in closed form or by quadrature: ground truth without a network. */
export { densityDenoisers } from './densities.js'
export { gaussianDenoiser, gaussianPosteriorDenoiser, type GaussianLaw, type GaussianPosterior } from './gaussian.js'
export { mixtureDenoiser, type GaussianComponent } from './mixture.js'
export { quadratureDenoiser, type QuadratureLaw } from './quadrature.js'
export type { Covariance } from './spread.js'
