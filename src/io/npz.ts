import type { NdArray } from './array.js'
import { writeFileAtomic } from './atomic.js'
import { FileError } from './error.js'
import { decodeNpy, encodeNpy } from './npy.js'
import { bytesSource, withSource } from './source.js'
import { readDirectory, readMember, zipChunks } from './zip.js'

/** The names of the arrays in an NPZ file; none is read. Throws `FileError`. */
export const listNpz = (file: string): Promise<string[]> =>
  withSource(file, async source => (await readDirectory(source)).map(member => arrayName(member.name)))

/**
 * Reads arrays of an NPZ file (stored or deflated), by name.
 * @param names which; all by default. Others are not touched.
 * Throws `FileError`: cut short, damaged (checksums are checked), another format, or no array of that name.
 */
export function readNpz(file: string, names?: readonly string[]): Promise<Record<string, NdArray>> {
  return withSource(file, async source => {
    const members = new Map((await readDirectory(source)).map(member => [arrayName(member.name), member]))
    const arrays: [string, NdArray][] = []
    for (const name of names ?? members.keys()) {
      const member = members.get(name)
      if (!member) throw noSuchArray(file, name, [...members.keys()])
      const bytes = await readMember(source, member)
      arrays.push([name, await decodeNpy(bytesSource(`${file} (${member.name})`, bytes))])
    }
    return Object.fromEntries(arrays)
  })
}

/**
 * Writes arrays as an NPZ file at once (see `writeFileAtomic`).
 * @param compress deflates them, as `numpy.savez_compressed` does (default: stored)
 * Throws `FileError`; `RangeError` past 4 GiB.
 */
export async function writeNpz(
  file: string,
  arrays: Record<string, NdArray>,
  { compress = false }: { compress?: boolean } = {},
): Promise<void> {
  const members = function* (): Generator<[string, Uint8Array[]]> {
    for (const [name, a] of Object.entries(arrays)) yield [`${name}.npy`, encodeNpy(a)]
  }
  await writeFileAtomic(file, zipChunks(members(), compress))
}

const arrayName = (member: string): string => member.replace(/\.npy$/, '')

/** The error for a name that a file does not hold. */
export function noSuchArray(file: string, name: string, names: readonly string[]): FileError {
  const listed = names.slice(0, 20).join(', ') + (names.length > 20 ? `, and ${names.length - 20} more` : '')
  return new FileError(file, {
    expected: `an array named ${name}`,
    found: names.length ? `the names ${listed}` : 'no array',
  })
}
