/** Batches of pictures as numbers, and back as 8 bits. */
import { array, assertShape, elements, shapeText, type NdArray } from '../../io/array.js'
import type { Picture } from '../../io/image.js'

/** Pictures [n, height, width, channels], 0 to 1 where they come from files. */
export type Pictures = NdArray<Float32Array>

/**
 * Pictures of 8 bits, [height, width, channels] each, as one batch in [0, 1].
 * @throws RangeError where there is none, or their shapes differ
 */
export function batchOf(pictures: readonly Picture[]): Pictures {
  const [first] = pictures
  if (!first) throw new RangeError('batchOf: no pictures')
  const out = new Float32Array(pictures.length * first.size)
  pictures.forEach((picture, i) => {
    assertShape(picture, first.shape, `batchOf: picture ${i}`)
    const data = elements(picture)
    for (let k = 0, at = i * first.size; k < data.length; k++, at++) out[at] = data[k]! / 255
  })
  return array(out, [pictures.length, ...first.shape])
}

/**
 * Picture i of a batch in [0, 1] as 8 bits, [height, width, channels]; what lies outside is cut.
 * @throws RangeError for another shape or index
 */
export function pictureOf(batch: Pictures, i = 0): Picture {
  assertShape(batch, [null, null, null, null], 'pictureOf')
  if (!Number.isInteger(i) || i < 0 || i >= batch.shape[0]!) throw new RangeError(`pictureOf: no picture ${i} in a batch of ${batch.shape[0]!}`) // prettier-ignore
  const shape = batch.shape.slice(1)
  const size = batch.size / batch.shape[0]!
  // A clamped array rounds to the nearest even and cuts at 0 and 255.
  const bytes = Uint8ClampedArray.from({ length: size }, (_, k) => 255 * elements(batch)[i * size + k]!)
  return array(new Uint8Array(bytes.buffer), shape)
}

export interface PairSize {
  readonly n: number
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** The common size of two batches. Throws RangeError where they differ, are empty, or hold what is not finite. */
export function pairOf(where: string, x: Pictures, restored: Pictures): PairSize {
  assertShape(x, [null, null, null, null], where)
  assertShape(restored, x.shape, `${where}: the restoration`)
  const [n = 0, height = 0, width = 0, channels = 0] = x.shape
  if (height * width * channels === 0)
    throw new RangeError(`${where}: the pictures ${shapeText(x.shape)} have no pixels`)
  for (const [name, batch] of [
    ['picture', x],
    ['restoration', restored],
  ] as const) {
    const data = elements(batch)
    for (let k = 0; k < data.length; k++)
      if (!Number.isFinite(data[k]!)) throw new RangeError(`${where}: ${name} ${Math.floor(k / (height * width * channels))} holds ${data[k]!}; values must be finite`) // prettier-ignore
  }
  return { n, height, width, channels }
}
