import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { elements, type NdArray } from '../../src/io/array.js'
import { BoolArray, dtypes } from '../../src/io/dtype.js'
import { openHdf5, openHdf5InTurn, readHdf5 } from '../../src/io/hdf5.js'
import { boxes } from '../../src/io/hdf5-boxes.js'
import { openHandle } from '../../src/io/hdf5-engine.js'
import { createHdf5, writeHdf5 } from '../../src/io/hdf5-write.js'
import {
  expectSame,
  fileErrorOf,
  fixture,
  flipBits,
  ramp,
  samples,
  sweepTruncation,
  temporaryFolder,
} from './helpers.js'

const path = temporaryFolder()

/** Reads all that there is. */
async function readAll(file: string): Promise<void> {
  const reader = await openHdf5(file)
  try {
    reader.attributes()
    for (const name of reader.names) {
      if (name.endsWith('text')) continue
      reader.attributes(name)
      reader.read(name)
    }
  } finally {
    reader.close()
  }
}

describe('HDF5', () => {
  it('round trip of every type and shape, in groups, with attributes', async () => {
    const arrays = Object.fromEntries(samples().map(([name, a]) => [`group/sub/${name}`, a]))
    const attributes = { title: 'θ', sigma: 0.5, n: 3, big: 2n ** 60n, grid: Float64Array.of(1, 2), names: ['a', 'b'] }
    await writeHdf5(path('a.h5'), arrays, { attributes })
    const reader = await openHdf5(path('a.h5'))
    expect([...reader.names].sort()).toEqual(Object.keys(arrays).sort())
    expect(reader.attributes()).toEqual(attributes)
    for (const [name, a] of Object.entries(arrays)) expectSame(reader.read(name), a)
    reader.close()
  })

  it('writes views, compressed and in chunks', async () => {
    const view = ramp('float32', [5, 30, 4]).transpose(1, 0, 2)
    const writer = await createHdf5(path('a.h5'))
    writer.dataset('view', view, { compression: 6, chunks: [7, 2, 4], attributes: { units: 'm' } })
    await writer.close()
    const reader = await openHdf5(path('a.h5'))
    expect(reader.info('view')).toMatchObject({ shape: [30, 5, 4], dtype: 'float32', chunks: [7, 2, 4] })
    expect(reader.attributes('view')).toEqual({ units: 'm' })
    expectSame(reader.read('view'), view)
    reader.close()
  })

  it("reads h5py's files: types, byte order, half precision, filters, attributes", async () => {
    const reader = await openHdf5(fixture('ramp.h5'))
    for (const dtype of dtypes) expectSame(reader.read(`types/${dtype}`), ramp(dtype, [2, 3]))
    expectSame(reader.read('/big'), ramp('float64', [2, 3]))
    expect((reader.read('scalar') as NdArray<Float64Array>).get()).toBe(2.5)
    const half = reader.read('half').data as Float32Array
    expect([...half]).toEqual([0, -0, 1, -2.5, 65504, 2 ** -24, Infinity, -Infinity, NaN])
    const rows = ramp('float64', [20, 3]) as NdArray<Float64Array>
    expectSame(reader.read('rows'), rows)
    expectSame(reader.rows('rows', 3, 9), rows.lo(3, 0).hi(6, 3))
    expect(reader.rows('rows', 5, 5).shape).toEqual([0, 3])
    const attributes = { title: 'ramp', version: 3n, scale: 0.5, spacing: Float64Array.of(0.1, 0.2), on: true }
    expect(reader.attributes()).toEqual(attributes)
    expect(reader.attributes('rows')).toEqual({ units: 'metre' })
    reader.close()
    expectSame(await readHdf5(fixture('single.h5')), ramp('float32', [2, 3]))
  })

  it('appends rows and reads them in slices, larger than a block', async () => {
    const writer = await createHdf5(path('long.h5'))
    const rows = writer.appendable('x', 'float64', [1000])
    const truth = writer.appendable('truth', 'bool', [])
    for (let k = 0; k < 6; k++) {
      rows.append(fill([1000, 1000], k))
      truth.append(ramp('bool', [3]))
    }
    expect(rows.rows).toBe(6000)
    expect(() => rows.append(fill([2, 5], 0))).toThrow('expected rows of shape [1000], got a block [2, 5]')
    expect(() => rows.append(ramp('int8', [1, 1000]))).toThrow(/rows of float64, got int8/)
    writer.dataset('whole', fill([3000, 1000], 7))
    await writer.close()
    const reader = await openHdf5(path('long.h5'))
    const slice = elements(reader.rows('x', 999, 3001) as NdArray<Float64Array>)
    expect([slice.length, slice[0], slice[1000], slice.at(-1)]).toEqual([2002000, 0, 1, 3])
    const whole = elements(reader.read('x') as NdArray<Float64Array>)
    expect(whole.reduce((sum, v) => sum + v, 0)).toBe(15e6)
    expect(elements(reader.read('whole') as NdArray<Float64Array>).every(v => v === 7)).toBe(true)
    expect(reader.read('truth').data).toEqual(BoolArray.from([0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0]))
    reader.close()
  })

  it('cuts any shape into contiguous pieces that cover it once', () => {
    for (const [shape, chunks] of [
      [[], null],
      [[5], null],
      [[2, 3, 2 ** 20], null],
      [
        [3, 2 ** 21, 3],
        [1, 1000, 3],
      ],
      [
        [2 ** 22, 5],
        [100, 5],
      ],
      [[0, 4], null],
    ] as [number[], number[] | null][]) {
      let place = 0
      for (const box of boxes(shape, 8, chunks)) {
        expect(box.place).toBe(place)
        place += box.count.reduce((n, c) => n * c, 8)
        expect(box.count.reduce((n, c) => n * c, 8)).toBeLessThanOrEqual(2 ** 24)
      }
      expect(place).toBe(shape.reduce((n, extent) => n * extent, 8))
    }
  })

  it('appears only when it is whole', async () => {
    await writeFile(path('old.h5'), 'old')
    const writer = await createHdf5(path('old.h5'))
    writer.dataset('x', ramp('float64', [3]))
    expect(await readFile(path('old.h5'), 'utf8')).toBe('old')
    await writer.abort()
    expect(await readFile(path('old.h5'), 'utf8')).toBe('old')
    await expect(writeHdf5(path('old.h5'), { x: ramp('int8', [1]), 'x/y': ramp('int8', [1]) })).rejects.toThrow(/x/)
    expect(await readFile(path('old.h5'), 'utf8')).toBe('old')
    expect((await readdir(path('.'))).filter(name => name.includes('.tmp'))).toEqual([])
  })

  it('refuses every cut', async () => {
    await sweepTruncation(fixture('ramp.h5'), path('cut.h5'), readAll, 20)
  })

  it('survives flipped bits, and reads a good file after them', async () => {
    expect(await flipBits(fixture('ramp.h5'), path('flip.h5'), readAll, 30)).toBeGreaterThan(5)
    await readAll(fixture('ramp.h5'))
  })

  it('leaves no file open after errors', async () => {
    if (process.platform !== 'linux') return
    const open = async (): Promise<number> => (await readdir('/proc/self/fd')).length
    await writeFile(path('cut.h5'), (await readFile(fixture('ramp.h5'))).subarray(0, 5000))
    await fileErrorOf(readAll(path('cut.h5')))
    const before = await open()
    for (let k = 0; k < 5; k++) await fileErrorOf(readAll(path('cut.h5')))
    expect(await open()).toBe(before)
  })

  it('reads many files in turn, one of them open at a time; damage in one closes all', async () => {
    const open = async (): Promise<number> =>
      process.platform === 'linux' ? (await readdir('/proc/self/fd')).length : 0
    const files = [0, 1, 2].map(k => path(`turn-${k}.h5`))
    for (const [k, file] of files.entries()) await writeHdf5(file, { x: ramp('float32', [4, k + 1]) })
    const before = await open()
    const readers = await openHdf5InTurn(files)
    for (const k of [2, 0, 1, 1, 2]) expectSame(readers[k]!.read('x'), ramp('float32', [4, k + 1]))
    expect(await open()).toBeLessThanOrEqual(before + 1)
    readers[1]!.close()
    expect(() => readers[1]!.rows('x', 0, 1)).toThrow(/turn-1\.h5: expected an open HDF5 file/)
    expectSame(readers[0]!.read('x'), ramp('float32', [4, 1]))
    for (const reader of readers) reader.close()

    const more = await openHdf5InTurn(files)
    expectSame(more[0]!.read('x'), ramp('float32', [4, 1]))
    await truncate(files[2]!, 1000)
    expect(() => more[2]!.read('x')).toThrow(/turn-2\.h5, byte 0: expected .*cut short or damaged/s)
    expect(() => more[0]!.read('x')).toThrow(/turn-0\.h5: expected an open HDF5 file/)
    for (const reader of more) reader.close()
    expect((await fileErrorOf(openHdf5InTurn([files[0]!, path('none.h5')]))).message).toMatch(/none\.h5/)
    expect(await open()).toBe(before)
  })

  it('does not take memory for rows that a small file cannot hold', async () => {
    const writer = await createHdf5(path('sparse.h5'))
    const rows = writer.appendable('x', 'float64', [1])
    rows.append(ramp('float64', [2, 1]))
    await writer.close()
    const handle = await openHandle('sparse.h5', path('sparse.h5'), 'edit')
    handle.call('', (engine, id) => engine.resize_dataset(id, 'x', [2n ** 45n, 1n]))
    handle.close()
    const error = await fileErrorOf(readHdf5(path('sparse.h5')))
    expect(error.message).toMatch(/found a shape \[35184372088832, 1\] of 281474976710656.*rows\(name/)
    const reader = await openHdf5(path('sparse.h5'))
    expectSame(reader.rows('x', 0, 2), ramp('float64', [2, 1]))
    reader.close()
  })

  it('names what is wrong', async () => {
    const reader = await openHdf5(fixture('ramp.h5'))
    expect(() => reader.read('x')).toThrow(/an array named x, found the names/)
    expect(() => reader.read('text')).toThrow(/numbers in the dataset text, found text/)
    expect(() => reader.rows('rows', 5, 21)).toThrow(/rows 5 to 21 of rows, which has the shape \[20, 3\]/)
    reader.close()
    expect(() => reader.read('big')).toThrow(/it was closed/)
    expect((await fileErrorOf(readHdf5(fixture('ramp.h5')))).message).toMatch(/name one of several/)
    expect((await fileErrorOf(openHdf5(fixture('big.npy')))).message).toMatch(/an NPY file. Use readNpy/)
    expect((await fileErrorOf(openHdf5(path('none.h5')))).message).toMatch(/none.h5: expected an existing file/)
    expect((await fileErrorOf(createHdf5(path('no/where.h5')))).message).toMatch(
      /where.h5: expected a file that can be/,
    )
  })
})

function fill(shape: number[], value: number): NdArray<Float64Array> {
  const a = ramp('float64', shape) as NdArray<Float64Array>
  a.data.fill(value)
  return a
}
