/** Batches in memory and from HDF5: what is seen, in which order, and with how much memory. */
import ndarray from 'ndarray'
import { describe, expect, it } from 'vitest'
import { writeHdf5 } from '../../src/io/hdf5-write.js'
import { key } from '../../src/random.js'
import { mapSource, readAhead, shapesOf, type Batch, type BatchSource } from '../../src/training/data.js'
import { hdf5Rows } from '../../src/training/hdf5-rows.js'
import { splitBlocks, windows } from '../../src/training/order.js'
import { arrayRows, type Rows } from '../../src/training/rows.js'
import { arraySources, hdf5Sources, rowSources } from '../../src/training/sources.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'

const path = temporaryFolder()

/** Row i is filled with i, a shift for each array apart. */
const rowsOf = (size: number, shape: number[], shift = 0, from = 0): ndarray.NdArray<Float32Array> => {
  const row = shape.reduce((a, b) => a * b, 1)
  return ndarray(
    Float32Array.from({ length: size * row }, (_, i) => from + Math.floor(i / row) + shift),
    [size, ...shape],
  )
}
const arrays = (size: number, from = 0) => ({
  x: rowsOf(size, [2, 2], 0, from),
  channels: rowsOf(size, [3, 2, 2], 0.25, from),
  embedding: rowsOf(size, [5], 0.5, from),
})

/** The rows of a batch by their numbers, after checking that every array has the same ones. */
function numbersOf(batch: Batch): number[] {
  const n = batch.x.shape[0]!
  return Array.from({ length: n }, (_, i) => {
    const firsts = [batch.x.get(i, 0, 0), batch.channels!.get(i, 2, 1, 1) - 0.25, batch.embedding!.get(i, 4) - 0.5]
    expect(new Set(firsts).size).toBe(1)
    return firsts[0]!
  })
}

async function seen(source: BatchSource, steps: number, n: number): Promise<number[]> {
  const all: number[] = []
  for (let k = 0; k < steps; k++) all.push(...numbersOf(await source.batch(k, n)))
  return all
}

const sorted = (values: number[]): number[] => [...values].sort((a, b) => a - b)

describe('a source', () => {
  it('shows every example once an epoch, each epoch in another order, the held-out ones never', async () => {
    const { data, heldOut } = arraySources(arrays(50), { seed: 1, heldOut: 0.2 })
    expect([data.size, heldOut!.size, data.shape, data.channels, data.embedding]).toEqual([40, 10, [2, 2], 3, 5])
    expect(shapesOf(data)).toEqual({ x: [2, 2], channels: [3, 2, 2], embedding: [5] })
    const epochs = await seen(data, 20, 8)
    const [first, second] = [epochs.slice(0, 40), epochs.slice(40, 80)]
    expect(new Set(first).size).toBe(40)
    expect(sorted(first)).toEqual(sorted(second))
    expect(first).not.toEqual(second)
    expect(sorted([...first, ...(await seen(heldOut!, 1, 10))])).toEqual([...Array(50).keys()])
  })

  it('gives the same batch whenever asked, over the border of epochs too', async () => {
    const { data } = arraySources(arrays(23), { seed: 1, heldOut: 0 })
    const forwards = await seen(data, 9, 7)
    for (const k of [8, 0, 3, 3, 5]) expect(numbersOf(await data.batch(k, 7))).toEqual(forwards.slice(7 * k, 7 * k + 7))
    expect(await seen(arraySources(arrays(23), { seed: 2, heldOut: 0 }).data, 9, 7)).not.toEqual(forwards)
    // A batch larger than the data goes on with the next epoch.
    expect(sorted(numbersOf(await data.batch(0, 46)))).toEqual(sorted([...Array(23).keys(), ...Array(23).keys()]))
  })

  it('passes on what else a batch holds', async () => {
    const extra = { ...arrays(6), mean: rowsOf(6, [4]) }
    const { data } = arraySources(extra, { seed: 1, heldOut: 0 })
    expect(shapesOf(data).mean).toEqual([4])
    const batch = await data.batch(0, 3)
    expect(batch.mean!.get(1, 3)).toBe(batch.x.get(1, 0, 0))
  })

  it.each([
    [{ x: rowsOf(3, [2]), channels: rowsOf(4, [1, 2]) }, 0, /'channels' is \[4, 1, 2\] and 'x' \[3, 2\]/],
    [{ x: rowsOf(0, [2]) }, 0, /holds no examples/],
    [{ x: rowsOf(1, [2]) }, 0.5, /leave none to train on/],
    [{ x: rowsOf(3, [2]) }, 1, /share 1; it must be in \[0, 1\)/],
    [{ x: ndarray(Float32Array.of(0, 1, 2, NaN), [2, 2]) }, 0, /'x': row 1 holds NaN/],
  ])('refuses data that it cannot show', (bad, heldOut, message) => {
    expect(() => arraySources(bad, { seed: 1, heldOut })).toThrow(message)
  })
})

describe('a source over HDF5 files', () => {
  const shards = async (name: string): Promise<string[]> => {
    const files = [path(`${name}-1.h5`), path(`${name}-2.h5`)]
    await writeHdf5(files[0]!, arrays(30))
    await writeHdf5(files[1]!, arrays(25, 30))
    return files
  }
  const bytesPerRow = 4 * (4 + 12 + 5)

  it.each([
    ['all at once', 55, 1],
    ['windows of blocks', 4, 3],
    ['single rows', 1, 10],
  ])('shows what one in memory does: %s', async (_, block, window) => {
    const files = await shards(`same-${block}`)
    const streamed = await hdf5Sources(files, {
      seed: 3,
      heldOut: block === 55 ? 0 : 0.2,
      blockBytes: block * bytesPerRow,
      windowBytes: block * window * bytesPerRow,
    })
    const memory = rowSources(arrayRows(arrays(55)), { seed: 3, heldOut: block === 55 ? 0 : 0.2, block, window })
    const [a, b] = [await seen(streamed.data, 20, 8), await seen(memory.data, 20, 8)]
    expect(a).toEqual(b)
    expect(sorted(a.slice(0, streamed.data.size))).toEqual([...new Set(sorted(a))])
    if (streamed.heldOut) expect(await seen(streamed.heldOut, 2, 5)).toEqual(await seen(memory.heldOut!, 2, 5))
    streamed.close()
  })

  it('reads no more at once than its window, and each block once an epoch', async () => {
    const rows = await hdf5Rows(await shards('window'))
    let read = 0
    const largest = new Map<string, number>()
    const watched: Rows = {
      ...rows,
      read(name, start, stop, out, at) {
        if (name === 'x') read += stop - start
        largest.set(name, out.length)
        rows.read(name, start, stop, out, at)
      },
    }
    const { data, close } = rowSources(watched, { seed: 1, heldOut: 0, block: 5, window: 2 })
    await seen(data, 11, 5)
    expect(read).toBe(55)
    expect(largest.get('channels')).toBe(2 * 5 * 12)
    close()
  })

  it('says which file and dataset is wrong', async () => {
    const files = await shards('wrong')
    expect((await fileErrorOf(hdf5Sources([...files, path('none.h5')], { seed: 1 }))).message).toMatch(/none\.h5/)
    expect((await fileErrorOf(hdf5Sources(files, { seed: 1 }, { x: 'theta' }))).message).toMatch(/theta/)
    await writeHdf5(path('other.h5'), { x: rowsOf(4, [3]) })
    const error = await fileErrorOf(hdf5Sources([files[0]!, path('other.h5')], { seed: 1 }, { x: 'x' }))
    expect(error.message).toMatch(/other\.h5: expected rows of 'x' of shape \[2, 2\], as in .*, found \[3\]/)
    const bad = rowsOf(4, [2])
    bad.set(2, 1, Infinity)
    await writeHdf5(path('nan.h5'), { x: bad })
    const { data, close } = await hdf5Sources([path('nan.h5')], { seed: 1, heldOut: 0 })
    await expect(data.batch(0, 1)).rejects.toThrow(/nan\.h5, 'x': row 2 holds Infinity/)
    close()
    await expect(hdf5Sources([], { seed: 1 })).rejects.toThrow(/no HDF5 file/)
  })
})

describe('the order', () => {
  it('is a uniform permutation where one window holds all', () => {
    // 4000 epochs of 4 rows: each of 24 orders is expected 166.7 times; chi-squared of 23 degrees has its 1e-6 quantile at 71.
    const blocks = Uint32Array.of(0, 1, 2, 3)
    const at = windows({ key: key(5), size: 4, block: 1, blocks, window: 4 })
    const counts = new Map<string, number>()
    for (let epoch = 0; epoch < 4000; epoch++) {
      const order = at(4 * epoch).rows.join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    const mean = 4000 / 24
    expect(counts.size).toBe(24)
    expect([...counts.values()].reduce((sum, c) => sum + (c - mean) ** 2 / mean, 0)).toBeLessThan(71)
  })

  it('holds out about the share, one block at least', () => {
    expect(splitBlocks(key(1), 10, 0.01).heldOut).toHaveLength(1)
    expect(splitBlocks(key(1), 100, 0.25).heldOut).toHaveLength(25)
    expect(splitBlocks(key(1), 100, 0).heldOut).toHaveLength(0)
  })
})

describe('readAhead', () => {
  const { data } = arraySources(arrays(20), { seed: 1, heldOut: 0 })

  it('asks ahead, once for each step, and gives what the source gives', async () => {
    const asked: number[] = []
    const ask = readAhead({ ...data, batch: (step, n) => (asked.push(step), data.batch(step, n)) }, 4, 2)
    expect(numbersOf(await ask(5))).toEqual(numbersOf(await data.batch(5, 4)))
    expect(asked).toEqual([5, 6, 7])
    await ask(6)
    expect(asked).toEqual([5, 6, 7, 8])
  })

  it('passes an error on at its own step only', async () => {
    const failing = mapSource(data, {}, (batch, step) => {
      if (step === 2) throw new Error('no step 2')
      return batch
    })
    const ask = readAhead(failing, 4, 2)
    for (const step of [0, 1]) await ask(step)
    await expect(ask(2)).rejects.toThrow('no step 2')
  })
})
