/** Anomaly maps of pictures of any size: cut into tiles, restored, joined, and compared with what they were. */
import { anomalyMaps, type ResidualName } from '../../diagnostics/anomaly/residual.js'
import { largestOfEach } from '../../diagnostics/segmentation/evaluate.js'
import { conformalThreshold, type ConformalOptions, type ConformalThreshold } from '../../diagnostics/conformal.js'
import { array, elements, type NdArray } from '../../io/array.js'
import type { Picture } from '../../io/image.js'
import { denoiserOf } from '../../scores/preconditioning.js'
import * as tf from '@tensorflow/tfjs'
import type { CompileOptions } from '../../compile/index.js'
import { calibrationPictures, type SegmentModel } from './model.js'
import { openRestorer, type RestoreOptions } from './restore.js'
import { cutTiles, openStitcher, tilingOf } from './tiling.js'
import { processFrom } from '../process.js'

type Floats = NdArray<Float32Array>

export interface DetectOptions extends RestoreOptions {
  /** Default `l1`. */
  readonly residual?: ResidualName
  /** Standard deviation in pixels of the Gaussian that smooths a map; default 1/64 of a picture's shorter side (4 for 256). */
  readonly smooth?: number
}

/** What was found in one picture; both [height, width], restored in [0, 1]. */
export interface Detected {
  readonly restored: Floats
  readonly map: Floats
}

export interface Detector {
  /** Everything that maps depend on besides the model. */
  readonly options: DetectOptions
  /**
   * Maps of grey pictures [height, width, 1].
   * @param place of these pictures among all: their noise belongs to it.
   */
  detect(pictures: readonly Picture[], place?: number, signal?: AbortSignal): Promise<Detected[]>
  dispose(): Promise<void>
}

/** Tiles that are restored in one call: memory does not depend on the size of the pictures. */
const SLICE = 64

/** @throws RangeError for options that cannot be, and where t_reverse lies beyond what training drew. */
export function openDetector(
  model: SegmentModel,
  { residual = 'l1', smooth, ...given }: DetectOptions = {},
  engine: Pick<CompileOptions, 'worker' | 'threads' | 'device'> = {},
): Detector {
  const { spec, network } = model
  // Constants of the compiled graph.
  const tensors = Object.entries(model.weights).map(
    ([name, { data, shape }]) => [name, tf.tensor(data, shape)] as const,
  )
  const denoise = denoiserOf(network, Object.fromEntries(tensors), { parametrisation: spec.parametrisation })
  const restorer = openRestorer(
    { denoise, shape: spec.patch, process: processFrom(spec.process) },
    { noise: spec.noise, ...given },
    engine,
  )
  const { tReverse } = restorer.options
  if (tReverse > 1000 * spec.latest)
    throw new RangeError(`segment: tReverse is ${tReverse}, and the model was trained up to ${1000 * spec.latest}; take less, or train with --latest ${tReverse}`) // prettier-ignore
  return {
    options: { ...restorer.options, residual, ...(smooth !== undefined && { smooth }) },
    async dispose() {
      await restorer.dispose()
      tf.dispose(tensors.map(([, tensor]) => tensor))
    },
    async detect(pictures, place = 0, signal) {
      const seen = pictures.map(unitOf)
      const restored = await restoreTiles(seen)
      return pictures.map((_, i) => {
        const { shape } = seen[i]!
        const batch = [1, ...shape]
        const maps = anomalyMaps(array(elements(seen[i]!), batch), array(elements(restored[i]!), batch), {
          residual,
          sigma: smooth ?? Math.min(shape[0]!, shape[1]!) / 64,
        })
        const plane = [shape[0]!, shape[1]!]
        return { restored: array(elements(restored[i]!), plane), map: array(elements(maps), plane) }
      })

      async function restoreTiles(x: readonly Floats[]): Promise<Floats[]> {
        const { mean, deviation } = spec.pixels
        const size = spec.patch[0]
        const tilings = x.map(({ shape }) => tilingOf([shape[0]!, shape[1]!], { size }))
        const stitchers = tilings.map(openStitcher)
        // Slices [picture, from, to) in the order of the pictures, put together to calls of at most SLICE tiles.
        const tiles = tilings.flatMap(({ count }, i) => Array.from({ length: count }, (_, k) => [i, k] as const))
        for (let first = 0; first < tiles.length; first += SLICE) {
          const some = tiles.slice(first, first + SLICE)
          const cut = new Float32Array(some.length * size * size)
          some.forEach(([i, k], r) => cut.set(cutTiles(x[i]!, tilings[i]!, k, k + 1).data, r * size * size))
          const standard = cut.map(v => (v - mean) / deviation)
          const out = await restorer.restore(array(standard, [some.length, size, size]), place, first, signal)
          some.forEach(([i, k], r) => {
            const tile = out.data.slice(r * size * size, (r + 1) * size * size).map(v => mean + deviation * v)
            stitchers[i]!.add(array(tile, [1, size, size]), k)
          })
        }
        return stitchers.map((stitcher, i) => array(stitcher.finish().data, x[i]!.shape))
      }
    },
  }
}

/** A grey picture of 8 bits as numbers in [0, 1], [height, width, 1]. */
const unitOf = (picture: Picture): Floats =>
  array(
    Float32Array.from(elements(picture), v => v / 255),
    picture.shape,
  )

/** The largest value of a map: with a threshold on it a picture is anomalous where its mask marks anything. */
export const scoreOf = ({ map }: Detected): number => largestOfEach(array(map.data, [1, map.size])).data[0]!

/** Pictures of the noise of calibration are at places of their own, away from those of `apply`. */
const CALIBRATION = -1

export interface Calibrated extends ConformalThreshold {
  /** Of the calibration pictures. */
  readonly scores: readonly number[]
}

/**
 * The threshold of maps above which a sound picture has any pixel with a probability of at most the target, from the pictures
 * that the model's training has not seen (conformal.ts says what is assumed).
 *
 * @throws RangeError where the model holds too few of them for the rate, saying how many are needed.
 */
export async function calibrate(
  model: SegmentModel,
  detector: Detector,
  options: ConformalOptions,
  signal?: AbortSignal,
): Promise<Calibrated> {
  const pictures = await calibrationPictures(model)
  const scores: number[] = []
  for (let i = 0; i < pictures.length; i += 16) {
    const found = await detector.detect(pictures.slice(i, i + 16), CALIBRATION - i, signal)
    scores.push(...found.map(scoreOf))
  }
  return { ...conformalThreshold(array(Float64Array.from(scores)), options), scores }
}
