/**
 * The exact score as a denoiser in the coordinates of a model, u = (x - centre)/scale: with the posterior N(mu_y, Sigma_y) and
 * D = diag(scale), u given y is N(D^-1 (mu_y - centre), D^-1 Sigma_y D^-1), and its denoiser is closed-form
 * (scores/surrogate.ts). What a sampler makes of it is the floor of a model with the same sampler,
 * process and steps: the error that training cannot remove.
 */
import { array } from '../io/array.js'
import { eigenSymmetric } from '../linalg/eigen.js'
import type { Posterior } from '../posterior.js'
import { axesDenoiser } from '../scores/surrogate.js'
import { conditionOf } from './condition.js'
import type { ExactPosterior, HeldOutCase } from './exact-case.js'
import { openDrawing, type DrawOptions, type Draws } from './sampling.js'
import type { Frame } from './view.js'

type Conditions = Readonly<Record<'gaussianMean' | 'gaussianVariances' | 'gaussianAxes', Draws['x']>>

/** A case with its eigendecomposition (N^3 operations: 8 s at N = 1024), for as many samplers as wanted. */
export interface ExactScore {
  readonly frame: Frame
  readonly conditions: Conditions
}

/** The exact score of a case in the coordinates that the model would have for it. */
export function exactScore(
  { parts, prior, model }: Pick<Posterior, 'parts' | 'prior' | 'model'>,
  { observation }: HeldOutCase,
  { mean, covariance }: ExactPosterior,
): ExactScore {
  const { view: frame } = conditionOf(parts, prior, model.spec.view, observation)
  const { centre, scale } = frame
  const N = mean.size
  const S = covariance.data.map((value, k) => value / (scale[Math.floor(k / N)]! * scale[k % N]!))
  const { values, vectors } = eigenSymmetric(array(S, [N, N]))
  return {
    frame,
    conditions: {
      gaussianMean: array(mean.data.map((value, k) => (value - centre[k]!) / scale[k]!), [1, ...mean.shape]), // prettier-ignore
      gaussianVariances: array(values.data.map(value => Math.max(0, value)), [1, N]), // prettier-ignore
      gaussianAxes: array(vectors.data, [1, N, N]),
    },
  }
}

export interface ExactSampler {
  /** Draws with the exact score: `options` as for a model. */
  sample(score: ExactScore, options?: DrawOptions): Promise<Draws>
  dispose(): Promise<void>
}

/** Samplers that any case of the model's shape shares. */
export function openExactSampler({ model: { spec } }: Pick<Posterior, 'model'>): ExactSampler {
  const drawing = openDrawing(axesDenoiser, spec.shape)
  return {
    async sample({ frame, conditions }, options = {}) {
      return (await drawing.draw([frame], conditions, { process: spec.process, ...options }))[0]!
    },
    dispose: () => drawing.dispose(),
  }
}
