import { array, bytesOf, dtypeOf, shapeText, sizeOf, type NdArray } from './array.js'
import { writeFileAtomic } from './atomic.js'
import { halfToFloat, itemSize, viewAs, type DType, type TypedArray } from './dtype.js'
import { FileError, messageOf } from './error.js'
import { foreignFile, kindOf } from './sniff.js'
import { readHead, withSource, type Source } from './source.js'

// safetensors: 8 bytes of header length, a JSON header, then the tensors without holes.
// https://github.com/huggingface/safetensors, README, "Format"

const longestHeader = 100_000_000

/** In the order in which the reference implementation lays tensors out (last first), which keeps each aligned. */
const dtypeOfCode: Record<string, DType> = {
  BOOL: 'bool',
  U8: 'uint8',
  I8: 'int8',
  I16: 'int16',
  U16: 'uint16',
  I32: 'int32',
  U32: 'uint32',
  F32: 'float32',
  F64: 'float64',
  I64: 'int64',
  U64: 'uint64',
}
const codes = Object.keys(dtypeOfCode)
const codeOf = (dtype: DType): string => codes.find(code => dtypeOfCode[code] === dtype)!

/** Stored as 16 bits, read as float32. */
const widen: Record<string, (bits: Uint16Array) => Float32Array> = {
  F16: halfToFloat,
  BF16: bits => new Float32Array(Uint32Array.from(bits, b => b << 16).buffer),
}

export interface Safetensors {
  tensors: Record<string, NdArray>
  metadata: Record<string, string>
}

interface Entry {
  name: string
  code: string
  shape: number[]
  begin: number
  end: number
}

/**
 * Reads a safetensors file; tensors are views of one piece of memory wherever they are aligned.
 * F16 and BF16 come as float32. Throws `FileError`: cut short, overlapping tensors, holes, another format.
 */
export function readSafetensors(file: string): Promise<Safetensors> {
  return withSource(file, async source => {
    const { entries, metadata, start } = await readHeader(source)
    const data = await source.read(start, source.size - start, 'tensors')
    const tensors = entries.map(({ name, code, shape, begin, end }): [string, NdArray] => {
      const bytes = data.subarray(begin, end)
      const widened = widen[code]
      const values: TypedArray = widened ? widened(viewAs('uint16', bytes)) : viewAs(dtypeOfCode[code]!, bytes)
      return [name, array(values, shape, name)]
    })
    return { tensors: Object.fromEntries(tensors), metadata }
  })
}

/**
 * Writes tensors as a safetensors file at once (see `writeFileAtomic`), byte for byte as the reference
 * implementation does, so that equal weights give equal files. Dense arrays are not copied.
 */
export async function writeSafetensors(
  file: string,
  tensors: Record<string, NdArray>,
  metadata: Record<string, string> = {},
): Promise<void> {
  const ordered = Object.entries(tensors)
    .map(([name, a]) => ({ name, a, rank: codes.indexOf(codeOf(dtypeOf(a))) }))
    .sort((p, q) => q.rank - p.rank || Buffer.compare(Buffer.from(p.name), Buffer.from(q.name)))
  let end = 0
  const fields = ordered.map(({ name, a, rank }): [string, unknown] => {
    if (name === '__metadata__') throw new RangeError("writeSafetensors: the name '__metadata__' is reserved")
    const begin = end
    end += a.size * itemSize(dtypeOf(a))
    return [name, { dtype: codes[rank], shape: a.shape, data_offsets: [begin, end] }]
  })
  if (Object.keys(metadata).length > 0) fields.unshift(['__metadata__', metadata])
  const json = Buffer.from(JSON.stringify(Object.fromEntries(fields)))
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  header.writeBigUInt64LE(BigInt(header.length - 8))
  json.copy(header, 8)
  const chunks = function* (): Generator<Uint8Array> {
    yield header
    for (const { a } of ordered) yield bytesOf(a)
  }
  await writeFileAtomic(file, chunks())
}

async function readHeader(
  source: Source,
): Promise<{ entries: Entry[]; metadata: Record<string, string>; start: number }> {
  const { file } = source
  const head = await readHead(source, 64)
  const kind = kindOf(head)
  if (kind && kind.reader !== 'readSafetensors' && !kind.name.includes('JSON'))
    throw foreignFile(file, 'a safetensors file', head)
  const length = Number(Buffer.from(await source.read(0, 8, 'the header length')).readBigUInt64LE())
  if (length > Math.min(longestHeader, source.size - 8))
    throw new FileError(file, {
      offset: 0,
      expected: `a header of at most ${Math.min(longestHeader, source.size - 8)} bytes`,
      found: `the length ${length}`,
      remedy: 'The file is cut short, damaged, or no safetensors file.',
    })
  const text = Buffer.from(await source.read(8, length, 'the header')).toString('utf8')
  const fault = (expected: string, found: string): FileError => new FileError(file, { offset: 8, expected, found })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new FileError(file, { offset: 8, expected: 'a JSON header', found: messageOf(cause), cause })
  }
  if (!isRecord(json)) throw fault('a JSON object', text.slice(0, 40))
  const { __metadata__: metadata = {}, ...rest } = json
  if (!isRecord(metadata) || !Object.values(metadata).every(value => typeof value === 'string'))
    throw fault('texts as __metadata__', JSON.stringify(metadata).slice(0, 80))
  const entries = Object.entries(rest).map(([name, value]) => parseEntry(name, value, fault))
  checkPlaces(entries, source.size - 8 - length, fault)
  return { entries, metadata: metadata as Record<string, string>, start: 8 + length }
}

type Fault = (expected: string, found: string) => FileError

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function parseEntry(name: string, value: unknown, fault: Fault): Entry {
  const { dtype: code, shape, data_offsets: offsets } = isRecord(value) ? value : {}
  const fields =
    Array.isArray(shape) &&
    shape.every(isCount) &&
    Array.isArray(offsets) &&
    offsets.length === 2 &&
    offsets.every(isCount)
  if (typeof code !== 'string' || !fields)
    throw fault(`dtype, shape and data_offsets of ${name}`, JSON.stringify(value).slice(0, 120))
  if (!Object.hasOwn(dtypeOfCode, code) && !Object.hasOwn(widen, code))
    throw fault(`a dtype of ${codes.join(', ')}, F16, BF16 for ${name}`, code)
  const [begin, end] = offsets as [number, number]
  const itemBytes = widen[code] ? 2 : itemSize(dtypeOfCode[code]!)
  let count: number
  try {
    count = sizeOf(shape, name)
  } catch (cause) {
    throw fault('a usable shape', messageOf(cause))
  }
  if (end - begin !== count * itemBytes)
    throw fault(
      `${count * itemBytes} bytes for ${name} (${code} ${shapeText(shape)})`,
      `data_offsets ${shapeText([begin, end])}`,
    )
  return { name, code, shape, begin, end }
}

/** Tensors cover the data exactly: none overlaps, no hole hides anything. */
function checkPlaces(entries: Entry[], size: number, fault: Fault): void {
  let at = 0
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw fault(`${name} at byte ${at} of the data`, `it at ${begin} (${begin < at ? 'an overlap' : 'a hole'})`)
    at = end
  }
  if (at !== size) throw fault(`${at} bytes of data`, `${size}`)
}
