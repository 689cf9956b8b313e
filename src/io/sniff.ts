import { FileError } from './error.js'

interface Kind {
  name: string
  reader?: string
  test: (head: Uint8Array) => boolean
}

const starts =
  (...magic: number[]) =>
  (head: Uint8Array): boolean =>
    magic.every((byte, i) => head[i] === byte)
const text = (magic: string) => starts(...Buffer.from(magic, 'latin1'))

/** The HDF5 signature stands at byte 0, 512, 1024, 2048, ... (a user block may precede it). */
const hdf5 = starts(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a)

const kinds: Kind[] = [
  { name: 'an NPY file', reader: 'readNpy', test: starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59) },
  { name: 'a ZIP archive (NPZ)', reader: 'readNpz', test: text('PK\x03\x04') },
  { name: 'an empty ZIP archive (NPZ)', reader: 'readNpz', test: text('PK\x05\x06') },
  {
    name: 'an HDF5 file',
    reader: 'readHdf5',
    test: head => [0, 512, 1024, 2048].some(i => hdf5(head.subarray(i, i + 8))),
  },
  {
    name: 'a safetensors file',
    reader: 'readSafetensors',
    test: head => head[8] === 0x7b && head[7] === 0 && head[6] === 0,
  },
  { name: 'a gzip file', test: starts(0x1f, 0x8b) },
  { name: 'a PNG image', test: text('\x89PNG') },
  { name: 'a JPEG image', test: starts(0xff, 0xd8, 0xff) },
  { name: 'a TIFF image', test: head => text('II*\0')(head) || text('MM\0*')(head) },
  { name: 'a NetCDF 3 file', test: head => text('CDF\x01')(head) || text('CDF\x02')(head) || text('CDF\x05')(head) },
  { name: 'a MATLAB 5 file', test: text('MATLAB 5.0') },
  { name: 'a Parquet file', test: text('PAR1') },
  { name: 'a Python pickle', test: head => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5 },
  { name: 'a JSON file', test: head => /^\s*[{[]/.test(Buffer.from(head).toString('latin1')) },
]

const remedies: Record<string, string> = {
  'a gzip file': 'Unpack it first (gunzip).',
  'a NetCDF 3 file': 'Convert it to NetCDF 4 (`nccopy -k nc4`), which is HDF5.',
  'a MATLAB 5 file': "Save it with `save(..., '-v7.3')`, which is HDF5.",
  'a Python pickle': 'A pickle runs code when loaded and is not read here: save it with numpy.save.',
}

/** Bytes of a file's head that `kindOf` wants to see. */
export const headBytes = 2056

/** What a file seems to be by its first bytes, or `undefined`. */
export const kindOf = (head: Uint8Array): { name: string; reader?: string } | undefined => kinds.find(k => k.test(head))

/** The error for a file of another kind than `expected`: says what the file seems to be and which function reads it. */
export function foreignFile(file: string, expected: string, head: Uint8Array): FileError {
  const kind = kindOf(head)
  const first = Buffer.from(head.subarray(0, 8))
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1 ')
  const found = head.length === 0 ? 'an empty file' : (kind?.name ?? `the bytes ${first}`)
  const remedy = kind ? (kind.reader ? `Use ${kind.reader}.` : remedies[kind.name]) : undefined
  return new FileError(file, { offset: 0, expected, found, ...(remedy && { remedy }) })
}
