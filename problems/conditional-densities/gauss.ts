/** The standard normal law; its quantile function is the package's. */
import { formula } from 'invdiff'

const Phi = formula('(1 + erf(x / sqrt(2))) / 2', { variables: ['x'] })

/** phi(x) = exp(-x^2/2) / sqrt(2 pi). */
export const normalPdf = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI)

/** Phi(x) = P(Z <= x), to about 1e-16 absolute. */
export const normalCdf = (x: number): number => Phi.value({ x })

/** Phi at many points, into `out`. */
export const normalCdfs = (x: Float64Array, out: Float64Array): Float64Array => Phi.values({ x }, out)
