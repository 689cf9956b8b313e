import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { elements, type NdArray } from '../../src/io/array.js'
import { dtypes } from '../../src/io/dtype.js'
import { openZarr, readZarr } from '../../src/io/zarr.js'
import { createZarr, writeZarr, type ZarrSpec } from '../../src/io/zarr-write.js'
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
let made = 0
const fresh = (): string => path(`${made++}.zarr`)

const spec: ZarrSpec = { shape: [2, 6, 3], chunks: [1, 2, 3], dtype: 'float64', dims: ['chain', 'draw', 'k'] }

async function readAll(folder: string): Promise<void> {
  const reader = await openZarr(folder)
  for (const name of reader.names) await reader.read(name)
}

describe('Zarr', () => {
  it('round trip of every type and shape', async () => {
    const arrays = Object.fromEntries(samples().map(([name, a]) => [`group/${name}`, a]))
    const folder = fresh()
    await writeZarr(folder, arrays, { attributes: { title: 'θ' } })
    const reader = await openZarr(folder)
    expect(reader.names).toEqual(Object.keys(arrays).sort())
    expect(await reader.attributes()).toEqual({ title: 'θ' })
    for (const [name, a] of Object.entries(arrays)) expectSame(await reader.read(name), a)
  })

  it("reads zarr-python's stores: types, codecs, fill values, version 2", async () => {
    const reader = await openZarr(fixture('ramp.zarr'))
    for (const dtype of dtypes) expectSame(await reader.read(dtype), ramp(dtype, [2, 3]))
    expect((await reader.info('int16')).dims).toEqual(['row', 'column'])
    expect((await reader.info('crc')).attributes).toEqual({ units: 'metre' })
    for (const name of ['gzip', 'blosc', 'crc']) expectSame(await reader.read(name), ramp('float64', [12]))
    expect([...(elements(await reader.read('sparse')) as Float64Array)]).toEqual([
      NaN,
      NaN,
      NaN,
      1,
      1,
      1,
      NaN,
      NaN,
      NaN,
    ])
    expect(((await reader.read('scalar')) as NdArray<Float64Array>).get()).toBe(2.5)
    expect(await reader.attributes()).toEqual({ title: 'ramp' })
    expectSame(await readZarr(fixture('v2.zarr')), ramp('float32', [2, 3]))
  })

  it.each(['zstd', 'none'] as const)('is written block by block, %s', async compression => {
    const folder = fresh()
    const writer = await createZarr(folder)
    const theta = await writer.array('posterior/theta', { ...spec, attributes: { units: 'm' }, compression })
    const all = ramp('float64', [2, 6, 3]) as NdArray<Float64Array>
    for (const draw of [4, 0]) await theta.write([0, draw, 0], all.lo(0, draw, 0).hi(2, 2, 3))
    const read = async (): Promise<NdArray<Float64Array>> => (await readZarr(folder)) as NdArray<Float64Array>
    const half = await read()
    expect([half.get(1, 0, 2), half.get(1, 2, 0), half.get(1, 4, 0)]).toEqual([all.get(1, 0, 2), NaN, all.get(1, 4, 0)])
    // Blocks need not follow the chunks, and writes at once wait for each other.
    await Promise.all([0, 1, 2, 3, 4, 5].map(draw => theta.write([0, draw, 0], all.lo(0, draw, 0).hi(2, 1, 3))))
    expectSame(await read(), all)
    expectSame(await (await openZarr(folder)).rows('posterior/theta', 1, 2), all.lo(1, 0, 0))
  })

  it('grows and goes on after a restart', async () => {
    const folder = fresh()
    const x = await (await createZarr(folder)).array('x', { shape: [3], chunks: [2], dtype: 'int64' })
    await x.write([0], ramp('int64', [3]))
    const again = await (await createZarr(folder, { resume: true })).existing('x')
    await again.resize([5])
    expect(again.info.shape).toEqual([5])
    await again.write([3], ramp('int64', [2]))
    expect([...(elements(await readZarr(folder)) as BigInt64Array)]).toEqual([0n, 1n, 2n, 0n, 1n])
  })

  it('refuses blocks, names and shapes that do not fit', async () => {
    const folder = fresh()
    const writer = await createZarr(folder)
    const x = await writer.array('x', spec)
    await expect(x.write([0, 5, 0], ramp('float64', [2, 2, 3]))).rejects.toThrow(
      'a block [2, 2, 3] at [0, 5, 0] of the shape [2, 6, 3]',
    )
    await expect(x.write([0, 0], ramp('float64', [2, 2]))).rejects.toThrow(/block \[2, 2\]/)
    await expect(x.write([0, 0, 0], ramp('int8', [2, 2, 3]))).rejects.toThrow(/float64, got int8/)
    for (const name of ['', 'a//b', '../x', '__x', 'a?b'])
      await expect(writer.array(name, spec)).rejects.toThrow(/Zarr name/)
    await expect(writer.array('y', { ...spec, chunks: [1, 0, 3] })).rejects.toThrow(/chunks \[1, 0, 3\]/)
    await expect(writer.array('y', { ...spec, dims: ['a'] })).rejects.toThrow(/1 dimension names/)
    expect((await fileErrorOf(createZarr(folder))).message).toMatch(/a free name/)
    expect((await fileErrorOf(writeZarr(folder, {}))).message).toMatch(/a free name/)
  })

  it('refuses every cut of metadata and chunks, and notices every flipped bit of a chunk', async () => {
    const folder = fresh()
    await writeZarr(folder, { x: ramp('float64', [4, 3]) })
    for (const file of ['zarr.json', 'x/zarr.json', 'x/c/0/0']) {
      const copy = path('copy.zarr')
      await cp(folder, copy, { recursive: true })
      const read = (): Promise<void> => readAll(copy)
      await sweepTruncation(
        join(folder, file),
        join(copy, file),
        f =>
          read().catch((error: unknown) => {
            throw named(error, f)
          }),
        40,
      )
      const refused = await flipBits(join(folder, file), join(copy, file), read, 60)
      if (file.endsWith('0')) expect(refused).toBe(60)
      await rm(copy, { recursive: true })
    }
  })

  it('survives flipped bits in stores of others', async () => {
    for (const name of ['gzip', 'blosc', 'float32', 'crc']) {
      const copy = path('copy.zarr')
      await cp(fixture('ramp.zarr'), copy, { recursive: true })
      const chunk = join('ramp.zarr', name, name === 'float32' ? 'c/0/0' : 'c/0')
      const target = join(copy, chunk.slice('ramp.zarr/'.length))
      const read = async (): Promise<unknown> => (await openZarr(copy)).read(name)
      await flipBits(fixture(chunk), target, read, 40)
      await sweepTruncation(
        fixture(chunk),
        target,
        f =>
          read().catch((error: unknown) => {
            throw named(error, f)
          }),
        20,
      )
      await rm(copy, { recursive: true })
    }
  })

  it('believes no metadata', async () => {
    const folder = fresh()
    await writeZarr(folder, { x: ramp('float64', [4]) })
    const file = join(folder, 'x/zarr.json')
    const original = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    const refuse = async (change: Record<string, unknown>): Promise<string> => {
      await writeFile(file, JSON.stringify({ ...original, ...change }))
      return (await fileErrorOf(readZarr(folder))).message
    }
    const grid = (n: unknown): Record<string, unknown> => ({
      chunk_grid: { name: 'regular', configuration: { chunk_shape: [n] } },
    })
    expect(await refuse({ shape: [2 ** 45] })).toMatch(/found a shape \[35184372088832\] of 281474976710656 bytes/)
    expect(await refuse({ shape: [10 ** 6], ...grid(1) })).toMatch(/in 1000000 chunks/)
    expect(await refuse(grid(2 ** 45))).toMatch(/at most/)
    expect(await refuse({ shape: [-4] })).toMatch(/positive extents/)
    expect(await refuse({ shape: 'four' })).toMatch(/positive extents/)
    expect(await refuse(grid(0))).toMatch(/positive extents/)
    expect(await refuse({ shape: [4, 1] })).toMatch(/positive extents/)
    expect(await refuse({ shape: [8], ...grid(8) })).toMatch(/a chunk of 32 bytes instead of 64/)
    expect(await refuse({ data_type: 'string' })).toMatch(/string/)
    expect(await refuse({ data_type: 'float13' })).toMatch(/float13/)
    expect(await refuse({ codecs: null })).toMatch(/x.*expected whole Zarr metadata/)
    expect(await refuse({ codecs: [{ name: 'magic', configuration: {} }] })).toMatch(/magic/)
    expect(await refuse({ node_type: 'tree' })).toMatch(/found "tree"/)
  })

  it('leaves no temporary file, and says what is no Zarr', async () => {
    const folder = fresh()
    await writeZarr(folder, { x: ramp('float64', [4]) })
    const names = await readdir(folder, { recursive: true })
    expect(names.filter(name => name.includes('.tmp'))).toEqual([])
    expect((await fileErrorOf(openZarr(path('.')))).message).toMatch(/found another folder/)
    expect((await fileErrorOf(openZarr(fixture('big.npy')))).message).toMatch(/found a file/)
    expect((await fileErrorOf(openZarr(path('none.zarr')))).message).toMatch(/expected an existing file/)
    expect((await fileErrorOf((await openZarr(folder)).read('y'))).message).toMatch(/named y, found the names x/)
  })
})

/** The sweep looks for the file it cut in the message; here the folder is what is read. */
function named(error: unknown, file: string): unknown {
  if (error instanceof Error) error.message += ` (${file})`
  return error
}
