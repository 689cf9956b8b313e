/** One number for a picture, from its map. */
import { assertShape, elements } from '../../io/array.js'
import type { Maps } from './filter.js'

/** `max`, or the mean of the share `top` of a map's pixels that are largest, at least one. */
export type ImageScore = 'max' | { readonly top: number }

/**
 * The score of each picture of a batch of maps [n, height, width].
 * @param score `{ top: 0.01 }` unless given: the mean of the largest percent, steadier than `max`
 * @throws RangeError for another shape, a share outside (0, 1], or a map that holds what is not a number
 */
export function imageScores(maps: Maps, score: ImageScore = { top: 0.01 }): Float64Array {
  assertShape(maps, [null, null, null], 'imageScores')
  const [n = 0, height = 0, width = 0] = maps.shape
  const size = height * width
  if (n > 0 && size === 0) throw new RangeError('imageScores: the maps have no pixels')
  const share = score === 'max' ? 0 : score.top
  if (score !== 'max' && !(share > 0 && share <= 1)) throw new RangeError(`imageScores: top is ${share}; it must be a share in (0, 1]`) // prettier-ignore
  const count = Math.max(1, Math.round(share * size))
  const data = elements(maps)
  return Float64Array.from({ length: n }, (_, i) => {
    const values = data.subarray(i * size, (i + 1) * size)
    if (values.some(Number.isNaN)) throw new RangeError(`imageScores: map ${i} holds NaN`)
    return count === 1 ? values.reduce((a, b) => Math.max(a, b)) : topMean(values, count)
  })
}

/** The mean of the `count` largest of a map; typed arrays sort numbers natively. */
function topMean(values: Float32Array, count: number): number {
  const sorted = values.slice().sort()
  let sum = 0
  for (let k = sorted.length - count; k < sorted.length; k++) sum += sorted[k]!
  return sum / count
}
