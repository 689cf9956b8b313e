/** The contents of a run's report as JSON beside it, so that the page can be drawn again. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { array, bytesOf, dtypeOf, type NdArray } from '../io/array.js'
import { writeFileAtomic } from '../io/atomic.js'
import { itemSize, viewAs, type DType } from '../io/dtype.js'
import { FileError, fileError, messageOf } from '../io/error.js'
import type { ReportContent } from '../report/content.js'
import { writeReport } from '../report/report.js'

const name = 'content.json'
const format = 'invdiff-report'
const version = 1

/** An array in JSON: its bytes in base64, little-endian. */
interface Stored {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly base64: string
}

const isArray = (value: unknown): value is NdArray =>
  typeof value === 'object' && value !== null && 'shape' in value && 'stride' in value && 'data' in value

/** What JSON has no numbers for. */
const odd = ['NaN', 'Infinity', '-Infinity']

const isStored = (value: unknown): value is Stored =>
  typeof value === 'object' && value !== null && 'base64' in value && 'dtype' in value && 'shape' in value

const pack = (_: string, value: unknown): unknown => {
  if (isArray(value))
    return { dtype: dtypeOf(value), shape: value.shape, base64: Buffer.from(bytesOf(value)).toString('base64') }
  if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) }
  // Any list of numbers with a buffer; a plain list holds its numbers as they are.
  return ArrayBuffer.isView(value) ? Array.from(value as Int32Array) : value
}

const unpack = (_: string, value: unknown): unknown => {
  const text = (value as { number?: unknown } | null)?.number
  if (typeof text === 'string' && odd.includes(text)) return Number(text)
  if (!isStored(value)) return value
  const bytes = Uint8Array.from(Buffer.from(value.base64, 'base64'))
  const count = value.shape.reduce((a, b) => a * b, 1)
  if (bytes.length !== count * itemSize(value.dtype))
    throw new RangeError(`an array of ${value.dtype} [${value.shape.join(', ')}] in ${bytes.length} bytes`)
  return array(viewAs(value.dtype, bytes) as Float64Array, value.shape)
}

/** Writes the contents of a report into a run folder. */
export const writeContent = (folder: string, content: ReportContent): Promise<void> =>
  writeFileAtomic(join(folder, name), JSON.stringify({ format, version, content }, pack))

/** @throws FileError for a folder without contents, or with damaged or foreign ones. */
export async function readContent(folder: string): Promise<ReportContent> {
  const file = join(folder, name)
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(file, error)
  })
  const expected = `the contents of a report of invdiff (JSON, version ${version})`
  let value: { format?: unknown; version?: unknown; content?: ReportContent } | null
  try {
    value = JSON.parse(text, unpack) as typeof value
  } catch (cause) {
    throw new FileError(file, { expected, found: messageOf(cause), cause })
  }
  if (value?.format !== format || !value.content) throw new FileError(file, { expected, found: 'JSON of another kind' })
  if (value.version !== version) throw new FileError(file, { expected, found: `version ${String(value.version)}` })
  return value.content
}

/** Draws the report of a run again. Returns the path of the page. */
export async function redrawReport(folder: string): Promise<string> {
  const page = join(folder, 'report.html')
  await writeReport(page, await readContent(folder))
  return page
}
