/** What a model to be trained will see: its view, with the moments of the prior that it comes from. */
import { spectrumOf, type Spectrum } from '../linalg/spectrum.js'
import type { ProblemParts } from '../problem.js'
import { priorMoments } from './moments.js'
import { surrogateSizeOf, viewSpec, type ViewOptions, type ViewSpec } from './view.js'

export interface Seeing {
  readonly view: ViewSpec
  /** The axes of the surrogate, where there is one: an eigendecomposition, 7 s for 1024 cells. */
  readonly spectrum?: Spectrum
}

/** @throws RangeError for choices that exclude each other. */
export async function seeing(parts: ProblemParts, options: ViewOptions): Promise<Seeing> {
  const prior = await priorMoments(parts)
  const view = viewSpec(parts, prior, options)
  const axes = surrogateSizeOf(view)
  if (axes === 0) return { view }
  const spectrum = spectrumOf(prior.covariance(), axes)
  return { view: { ...view, surrogate: spectrum.variances.length }, spectrum }
}
