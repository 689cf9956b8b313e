import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { dtypeOf, type NdArray } from '../../src/io/array.js'
import { readNpy, writeNpy } from '../../src/io/npy.js'
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

/** An NPY file of version 1 or 2 with any header text. */
async function withHeader(dict: string, data = 0, version = 1, declared?: number | bigint): Promise<string> {
  const text = Buffer.from(dict, 'latin1')
  const head = Buffer.alloc(version === 1 ? 10 : 12)
  head.write('\x93NUMPY', 'latin1')
  head.writeUInt8(version, 6)
  if (version === 1) head.writeUInt16LE(Number(declared ?? text.length), 8)
  else head.writeUInt32LE(Number(declared ?? text.length), 8)
  const file = path('hostile.npy')
  await writeFile(file, Buffer.concat([head, text, Buffer.alloc(data)]))
  return file
}
const header = (descr: string, shape: string): string =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`

describe('NPY', () => {
  it.each(samples())('round trip of %s', async (_name, a) => {
    await writeNpy(path('a.npy'), a)
    expectSame(await readNpy(path('a.npy')), a)
  })

  it('writes views in C order, and Fortran order as it is', async () => {
    const a = ramp('float32', [2, 3, 4])
    for (const view of [a.transpose(2, 1, 0), a.transpose(1, 0, 2), a.step(1, -1, 2), a.lo(1, 1, 1)]) {
      await writeNpy(path('a.npy'), view)
      expectSame(await readNpy(path('a.npy')), view)
    }
    await writeNpy(path('a.npy'), a.transpose(2, 1, 0))
    const back = await readNpy(path('a.npy'))
    expect([back.stride, back.data]).toEqual([[1, 4, 12], a.data])
  })

  it("reads NumPy's files: byte orders, memory orders, versions, half precision", async () => {
    expectSame(await readNpy(fixture('big.npy')), ramp('float64', [2, 3]))
    expectSame(await readNpy(fixture('big_int16.npy')), ramp('int16', [2, 3]))
    expectSame(await readNpy(fixture('version2.npy')), ramp('int32', [2, 3]))
    expectSame(await readNpy(fixture('version3.npy')), ramp('int32', [2, 3]))
    expectSame(await readNpy(fixture('empty.npy')), ramp('int32', [0, 3]))
    const fortran = (await readNpy(fixture('fortran.npy'))) as NdArray<Float32Array>
    expect(fortran.stride).toEqual([1, 2, 6])
    expectSame(fortran, ramp('float32', [2, 3, 4]))
    const scalar = (await readNpy(fixture('scalar.npy'))) as NdArray<Float64Array>
    expect([scalar.shape, scalar.get()]).toEqual([[], 2.5])
    const half = await readNpy(fixture('half.npy'))
    expect(dtypeOf(half)).toBe('float32')
    expect([...(half.data as Float32Array)]).toEqual([0, -0, 1, -2.5, 65504, 2 ** -24, Infinity, -Infinity, NaN])
  })

  it('writes the bytes that NumPy writes', async () => {
    await writeNpy(path('a.npy'), ramp('int32', [0, 3]))
    expect(await readFile(path('a.npy'))).toEqual(await readFile(fixture('empty.npy')))
    await writeNpy(path('a.npy'), ramp('float32', [4, 3, 2]).transpose(2, 1, 0))
    const numpy = await readFile(fixture('fortran.npy'))
    expect((await readFile(path('a.npy'))).subarray(0, 128)).toEqual(numpy.subarray(0, 128))
  })

  it('refuses every cut, naming the byte', async () => {
    await sweepTruncation(fixture('fortran.npy'), path('cut.npy'), readNpy, 230)
    await writeFile(path('cut.npy'), (await readFile(fixture('big.npy'))).subarray(0, 130))
    const error = await fileErrorOf(readNpy(path('cut.npy')))
    expect(error.offset).toBe(128)
    expect(error.message).toMatch(/cut\.npy, byte 128: expected 48 bytes of data \(>f8 \[2, 3\]\), found 2/)
  })

  it('survives flipped bits', async () => {
    expect(await flipBits(fixture('fortran.npy'), path('flip.npy'), readNpy, 400)).toBeGreaterThan(50)
  })

  it('believes no header: shapes are checked against the file before memory is taken', async () => {
    const refuse = async (file: string): Promise<string> => (await fileErrorOf(readNpy(file))).message
    expect(await refuse(await withHeader(header('<f8', '(1099511627776,)')))).toMatch(/8796093022208 bytes of data/)
    expect(await refuse(await withHeader(header('<f8', '(4294967296, 4294967296)')))).toMatch(/2\^53/)
    expect(await refuse(await withHeader(header('<f8', '(99999999999999999999999,)')))).toMatch(/integers from 0/)
    expect(await refuse(await withHeader(header('<f8', '(-1, 3)')))).toMatch(/'shape'/)
    expect(await refuse(await withHeader(header('<f8', `(${'1, '.repeat(40)})`), 8))).toMatch(/40 axes/)
    expect(await refuse(await withHeader(header('<f8', '(2,)'), 24))).toMatch(/found 8 more/)
    expect(await refuse(await withHeader(header('<f8', '(2,)'), 16, 2, 2 ** 31))).toMatch(/at most 1048576/)
    expect(await refuse(await withHeader(header('<f8', '(2,)'), 16, 1, 60000))).toMatch(/60000 bytes of the header/)
    expect(await refuse(await withHeader(header('<f8', '(2,)'), 16, 9))).toMatch(/version 9/)
    expect(await refuse(await withHeader("{'descr': '<f8', 'shape': (2,), }", 16))).toMatch(/fortran_order/)
    expect(await refuse(await withHeader(header('<f8', '(2,)').replace('}', "'more': 1}"), 16))).toMatch(/NPY header/)
  })

  it('says what it cannot hold, and what another file is', async () => {
    expect((await fileErrorOf(readNpy(fixture('complex.npy')))).message).toMatch(/<c16.*astype/)
    expect((await fileErrorOf(readNpy(fixture('structured.npy')))).message).toMatch(/structured array/)
    expect((await fileErrorOf(readNpy(fixture('ramp.h5')))).message).toMatch(/found an HDF5 file\. Use readHdf5/)
    expect((await fileErrorOf(readNpy(fixture('stored.npz')))).message).toMatch(/Use readNpz/)
    expect((await fileErrorOf(readNpy(path('none.npy')))).message).toMatch(/none\.npy: expected an existing file/)
    expect((await fileErrorOf(readNpy(fixture('ramp.zarr')))).message).toMatch(/found a folder/)
  })
})
