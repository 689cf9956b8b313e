/** Judges a model on the test set of a category: metrics by pixels and by pictures, of all defects, and of seen and unseen ones. */
import { segmentationMetrics, type SegmentationMetrics } from '../../diagnostics/segmentation/evaluate.js'
import { array, zeros, type NdArray } from '../../io/array.js'
import { FileError } from '../../io/error.js'
import type { Picture } from '../../io/image.js'
import { readItem, readMask } from './batches.js'
import { pictureInfo } from '../../io/image.js'
import type { Detector } from './detect.js'
import type { Item } from './folder.js'
import type { SegmentModel } from './model.js'

/** Pictures to test on, as `contaminate` parts them; `seen` and `unseen` are kinds of defect. */
export interface TestSet {
  readonly good: readonly Item[]
  readonly seen: readonly Item[]
  readonly unseen: readonly Item[]
}

export const subsets = ['all', 'seen', 'unseen'] as const
export type Subset = (typeof subsets)[number]

/** Metrics of the sound pictures with all defects, with those of seen kinds, and of unseen ones; null where there are none. */
export type Evaluation = Readonly<Record<Subset, SegmentationMetrics | null>>

interface Entry {
  readonly picture: Picture
  readonly mask: NdArray<Uint8Array>
}

/** Pictures in one call of the detector. */
const BATCH = 16

/**
 * Pictures without a mask are left out, as `openDataset` notes.
 * @throws FileError for a picture that cannot be read, or of another size than the others where the model resizes none.
 */
export async function evaluateSegment(
  model: Pick<SegmentModel, 'spec'>,
  detector: Detector,
  test: TestSet,
  signal?: AbortSignal,
): Promise<Evaluation> {
  const { size } = model.spec
  const items = [...test.good, ...test.seen, ...test.unseen]
  const [maps, masks, of]: [Float32Array[], Uint8Array[], Item[]] = [[], [], []]
  let shape: readonly number[] | undefined
  for (let first = 0; first < items.length; first += BATCH) {
    const some = items.slice(first, first + BATCH)
    const entries = await Promise.all(some.map(item => readEntry(item, size)))
    const read = entries.flatMap((entry, i) => (entry ? [{ ...entry, item: some[i]! }] : []))
    const found = await detector.detect(read.map(({ picture }) => picture), first, signal) // prettier-ignore
    read.forEach(({ item, mask }, i) => {
      shape ??= mask.shape
      if (mask.shape.join() !== shape.join()) throw unequal(item, mask.shape, shape)
      maps.push(found[i]!.map.data)
      masks.push(mask.data)
      of.push(item)
    })
  }
  const metrics = (defects: readonly Item[]): SegmentationMetrics | null => {
    const chosen = new Set([...test.good, ...defects])
    const rows = of.flatMap((item, i) => (chosen.has(item) ? [i] : []))
    if (!shape || !rows.some(i => masks[i]!.includes(1)) || test.good.length === 0) return null
    const [x, y] = [zeros('float32', [rows.length, ...shape]), zeros('uint8', [rows.length, ...shape])]
    rows.forEach((i, k) => {
      x.data.set(maps[i]!, k * maps[i]!.length)
      y.data.set(masks[i]!, k * masks[i]!.length)
    })
    return segmentationMetrics(x, y)
  }
  return { all: metrics([...test.seen, ...test.unseen]), seen: metrics(test.seen), unseen: metrics(test.unseen) }
}

async function readEntry(item: Item, size: SegmentModel['spec']['size']): Promise<Entry | null> {
  const picture = await readItem(item, size ? { channels: 1, size } : { channels: 1 })
  const { height, width } = await pictureInfo(item.path)
  const mask = await readMask(item, [height, width], size ?? [height, width])
  return mask && { picture, mask: array(Uint8Array.from(mask.data), mask.shape) }
}

const unequal = ({ path }: Item, found: readonly number[], shape: readonly number[]): FileError =>
  new FileError(path, {
    expected: `${shape.join(' x ')} pixels, as the others`,
    found: found.join(' x '),
    remedy: 'Train with a size that all pictures are brought to.',
  })
