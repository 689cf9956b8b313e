/** Pictures of a set and their masks as batches of numbers, one batch ahead of its use and no more. */
import { availableParallelism } from 'node:os'
import { batchOf, type Pictures } from '../../diagnostics/anomaly/pictures.js'
import { array, type NdArray } from '../../io/array.js'
import { FileError } from '../../io/error.js'
import { pictureInfo, readPicture, type Picture, type PictureInfo } from '../../io/image.js'
import { GOOD, type Item } from './folder.js'

export interface BatchOptions {
  /** Pictures in a batch; 16 unless given. The last one may be smaller. */
  readonly batch?: number
  /** Grey is repeated, colour becomes luminance. See `survey`. */
  readonly channels: 1 | 3
  /** What every picture is resized to, its mask too; as stored unless given, and then all must be of one size. */
  readonly size?: readonly [height: number, width: number]
  /** Given, a file that cannot be read is told here and left out; else it throws. */
  readonly onFault?: (fault: FileError, item: Item) => void
  readonly signal?: AbortSignal
}

export interface Batch {
  readonly items: readonly Item[]
  /** [n, height, width, channels] in [0, 1]. */
  readonly x: Pictures
  /** [height, width] of 0 and 1 for each picture: 0 everywhere for a good one, null where the mask is missing. */
  readonly masks: readonly (NdArray<Uint8Array> | null)[]
}

/** What the headers of pictures say together. */
export interface Survey {
  /** 3 as soon as one picture has colour. */
  readonly channels: 1 | 3
  /** Sizes and how many pictures have each, the most frequent first. */
  readonly sizes: readonly { readonly height: number; readonly width: number; readonly count: number }[]
}

/** Reads the headers of pictures. Throws FileError on the first that cannot be read, unless `onFault` takes it. */
export async function survey(items: readonly Item[], onFault?: BatchOptions['onFault']): Promise<Survey> {
  const counts = new Map<string, { height: number; width: number; count: number }>()
  let channels: 1 | 3 = 1
  for (const item of items) {
    const info = await tolerant<PictureInfo>(() => pictureInfo(item.path), item, onFault)
    if (!info) continue
    if (info.channels === 3) channels = 3
    const name = `${info.height} x ${info.width}`
    const entry = counts.get(name) ?? { height: info.height, width: info.width, count: 0 }
    entry.count++
    counts.set(name, entry)
  }
  return { channels, sizes: [...counts.values()].sort((a, b) => b.count - a.count) }
}

async function tolerant<T>(
  work: () => Promise<T>,
  item: Item,
  onFault: BatchOptions['onFault'],
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!onFault || !(error instanceof FileError)) throw error
    onFault(error, item)
    return undefined
  }
}

/** A picture of the set as 8 bits, [height, width, channels]. Throws FileError as `readPicture` does. */
export const readItem = (item: Item, options: Pick<BatchOptions, 'channels' | 'size'>): Promise<Picture> =>
  readPicture(item.path, { channels: options.channels, ...(options.size ? { size: options.size } : {}) })

/**
 * The mask of a picture, [height, width] of 0 and 1: 1 where the file holds more than half of its largest value, so that 0/255,
 * 0/1 and the fringes of a JPEG are all read. 0 everywhere for a good picture; null where the mask is missing.
 *
 * @param shape [height, width] of the picture as stored
 * @param size what the mask is resized to, by its nearest pixels
 * @throws FileError where the mask cannot be read, is of another size than its picture, or marks nothing
 */
export async function readMask(
  item: Item,
  shape: readonly [height: number, width: number],
  size: readonly [height: number, width: number] = shape,
): Promise<NdArray<Uint8Array> | null> {
  if (item.kind === GOOD) return array(new Uint8Array(size[0] * size[1]), size)
  if (item.mask === null) return null
  const info = await pictureInfo(item.mask)
  if (info.height !== shape[0] || info.width !== shape[1])
    throw new FileError(item.mask, {
      expected: `a mask of ${shape[0]} x ${shape[1]} pixels, as ${item.path}`,
      found: `${info.height} x ${info.width}`,
      remedy:
        'Save the mask at the size of its picture, or delete it: the picture then counts for scores of pictures only.',
    })
  const { data } = await readPicture(item.mask, { channels: 1 })
  const largest = data.reduce((a, b) => Math.max(a, b), 0)
  if (largest === 0)
    throw new FileError(item.mask, {
      expected: 'a mask with some pixels that are not black',
      found: 'only black',
      remedy: `Mark the defect, or move the picture to ${GOOD}.`,
    })
  const out = new Uint8Array(size[0] * size[1])
  for (let y = 0, p = 0; y < size[0]; y++) {
    const row = Math.floor(((y + 0.5) * shape[0]) / size[0]) * shape[1]
    for (let x = 0; x < size[1]; x++, p++)
      out[p] = 2 * data[row + Math.floor(((x + 0.5) * shape[1]) / size[1])]! > largest ? 1 : 0
  }
  return array(out, size)
}

interface Entry {
  readonly item: Item
  readonly picture: Picture
  readonly mask: NdArray<Uint8Array> | null
}

async function readEntry(item: Item, { channels, size }: BatchOptions): Promise<Entry> {
  const picture = await readItem(item, size ? { channels, size } : { channels })
  const [height = 0, width = 0] = picture.shape
  if (item.kind === GOOD || item.mask === null || !size)
    return { item, picture, mask: await readMask(item, [height, width]) }
  const stored = await pictureInfo(item.path)
  return { item, picture, mask: await readMask(item, [stored.height, stored.width], size) }
}

/**
 * The pictures in the order of `items`, batch by batch; the next batch is read while one is used, so that memory holds two.
 * @throws RangeError for a batch below 1, FileError for what cannot be read (see `onFault`) or another size than the first, and
 * the signal's reason
 */
export async function* readBatches(
  items: readonly Item[],
  options: BatchOptions,
): AsyncGenerator<Batch, void, undefined> {
  const { batch = 16, signal, onFault } = options
  if (!Number.isSafeInteger(batch) || batch < 1) throw new RangeError(`readBatches: batch is ${batch}; it must be an integer from 1`) // prettier-ignore
  let first: Entry | undefined
  const read = async (start: number): Promise<Batch | null> => {
    const chosen = items.slice(start, start + batch)
    const entries: Entry[] = []
    const lanes = availableParallelism()
    for (let k = 0; k < chosen.length; k += lanes) {
      signal?.throwIfAborted()
      const found = await Promise.all(
        chosen.slice(k, k + lanes).map(item => tolerant(() => readEntry(item, options), item, onFault)),
      )
      for (const entry of found) {
        if (!entry) continue
        first ??= entry
        if (await tolerant(() => checkSize(entry, first!), entry.item, onFault)) entries.push(entry)
      }
    }
    if (entries.length === 0) return null
    const [kept, masks] = [entries.map(e => e.item), entries.map(e => e.mask)]
    return { items: kept, x: batchOf(entries.map(e => e.picture)), masks }
  }
  // A batch that fails while nobody waits for it is no unhandled rejection: it throws when its turn comes.
  const ahead = (start: number): Promise<Batch | null> => {
    const found = read(start)
    found.catch(() => undefined)
    return found
  }
  let next = ahead(0)
  try {
    for (let start = 0; start < items.length; start += batch) {
      const found = await next
      if (start + batch < items.length) next = ahead(start + batch)
      if (found) yield found
    }
  } finally {
    await next.catch(() => undefined)
  }
}

function checkSize({ item, picture }: Entry, first: Entry): Promise<true> {
  const [height, width] = first.picture.shape
  if (picture.shape[0] === height && picture.shape[1] === width) return Promise.resolve(true)
  return Promise.reject(
    new FileError(item.path, {
      expected: `${height} x ${width} pixels, as ${first.item.path}`,
      found: `${picture.shape[0]} x ${picture.shape[1]}`,
      remedy: 'Give a size that all pictures are brought to, or cut them into tiles one by one.',
    }),
  )
}
