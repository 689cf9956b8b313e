/** Random patches of pictures as batches, each a function of a key and the step. */
import type { Picture } from '../../io/image.js'
import { array, elements } from '../../io/array.js'
import { derive, uniform, type Key } from '../../random.js'
import { simplexNoise } from '../../random/simplex.js'
import type { BatchSource } from '../../training/data.js'
import type { NoiseKind, SegmentModelSpec } from './model.js'

/** Mean and standard deviation of all values of pictures of 8 bits, in [0, 1]; the deviation is at least one step of 8 bits. */
export function pixelMoments(pictures: readonly Picture[]): SegmentModelSpec['pixels'] {
  let [n, sum, squares] = [0, 0, 0]
  for (const picture of pictures)
    for (const v of elements(picture)) {
      n++
      sum += v
      squares += v * v
    }
  const mean = sum / n
  return { mean: mean / 255, deviation: Math.max(1, Math.sqrt(Math.max(0, squares / n - mean ** 2))) / 255 }
}

export interface PatchOptions extends Pick<SegmentModelSpec, 'patch' | 'pixels' | 'noise'> {
  readonly key: Key
}

/** Names of what a batch holds besides x where its noise is no white noise: see `withOwnNoise` in train.ts. */
export const ownNoise = { clean: 'clean', noise: 'field' } as const

/** Patches at uniform places of uniformly chosen pictures [height, width, 1], no smaller than a patch. */
export function patchSource(pictures: readonly Picture[], { patch, pixels, noise, key }: PatchOptions): BatchSource {
  const [height, width] = patch
  const inPicture = pictures.map(({ shape }) => Math.ceil((shape[0]! * shape[1]!) / (height * width)))
  const simplex = noise === ('simplex' satisfies NoiseKind)
  return {
    shape: patch,
    channels: 0,
    embedding: 0,
    ...(simplex && { extras: { [ownNoise.clean]: patch, [ownNoise.noise]: patch } }),
    size: inPicture.reduce((a, b) => a + b, 0),
    batch(step, n) {
      const u = uniform(derive(key, step), new Float64Array(3 * n))
      const out = new Float32Array(n * height * width)
      for (let i = 0, at = 0; i < n; i++) {
        const picture = pictures[Math.floor(u[3 * i]! * pictures.length)]!
        const [rows, columns] = picture.shape as [number, number]
        const top = Math.floor(u[3 * i + 1]! * (rows - height + 1))
        const left = Math.floor(u[3 * i + 2]! * (columns - width + 1))
        const data = elements(picture)
        for (let y = 0; y < height; y++)
          for (let x = 0, from = (top + y) * columns + left; x < width; x++, from++)
            out[at++] = (data[from]! / 255 - pixels.mean) / pixels.deviation
      }
      const x = array(out, [n, height, width])
      if (!simplex) return Promise.resolve({ x })
      const field = simplexNoise(derive(key, 'simplex', step), [n, height, width, 1])
      return Promise.resolve({ x, [ownNoise.clean]: x, [ownNoise.noise]: array(field.data, [n, height, width]) })
    },
  }
}
