import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { crc32 } from './crc.js'
import { FileError, messageOf } from './error.js'
import { foreignFile } from './sniff.js'
import { allocateBytes, readHead, type Source } from './source.js'

// The ZIP container (PKWARE APPNOTE 6.3), as far as NPZ uses it: stored and deflated members, ZIP64 on reading.
// The directory is read here, not by a library, so that one member of a large archive is read without the others
// and every number in the directory is checked before it is believed.

export interface Member {
  name: string
  method: 'stored' | 'deflated'
  /** Bytes in the archive and after inflating. */
  packed: number
  size: number
  crc: number
  /** Where the member's local header stands. */
  offset: number
}

/** Deflate expands by at most 1032: a larger claim is a lie. */
const largestRatio = 1032
const methods: Record<number, Member['method']> = { 0: 'stored', 8: 'deflated' }
const remedy = 'The archive is cut short or damaged: copy or create it again.'

/** The members of an archive, checked: sizes within the file, none on top of another. Throws `FileError`. */
export async function readDirectory(source: Source): Promise<Member[]> {
  const { start, length, count } = await findDirectory(source)
  const view = Buffer.from(await source.read(start, length, 'the archive directory'))
  const members: Member[] = []
  let at = 0
  for (let i = 0; i < count; i++) {
    if (at + 46 > length || view.readUInt32LE(at) !== 0x02014b50)
      throw fault(source, start + at, `directory entry ${i + 1} of ${count}`, 'other bytes')
    const end = at + 46 + view.readUInt16LE(at + 28) + view.readUInt16LE(at + 30) + view.readUInt16LE(at + 32)
    if (end > length) throw fault(source, start + at, 'an entry within the directory', 'one that runs past its end')
    members.push(parseEntry(source, view.subarray(at, end), start + at))
    at = end
  }
  checkPlaces(source, members, start)
  return members
}

const fault = (source: Source, offset: number, expected: string, found: string): FileError =>
  new FileError(source.file, { offset, expected, found, remedy })

async function findDirectory(source: Source): Promise<{ start: number; length: number; count: number }> {
  const head = await readHead(source, 64)
  if (!/^PK(\x03\x04|\x05\x06)/.test(Buffer.from(head.subarray(0, 4)).toString('latin1')))
    throw foreignFile(source.file, 'a ZIP archive (NPZ)', head)
  // The end record closes the file; a comment of up to 65535 bytes may follow it.
  const tailStart = Math.max(0, source.size - 65557)
  const tail = Buffer.from(await source.read(tailStart, source.size - tailStart, 'the end of the archive'))
  const at = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'))
  if (at < 0 || at + 22 > tail.length) throw fault(source, source.size, 'the end record of a ZIP archive', 'none')
  let [count, length, start] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  let limit = tailStart + at
  if (at >= 20 && tail.readUInt32LE(at - 20) === 0x07064b50) {
    limit = Number(tail.readBigUInt64LE(at - 12))
    const record = Buffer.from(await source.read(limit, 56, 'the ZIP64 end record'))
    if (record.readUInt32LE(0) !== 0x06064b50) throw fault(source, limit, 'a ZIP64 end record', 'other bytes')
    ;[count, length, start] = [32, 40, 48].map(i => Number(record.readBigUInt64LE(i))) as [number, number, number]
  }
  if (start + length > limit || count * 46 > length)
    throw fault(source, limit, `a directory of ${count} entries and ${length} bytes at ${start}`, 'no room for it')
  return { start, length, count }
}

function parseEntry(source: Source, entry: Buffer, place: number): Member {
  const flags = entry.readUInt16LE(8)
  const method = methods[entry.readUInt16LE(10)]
  const nameEnd = 46 + entry.readUInt16LE(28)
  const name = entry.toString(flags & 0x800 ? 'utf8' : 'latin1', 46, nameEnd)
  if (flags & 1) throw fault(source, place, `the member ${name} unencrypted`, 'that it is encrypted')
  if (!method) throw fault(source, place, `the member ${name} stored or deflated`, `method ${entry.readUInt16LE(10)}`)
  const wide = zip64Fields(entry.subarray(nameEnd, nameEnd + entry.readUInt16LE(30)))
  const field = (at: number): number => {
    const value = entry.readUInt32LE(at)
    return value === 0xffffffff ? (wide.shift() ?? value) : value
  }
  // The ZIP64 field holds, in this order, only those values that overflow here.
  const [size, packed, offset] = [field(24), field(20), field(42)]
  if (method === 'stored' ? size !== packed : size > packed * largestRatio)
    throw fault(source, place, `a possible size for the member ${name} of ${packed} packed bytes`, `${size}`)
  return { name, method, packed, size, crc: entry.readUInt32LE(16), offset }
}

function zip64Fields(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length;) {
    const [id, length] = [extra.readUInt16LE(at), extra.readUInt16LE(at + 2)]
    if (id === 1) {
      const body = extra.subarray(at + 4, at + 4 + length)
      return Array.from({ length: body.length >> 3 }, (_, i) => Number(body.readBigUInt64LE(8 * i)))
    }
    at += 4 + length
  }
  return []
}

/** Members follow each other before the directory: bytes shared by two members are how a small archive hides a huge one. */
function checkPlaces(source: Source, members: Member[], directory: number): void {
  const ordered = [...members].sort((a, b) => a.offset - b.offset)
  ordered.forEach((member, i) => {
    const end = member.offset + 30 + member.packed
    const limit = ordered[i + 1]?.offset ?? directory
    if (end > limit)
      throw fault(source, member.offset, `room for the member ${member.name} up to byte ${limit}`, `${end}`)
  })
}

/** The bytes of a member, inflated and checked against its checksum. Throws `FileError`. */
export async function readMember(source: Source, member: Member): Promise<Uint8Array> {
  const local = Buffer.from(await source.read(member.offset, 30, `the header of ${member.name}`))
  if (local.readUInt32LE(0) !== 0x04034b50)
    throw fault(source, member.offset, `the header of ${member.name}`, 'other bytes')
  const start = member.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
  const bytes =
    member.method === 'stored'
      ? await source.read(start, member.packed, member.name)
      : await inflateMember(source, member, start)
  const crc = crc32(bytes)
  if (crc !== member.crc) throw fault(source, start, `the checksum ${member.crc} of ${member.name}`, `${crc}`)
  return bytes
}

async function inflateMember(source: Source, member: Member, start: number): Promise<Uint8Array> {
  const step = 2 ** 20
  async function* packed(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < member.packed; at += step)
      yield source.read(start + at, Math.min(step, member.packed - at), member.name)
  }
  const out = allocateBytes(source.file, member.size, member.name)
  let done = 0
  let overflow: FileError | undefined // the pipeline itself would only tell that it was aborted
  const collect = async (pieces: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const piece of pieces) {
      if (done + piece.length > out.length)
        throw (overflow = fault(source, start, `${out.length} bytes of ${member.name}`, 'more'))
      out.set(piece, done)
      done += piece.length
    }
  }
  try {
    await pipeline(Readable.from(packed()), createInflateRaw({ chunkSize: step }), collect)
  } catch (error) {
    throw (
      overflow ??
      (error instanceof FileError ? error : fault(source, start, `deflated data of ${member.name}`, messageOf(error)))
    )
  }
  if (done < out.length) throw fault(source, start, `${out.length} bytes of ${member.name}`, `${done}`)
  return out
}

/**
 * The bytes of an archive, piece by piece.
 * @param compress deflates the members (level 6)
 * Throws `RangeError` past 4 GiB, the most that a ZIP without extensions holds.
 */
export function* zipChunks(
  members: Iterable<[name: string, pieces: Uint8Array[]]>,
  compress: boolean,
): Generator<Uint8Array> {
  const ready: Uint8Array[] = []
  let total = 0
  const zip = new Zip((error, chunk) => {
    if (error) throw error
    ready.push(chunk)
    total += chunk.length
  })
  for (const [name, pieces] of members) {
    const member = compress ? new ZipDeflate(name, { level: 6 }) : new ZipPassThrough(name)
    member.mtime = '1980-01-01T12:00:00' // the same arrays give the same bytes
    zip.add(member)
    const size = pieces.reduce((n, piece) => n + piece.length, 0)
    if (size + total >= 2 ** 32 - 2 ** 20)
      throw new RangeError(`an NPZ file of more than 4 GiB (at the array ${name}): write HDF5 or Zarr instead`)
    for (const piece of pieces)
      for (let at = 0; at < piece.length; at += 2 ** 20) {
        member.push(piece.subarray(at, at + 2 ** 20), false)
        yield* ready.splice(0)
      }
    member.push(new Uint8Array(0), true)
  }
  zip.end()
  yield* ready
}
