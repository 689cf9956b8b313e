/** The random part of a step: levels and noise of a batch, as a function of a key and the step. */
import ndarray from 'ndarray'
import { sizeOf } from '../io/array.js'
import { derive, normal, type Key } from '../random.js'
import type { Floats } from './data.js'
import { drawLevels, type NoiseLevels } from './noise-levels.js'
import type { Weighting } from './weighting.js'

export interface Noise {
  /** w [n, ...shape], standard normal. */
  readonly noise: Floats
  /** [n]. */
  readonly sigma: Floats
  /** sqrt(lambda(sigma)) [n]. */
  readonly scale: Floats
}

/** Draws the noise of the n examples of a step. */
export type DrawNoise = (step: number, n: number) => Noise

export function noiseOf(levels: NoiseLevels, { weight }: Weighting, key: Key, shape: readonly number[]): DrawNoise {
  const vector = (values: Float64Array): Floats => ndarray(Float32Array.from(values), [values.length])
  return (step, n) => {
    const sigma = drawLevels(levels, derive(key, 'levels', step), n)
    const w = normal(derive(key, 'noise', step), new Float32Array(n * sizeOf(shape)))
    return {
      noise: ndarray(w, [n, ...shape]),
      sigma: vector(sigma),
      scale: vector(sigma.map(s => Math.sqrt(weight(s)))),
    }
  }
}
