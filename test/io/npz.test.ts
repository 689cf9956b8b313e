import { readFile, stat, writeFile } from 'node:fs/promises'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { crc32, crc32Table, crc32c } from '../../src/io/crc.js'
import { dtypes } from '../../src/io/dtype.js'
import { listNpz, readNpz, writeNpz } from '../../src/io/npz.js'
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

interface Fields {
  name?: string
  method?: number
  packed?: Buffer
  size?: number
  count?: number
  directory?: number
  offset?: number
  repeat?: number
}

/** A ZIP archive of one member (listed `repeat` times) whose numbers may lie. */
function zip({ name = 'a.npy', method = 8, packed = Buffer.alloc(8), size = 8, ...lies }: Fields): Buffer {
  const { count, directory, offset = 0, repeat = 1 } = lies
  const local = Buffer.alloc(30 + name.length)
  local.write('PK\x03\x04', 'latin1')
  local.writeUInt16LE(name.length, 26)
  local.write(name, 30)
  const entry = Buffer.alloc(46 + name.length)
  entry.write('PK\x01\x02', 'latin1')
  entry.writeUInt16LE(method, 10)
  entry.writeUInt32LE(packed.length, 20)
  entry.writeUInt32LE(size, 24)
  entry.writeUInt16LE(name.length, 28)
  entry.writeUInt32LE(offset, 42)
  entry.write(name, 46)
  const entries = Buffer.concat(new Array<Buffer>(repeat).fill(entry))
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(count ?? repeat, 10)
  end.writeUInt32LE(entries.length, 12)
  end.writeUInt32LE(directory ?? local.length + packed.length, 16)
  return Buffer.concat([local, packed, entries, end])
}

describe('checksums', () => {
  it('agree with the published check values of "123456789"', () => {
    const bytes = Buffer.from('123456789')
    expect([crc32(bytes), crc32Table(bytes), crc32c(bytes)]).toEqual([0xcbf43926, 0xcbf43926, 0xe3069283])
    expect([crc32Table(new Uint8Array(0)), crc32c(new Uint8Array(0))]).toEqual([0, 0])
  })

  it('are the same by table and by Node', () => {
    const bytes = Uint8Array.from({ length: 1001 }, (_, i) => (i * 37) % 251)
    for (const part of [bytes, bytes.subarray(3), bytes.subarray(1, 14)]) expect(crc32Table(part)).toBe(crc32(part))
  })
})

describe('NPZ', () => {
  it.each([false, true])('round trip of every type and shape, compressed: %s', async compress => {
    const arrays = Object.fromEntries(samples())
    await writeNpz(path('a.npz'), arrays, { compress })
    const back = await readNpz(path('a.npz'))
    expect(Object.keys(back)).toEqual(Object.keys(arrays))
    for (const [name, a] of Object.entries(arrays)) expectSame(back[name], a)
  })

  it("reads NumPy's archives, stored (ZIP64) and deflated, whole or in part", async () => {
    for (const file of [fixture('stored.npz'), fixture('deflated.npz')]) {
      const arrays = await readNpz(file)
      for (const dtype of dtypes) expectSame(arrays[dtype], ramp(dtype, [2, 3]))
    }
    expect(await listNpz(fixture('stored.npz'))).toEqual(expect.arrayContaining(dtypes))
    expect(Object.keys(await readNpz(fixture('deflated.npz'), ['zeros', 'int8']))).toEqual(['zeros', 'int8'])
  })

  it('gives equal bytes for equal arrays, and fewer when compressed', async () => {
    const a = { zeros: ramp('bool', [5000]) }
    for (const name of ['1.npz', '2.npz']) await writeNpz(path(name), a)
    expect(await readFile(path('1.npz'))).toEqual(await readFile(path('2.npz')))
    await writeNpz(path('2.npz'), a, { compress: true })
    expect((await stat(path('2.npz'))).size).toBeLessThan(1000)
  })

  it('keeps names as they are', async () => {
    const a = { 'θ/x': ramp('int8', [2]), ['__proto__']: ramp('int8', [3]), '': ramp('int8', [1]) }
    await writeNpz(path('a.npz'), a)
    expect(await listNpz(path('a.npz'))).toEqual(Object.keys(a))
    expectSame((await readNpz(path('a.npz')))['θ/x'], a['θ/x'])
  })

  it('refuses every cut', async () => {
    await sweepTruncation(fixture('deflated.npz'), path('cut.npz'), readNpz, 150)
    await sweepTruncation(fixture('stored.npz'), path('cut.npz'), readNpz, 80)
  })

  it('survives flipped bits, and notices those in the data', async () => {
    expect(await flipBits(fixture('deflated.npz'), path('flip.npz'), readNpz, 200)).toBeGreaterThan(100)
    const bytes = await readFile(fixture('stored.npz'))
    bytes[bytes.indexOf('float64.npy') + 11 + 20 + 128 + 3]! ^= 1 // name, ZIP64 field, NPY header, data
    await writeFile(path('flip.npz'), bytes)
    expect((await fileErrorOf(readNpz(path('flip.npz'), ['float64']))).message).toMatch(/checksum/)
  })

  it('believes no directory', async () => {
    const refuse = async (fields: Fields): Promise<string> => {
      await writeFile(path('lie.npz'), zip(fields))
      return (await fileErrorOf(readNpz(path('lie.npz')))).message
    }
    expect(await refuse({ size: 2 ** 31 })).toMatch(/possible size .* found 2147483648/)
    expect(await refuse({ size: 99, method: 0 })).toMatch(/possible size/)
    expect(await refuse({ count: 60000 })).toMatch(/60000 entries/)
    expect(await refuse({ directory: 2 ** 31 })).toMatch(/no room/)
    expect(await refuse({ offset: 2 ** 31 })).toMatch(/room for the member/)
    expect(await refuse({ repeat: 20 })).toMatch(/room for the member/)
    expect(await refuse({ method: 14 })).toMatch(/method 14/)
    expect(await refuse({ method: 8, packed: Buffer.alloc(30, 0xff), size: 100 })).toMatch(/deflated data/)
    const bomb = deflateRawSync(Buffer.alloc(2 ** 24))
    expect(await refuse({ packed: bomb, size: 1000 })).toMatch(/expected 1000 bytes of a.npy, found more/)
    expect(await refuse({ packed: deflateRawSync(Buffer.alloc(10)), size: 100 })).toMatch(
      /100 bytes of a.npy, found 10/,
    )
  })

  it('names what is there when a name is not, and what another file is', async () => {
    expect((await fileErrorOf(readNpz(fixture('stored.npz'), ['x']))).message).toMatch(
      /named x, found the names float64/,
    )
    expect((await fileErrorOf(readNpz(fixture('big.npy')))).message).toMatch(/an NPY file. Use readNpy/)
  })
})
