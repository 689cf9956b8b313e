import ndarray from 'ndarray'
import { bytesOf, denseStrides, dtypeOf, isDense, shapeText, sizeOf, type NdArray } from './array.js'
import { writeFileAtomic } from './atomic.js'
import { halfToFloat, itemSize, swapBytes, viewAs, type DType } from './dtype.js'
import { FileError, messageOf } from './error.js'
import { foreignFile } from './sniff.js'
import { readHead, withSource, type Source } from './source.js'

// NPY (NumPy Enhancement Proposal 1): "\x93NUMPY", version, header length, a Python dict padded with spaces, the data.

const magic = Buffer.from('\x93NUMPY', 'latin1')
const longestHeader = 2 ** 20

const dtypeOfCode: Record<string, DType> = {
  f8: 'float64',
  f4: 'float32',
  i8: 'int64',
  i4: 'int32',
  i2: 'int16',
  i1: 'int8',
  u8: 'uint64',
  u4: 'uint32',
  u2: 'uint16',
  u1: 'uint8',
  b1: 'bool',
}
const codeOfDType = Object.fromEntries(Object.entries(dtypeOfCode).map(([code, dtype]) => [dtype, code]))

interface Header {
  descr: string
  fortran: boolean
  shape: number[]
}

/**
 * Reads an NPY file (versions 1.0 to 3.0, both byte orders, both memory orders).
 * An array in Fortran order comes as a view with such strides; half precision comes as float32.
 * Throws `FileError`: cut short, damaged, another format, or an element type without a counterpart.
 */
export const readNpy = (file: string): Promise<NdArray> => withSource(file, decodeNpy)

/** Writes an NPY file at once (see `writeFileAtomic`); a dense array is not copied. */
export const writeNpy = (file: string, a: NdArray): Promise<void> => writeFileAtomic(file, encodeNpy(a))

/**
 * Writes an array [n, ...] as its rows come, whole or not at all.
 *
 * @param batches parts [k, ...] that add up to the shape, each of this dtype.
 * @throws RangeError for parts that do not add up; FileError where the file cannot be written; what `batches` throws.
 */
export const writeNpyBatches = (
  file: string,
  dtype: DType,
  shape: readonly number[],
  batches: AsyncIterable<NdArray>,
): Promise<void> => writeFileAtomic(file, npyChunks(dtype, shape, batches))

async function* npyChunks(
  dtype: DType,
  shape: readonly number[],
  batches: AsyncIterable<NdArray>,
): AsyncGenerator<Uint8Array> {
  yield npyHeader(dtype, shape, false)
  let rows = 0
  for await (const batch of batches) {
    if (dtypeOf(batch) !== dtype) throw new TypeError(`writeNpyBatches: expected ${dtype}, got ${dtypeOf(batch)}`)
    if (batch.shape.slice(1).join() !== shape.slice(1).join())
      throw new RangeError(`writeNpyBatches: a part is ${shapeText(batch.shape)} of ${shapeText(shape)}`)
    rows += batch.shape[0]!
    yield bytesOf(batch)
  }
  if (rows !== shape[0]) throw new RangeError(`writeNpyBatches: the parts hold ${rows} rows of ${shape[0]!}`)
}

/** The NPY bytes of an array, in two pieces: header and data. */
export function encodeNpy(a: NdArray): [header: Uint8Array, data: Uint8Array] {
  const fortran = !isDense(a, 'C') && isDense(a, 'F')
  const header = npyHeader(dtypeOf(a), a.shape, fortran)
  // Reversing the axes of a Fortran-ordered array gives a C-ordered one over the same memory.
  const dense = fortran ? ndarray(a.data, [...a.shape].reverse(), [...a.stride].reverse(), a.offset) : a
  return [header, bytesOf(dense)]
}

function npyHeader(dtype: DType, extents: readonly number[], fortran: boolean): Buffer {
  const code = codeOfDType[dtype]!
  const shape = `(${extents.join(', ')}${extents.length === 1 ? ',' : ''})`
  const descr = `${code.endsWith('1') ? '|' : '<'}${code}`
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': ${shape}, }`
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64
  const header = Buffer.alloc(length, ' ')
  magic.copy(header)
  header.writeUInt8(1, 6)
  header.writeUInt8(0, 7)
  header.writeUInt16LE(length - 10, 8)
  header.write(dict, 10, 'latin1')
  header.write('\n', length - 1)
  return header
}

/** Reads the array that a source holds, from its first byte to its last. */
export async function decodeNpy(source: Source): Promise<NdArray> {
  const { header, start } = await readHeader(source)
  const { descr, fortran, shape } = header
  const [order, code] = [descr[0]!, descr.slice(1)]
  const dtype = code === 'f2' ? 'uint16' : dtypeOfCode[code]
  if (!dtype || !'<>|='.includes(order))
    throw new FileError(source.file, {
      offset: start.header,
      expected: 'real, integer or boolean elements',
      found: `the type ${descr}`,
      remedy: 'Convert it in NumPy: a.astype("float64"), or a.real and a.imag apart.',
    })
  const count = elementCount(source, shape, start.header)
  const length = count * itemSize(dtype)
  if (source.size - start.data > length)
    throw new FileError(source.file, {
      offset: start.data + length,
      expected: `the end of the file after ${length} bytes of data (${descr} ${shapeText(shape)})`,
      found: `${source.size - start.data - length} more`,
      remedy: 'The header is damaged, or several arrays were saved into one file: save each in a file, or use NPZ.',
    })
  const bytes = await source.read(start.data, length, `data (${descr} ${shapeText(shape)})`)
  if (order === '>') swapBytes(bytes, itemSize(dtype))
  const raw = viewAs(dtype, bytes)
  const data = code === 'f2' ? halfToFloat(raw as Uint16Array) : raw
  return ndarray(data, shape, denseStrides(shape, fortran ? 'F' : 'C'))
}

function elementCount(source: Source, shape: number[], offset: number): number {
  try {
    return sizeOf(shape)
  } catch (cause) {
    throw new FileError(source.file, { offset, expected: 'a usable shape', found: messageOf(cause), cause })
  }
}

async function readHeader(source: Source): Promise<{ header: Header; start: { header: number; data: number } }> {
  const { file } = source
  const head = await readHead(source, 64)
  if (!magic.equals(head.subarray(0, 6))) throw foreignFile(file, 'an NPY file', head)
  const version = (await source.read(6, 2, 'the version'))[0]!
  if (version < 1 || version > 3)
    throw new FileError(file, { offset: 6, expected: 'version 1, 2 or 3', found: `version ${version}` })
  const width = version === 1 ? 2 : 4
  const length = Buffer.from(await source.read(8, width, 'the header length')).readUIntLE(0, width)
  if (length > longestHeader)
    throw new FileError(file, { offset: 8, expected: `a header of at most ${longestHeader} bytes`, found: `${length}` })
  const start = 8 + width
  const text = Buffer.from(await source.read(start, length, 'the header')).toString(version === 3 ? 'utf8' : 'latin1')
  return { header: parseHeader(file, start, text), start: { header: start, data: start + length } }
}

/** The three fields of the header's dict, in any order, and nothing else. */
function parseHeader(file: string, offset: number, text: string): Header {
  const fields = {
    descr: /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/,
    fortran: /['"]fortran_order['"]\s*:\s*(True|False)/,
    shape: /['"]shape['"]\s*:\s*\(([\d\sL,]*)\)/,
  }
  const [descr, fortran, shape] = Object.values(fields).map(pattern => pattern.exec(text)?.[1])
  const rest = Object.values(fields).reduce((left, pattern) => left.replace(pattern, ''), text)
  const extents =
    shape
      ?.replace(/,\s*$/, '')
      .split(',')
      .map(s => s.trim()) ?? []
  const fault = (expected: string): FileError =>
    new FileError(file, { offset, expected, found: JSON.stringify(text.slice(0, 120).trimEnd()) })
  if (/['"]descr['"]\s*:\s*\[/.test(text))
    throw fault('one element type; this is a structured array: save each of its fields')
  if (descr === undefined || fortran === undefined || shape === undefined || !/^\s*\{[\s,]*\}\s*$/.test(rest))
    throw fault("the fields 'descr', 'fortran_order' and 'shape' of an NPY header")
  if (shape.trim() === '') return { descr, fortran: fortran === 'True', shape: [] }
  if (!extents.every(s => /^\d+L?$/.test(s))) throw fault('a shape of integers from 0')
  return { descr, fortran: fortran === 'True', shape: extents.map(s => parseInt(s, 10)) }
}
