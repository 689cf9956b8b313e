/**
 * Weights lambda(sigma) of the denoising loss lambda |D - x0|^2. Each makes the residual sqrt(lambda) (D - x0) that of one
 * parametrisation, so each is named after what is then predicted with a plain mean square (theory.md, section 4):
 *
 *   x0        1                                  epsilon   1/sigma^2                    score   1/sigma^4
 *   edm       (sigma^2 + d^2) / (sigma d)^2      velocity  (1 + sigma^2)/sigma^2        velocity-1  (1 + sigma)^2/sigma^2
 *
 * and `likelihood` is sigma^-2 / q(sigma), q the density of ln sigma in training: then the loss is, up to a constant, a
 * bound of -log p(x0) whatever q is (Song et al. 2021, arXiv 2101.09258; Kingma et al. 2021, arXiv 2107.00630).
 */
import { closest } from 'fastest-levenshtein'
import type { NoiseLevels } from './noise-levels.js'

export interface Weighting {
  readonly name: string
  readonly options: Readonly<Record<string, number>>
  /** lambda. */
  readonly weight: (sigma: number) => number
}

/** What weights may depend on. */
export interface WeightingContext {
  /** Standard deviation d of the data, in the units that the network sees. Default 1: standardised. */
  readonly sigmaData?: number
  /** The levels that training draws: `likelihood` needs them. */
  readonly levels?: NoiseLevels
}

const weights: Readonly<Record<string, (sigma: number) => number>> = {
  x0: () => 1,
  epsilon: sigma => sigma ** -2,
  score: sigma => sigma ** -4,
  velocity: sigma => (1 + sigma ** 2) / sigma ** 2,
  'velocity-1': sigma => ((1 + sigma) / sigma) ** 2,
}

const names = [...Object.keys(weights), 'edm', 'likelihood']

/**
 * The weights of a name: `edm`, `epsilon`, `score`, `x0`, `velocity`, `velocity-1` or `likelihood`.
 * Throws RangeError for another name (with the nearest), a sigmaData that is not above 0, or `likelihood` without levels.
 */
export function weighting(name: string, { sigmaData = 1, levels }: WeightingContext = {}): Weighting {
  const plain = Object.hasOwn(weights, name) ? weights[name] : undefined
  if (plain) return { name, options: {}, weight: plain }
  if (name === 'edm') {
    if (!(sigmaData > 0 && sigmaData < Infinity))
      throw new RangeError(`weighting 'edm': sigmaData is ${sigmaData}; it must be above 0`)
    return { name, options: { sigmaData }, weight: sigma => sigmaData ** -2 + sigma ** -2 }
  }
  if (name === 'likelihood') {
    if (!levels) throw new RangeError(`weighting 'likelihood': needs the noise levels of training`)
    return { name, options: {}, weight: sigma => 1 / (sigma ** 2 * levels.density(sigma)) }
  }
  throw new RangeError(
    `unknown weighting '${name}'; did you mean '${closest(name, names)}'? Known: ${names.join(', ')}`,
  )
}
