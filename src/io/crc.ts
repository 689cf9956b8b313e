import * as zlib from 'node:zlib'

/** Tables of one reflected CRC-32 polynomial for eight bytes at a time (Kounavis and Berry, 2005). */
function tables(polynomial: number): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n
    for (let k = 0; k < 8; k++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1
    return c
  })
  const all = [first]
  for (let k = 1; k < 8; k++) all.push(all[k - 1]!.map(c => first[c & 0xff]! ^ (c >>> 8)))
  return all
}

function crc([t0, t1, t2, t3, t4, t5, t6, t7]: Uint32Array[], bytes: Uint8Array): number {
  let c = -1
  let i = 0
  for (; i + 8 <= bytes.length; i += 8) {
    c ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    c =
      t7![c & 0xff]! ^
      t6![(c >>> 8) & 0xff]! ^
      t5![(c >>> 16) & 0xff]! ^
      t4![c >>> 24]! ^
      t3![bytes[i + 4]!]! ^
      t2![bytes[i + 5]!]! ^
      t1![bytes[i + 6]!]! ^
      t0![bytes[i + 7]!]!
  }
  for (; i < bytes.length; i++) c = t0![(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8)
  return ~c >>> 0
}

const ieee = tables(0xedb88320)
const castagnoli = tables(0x82f63b78)

/** CRC-32 (IEEE 802.3) in JavaScript. */
export const crc32Table = (bytes: Uint8Array): number => crc(ieee, bytes)

/** CRC-32 (IEEE 802.3), the checksum of ZIP: Node's own where it has one (20.15 and later). */
export const crc32: (bytes: Uint8Array) => number =
  (zlib as Partial<typeof zlib>).crc32 === undefined ? crc32Table : bytes => zlib.crc32(bytes)

/** CRC-32C (Castagnoli), the checksum of Zarr's `crc32c` codec. */
export const crc32c = (bytes: Uint8Array): number => crc(castagnoli, bytes)
