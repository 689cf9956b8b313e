/** Rows of one HDF5 file, or of several one after the other; never more in memory, or open, than what is asked for. */
import { sizeOf } from '../io/array.js'
import { FileError } from '../io/error.js'
import { openHdf5InTurn, type Hdf5Reader } from '../io/hdf5.js'
import { assertFiniteRows, checkedSize, type Rows } from './rows.js'

interface Shard {
  readonly reader: Hdf5Reader
  readonly first: number
  readonly stop: number
}

/**
 * @param files in the order of their rows; they hold the same datasets with rows of the same shapes.
 * @param datasets the dataset of each array: `{ x: 'theta', channels: 'encoded' }`. Default: each by its own name, of
 *   `x`, `channels` and `embedding` those that are there.
 * @throws FileError for a file or dataset that is missing, damaged or of another shape; RangeError naming the row and the
 *   file where data are not finite, when they are read.
 */
export async function hdf5Rows(files: readonly string[], datasets?: Readonly<Record<string, string>>): Promise<Rows> {
  const readers = await openHdf5InTurn(files)
  const close = (): void => readers.forEach(reader => reader.close())
  try {
    if (!readers[0]) throw new RangeError('training data: no HDF5 file is given')
    return opened(readers, datasets ?? usualNames(readers[0]), close)
  } catch (error) {
    close()
    throw error
  }
}

const usualNames = ({ names }: Hdf5Reader): Record<string, string> =>
  Object.fromEntries(['x', 'channels', 'embedding'].filter(n => names.includes(n)).map(n => [n, n]))

function opened(readers: readonly Hdf5Reader[], datasets: Readonly<Record<string, string>>, close: () => void): Rows {
  const infos = readers.map(reader =>
    Object.fromEntries(Object.entries(datasets).map(([name, path]) => [name, reader.info(path)])),
  )
  const shards: Shard[] = []
  readers.forEach((reader, i) => {
    const first = shards.at(-1)?.stop ?? 0
    shards.push({ reader, first, stop: first + checkedSize(infos[i]!, reader.file) })
  })
  const shapes = Object.fromEntries(Object.entries(infos[0]!).map(([name, { shape }]) => [name, shape.slice(1)]))
  infos.forEach((info, i) => {
    for (const [name, { shape }] of Object.entries(info))
      if (shape.slice(1).join() !== shapes[name]!.join())
        throw new FileError(readers[i]!.file, {
          expected: `rows of '${name}' of shape [${shapes[name]!.join(', ')}], as in ${readers[0]!.file}`,
          found: `[${shape.slice(1).join(', ')}]`,
        })
  })
  return {
    where: readers.length === 1 ? readers[0]!.file : `${readers[0]!.file} and ${readers.length - 1} more`,
    size: shards.at(-1)!.stop,
    shapes,
    chunk: Math.max(...Object.values(infos[0]!).map(({ chunks }) => chunks?.[0] ?? 1)),
    read(name, start, stop, out, at) {
      const row = sizeOf(shapes[name]!)
      for (const { reader, first, stop: end } of shards) {
        const [from, to] = [Math.max(start, first), Math.min(stop, end)]
        if (from >= to) continue
        const place = at + (from - start) * row
        out.set(reader.rows(datasets[name]!, from - first, to - first).data as Float32Array, place)
        const written = out.subarray(place, place + (to - from) * row)
        assertFiniteRows(written, row, from - first, `${reader.file}, '${datasets[name]!}'`)
      }
    },
    close,
  }
}
