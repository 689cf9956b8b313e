import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import type { NdArray } from '../../src/io/array.js'
import { dtypes } from '../../src/io/dtype.js'
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.js'
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

async function refuse(header: unknown, data = 0, length?: bigint): Promise<string> {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(length ?? BigInt(text.length))
  await writeFile(path('lie.safetensors'), Buffer.concat([head, text, Buffer.alloc(data)]))
  return (await fileErrorOf(readSafetensors(path('lie.safetensors')))).message
}
const tensor = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

describe('safetensors', () => {
  it('round trip of every type and shape, with metadata', async () => {
    const arrays = Object.fromEntries(samples())
    await writeSafetensors(path('a.safetensors'), arrays, { format: 'invdiff', note: 'θ' })
    const { tensors, metadata } = await readSafetensors(path('a.safetensors'))
    expect(metadata).toEqual({ format: 'invdiff', note: 'θ' })
    expect(Object.keys(tensors).sort()).toEqual(Object.keys(arrays).sort())
    for (const [name, a] of Object.entries(arrays)) expectSame(tensors[name], a)
  })

  it('lays tensors out aligned, so that they are views of one piece of memory', async () => {
    await writeSafetensors(path('a.safetensors'), {
      a: ramp('int8', [3]),
      b: ramp('float32', [3]),
      c: ramp('float64', [3]),
    })
    const { tensors } = await readSafetensors(path('a.safetensors'))
    expect(new Set(Object.values(tensors).map(t => t.data.buffer)).size).toBe(1)
  })

  it('reads the files of the reference implementation and writes the same bytes', async () => {
    const { tensors, metadata } = await readSafetensors(fixture('ramp.safetensors'))
    expect(metadata).toEqual({ made: 'by safetensors' })
    for (const dtype of dtypes) expectSame(tensors[dtype], ramp(dtype, [2, 3]))
    expect((tensors.scalar as NdArray<Float64Array>).get()).toBe(2.5)
    await writeSafetensors(path('a.safetensors'), tensors, metadata)
    expect(await readFile(path('a.safetensors'))).toEqual(await readFile(fixture('ramp.safetensors')))
    const half = (await readSafetensors(fixture('half.safetensors'))).tensors.half!
    expect([...(half.data as Float32Array)]).toEqual([0, -0, 1, -2.5, 65504, 2 ** -24, Infinity, -Infinity, NaN])
  })

  it('widens bfloat16', async () => {
    const header = Buffer.from(JSON.stringify({ a: tensor(0, 4, [2], 'BF16') }))
    const head = Buffer.alloc(8)
    head.writeBigUInt64LE(BigInt(header.length))
    await writeFile(path('b.safetensors'), Buffer.concat([head, header, Buffer.from([0x80, 0x3f, 0x20, 0xc0])]))
    expect([...((await readSafetensors(path('b.safetensors'))).tensors.a!.data as Float32Array)]).toEqual([1, -2.5])
  })

  it('writes views', async () => {
    const view = ramp('float32', [2, 3]).transpose(1, 0)
    await writeSafetensors(path('a.safetensors'), { view })
    expectSame((await readSafetensors(path('a.safetensors'))).tensors.view, view)
  })

  it('refuses every cut and survives flipped bits', async () => {
    await sweepTruncation(fixture('ramp.safetensors'), path('cut'), readSafetensors, 200)
    expect(await flipBits(fixture('ramp.safetensors'), path('flip'), readSafetensors, 400)).toBeGreaterThan(100)
  })

  it('believes no header', async () => {
    expect(await refuse('{}', 0, 2n ** 60n)).toMatch(/at most 2 bytes, found the length 11529215046/)
    expect(await refuse('{}', 0, 2n ** 64n - 1n)).toMatch(/at most 2 bytes/)
    expect(await refuse('{"a":', 0)).toMatch(/a JSON header/)
    expect(await refuse('[1]')).toMatch(/a JSON object/)
    expect(await refuse({ a: tensor(0, 8), b: tensor(4, 12) }, 12)).toMatch(/an overlap/)
    expect(await refuse({ a: tensor(0, 8), b: tensor(12, 16) }, 16)).toMatch(/a hole/)
    expect(await refuse({ a: tensor(4, 8) }, 8)).toMatch(/a hole/)
    expect(await refuse({ a: tensor(0, 8) }, 16)).toMatch(/8 bytes of data, found 16/)
    expect(await refuse({ a: tensor(0, 2 ** 40) }, 8)).toMatch(/1099511627776 bytes of data, found 8/)
    expect(await refuse({ a: tensor(0, 8, [2 ** 30, 2 ** 30]) }, 8)).toMatch(/2\^53/)
    expect(await refuse({ a: tensor(0, 8, [-2]) }, 8)).toMatch(/dtype, shape and data_offsets of a/)
    expect(await refuse({ a: tensor(8, 0, [2]) }, 8)).toMatch(/8 bytes for a/)
    expect(await refuse({ a: tensor(0, 8, [2], 'F8_E4M3') }, 8)).toMatch(/F8_E4M3/)
    expect(await refuse({ a: tensor(0, 8, [2], 'constructor') }, 8)).toMatch(/constructor/)
    expect(await refuse({ __metadata__: { a: 1 } })).toMatch(/texts as __metadata__/)
    expect(await refuse({ a: null })).toMatch(/dtype, shape and data_offsets of a/)
  })

  it('says what another file is, and refuses the reserved name', async () => {
    expect((await fileErrorOf(readSafetensors(fixture('ramp.h5')))).message).toMatch(/Use readHdf5/)
    await expect(writeSafetensors(path('x'), { __metadata__: ramp('int8', [1]) })).rejects.toThrow(/reserved/)
  })
})
