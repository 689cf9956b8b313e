/** Observations from files: tables of sensors (CSV), JSON, and arrays (NPY, NPZ, HDF5, Zarr). */
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { NdArray } from '../io/array.js'
import { FileError, fileError } from '../io/error.js'
import { readArray } from '../io/read.js'
import type { NoiseSpec } from '../operators/noise.js'
import type { OperatorSpec } from '../operators/operator.js'
import { assemble } from './observation/assemble.js'
import { cellsOperator, numbersOf, withoutGaps, type Gridded } from './observation/gridded.js'
import { readJson } from './observation/json.js'
import type { Measured } from './observation/reading.js'
import { readTable, type Readings } from './observation/table.js'

export type { Measured } from './observation/reading.js'

export interface ObservationOptions {
  /** Standard deviation of values for which the file states none, in the units of the state. */
  readonly noise?: number
  /** What an array measures; its cells unless given. */
  readonly operator?: OperatorSpec
  /** Which array of a file that holds several. */
  readonly dataset?: string
}

/** An observation as a file states it, in the units of the problem. */
export interface ObservationFile {
  readonly operator: OperatorSpec
  /** [m], in the order of the operator's output (C order). */
  readonly y: NdArray<Float64Array>
  /** Independent Gaussian noise: `std` is a number, or one for each value. */
  readonly noise: NoiseSpec
  /** The path that was read. */
  readonly source: string
  /** Values that were empty or NaN. */
  readonly dropped: number
  /** The places of sensors, and which of them each value belongs to. */
  readonly places?: readonly (readonly number[])[]
  readonly placeOf?: Int32Array
  /** What the file calls each value. */
  readonly labels?: readonly string[]
}

/**
 * Reads an observation.
 *
 * - Text in columns: `x`, `y` (not on a segment), `value`, and where wanted `noise` (or `std`), `t` (or `time`) and `label`; units
 *   in brackets behind a name, `x [km]`, the problem's units unless given. One time gives `sensors`, several give
 *   `sensor-series`, or a `stack` of sensors where a series has gaps.
 * - JSON: the same as a list `sensors`, or any `operator` with its `values` (see observation/json.ts).
 * - Arrays: the cells of the grid (a `mask`), or the outputs of `options.operator`; NaN is a gap.
 *
 * @param measured what operators observe: `problem.build(shape).state`, and the units of lengths and times where stated.
 * @throws FileError naming the file, the row and the column: what is no number, a sensor outside of the domain, noise that is
 *   not positive, unknown or repeated columns (with the nearest name), units of another dimension (naming both).
 */
export async function readObservation(
  path: string,
  measured: Measured,
  options: ObservationOptions = {},
): Promise<ObservationFile> {
  // prettier-ignore
  const kind = extname(path).toLowerCase()
  if (options.noise !== undefined && !(options.noise > 0 && options.noise < Infinity))
    throw new RangeError(`readObservation: noise is ${options.noise}; wants a positive standard deviation`)
  if (['.csv', '.tsv', '.txt'].includes(kind)) return fromReadings(path, readTable(path, await textOf(path), measured), options.noise) // prettier-ignore
  if (kind === '.json') return fromJson(path, await textOf(path), measured, options)
  return { source: path, ...(await fromArray(path, measured, options)) }
}

async function textOf(path: string): Promise<string> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw fileError(path, error)
  })
  if (bytes.includes(0)) throw new FileError(path, { expected: 'text (UTF-8)', found: 'binary data', remedy: 'Arrays are known by their endings: .npy, .npz, .h5, .zarr.' }) // prettier-ignore
  return bytes.toString('utf8')
}

function fromReadings(source: string, { readings, dropped }: Readings, noise: number | undefined): ObservationFile {
  return { source, dropped, ...assemble(source, readings, noise) }
}

function fromJson(source: string, text: string, measured: Measured, options: ObservationOptions): ObservationFile {
  const { noise = options.noise, content } = readJson(source, text, measured)
  if ('readings' in content) return fromReadings(source, content, noise)
  const std = content.noise ?? noise ?? missingNoise(source)
  return { source, ...withoutGaps(source, content.operator, content.values, std) }
}

async function fromArray(source: string, measured: Measured, options: ObservationOptions): Promise<Gridded> {
  const values = await readArray(source, options.dataset === undefined ? {} : { dataset: options.dataset })
  const operator = options.operator ?? cellsOperator(source, values.shape, measured)
  return withoutGaps(source, operator, numbersOf(values), options.noise ?? missingNoise(source))
}

function missingNoise(source: string): never {
  throw new FileError(source, { expected: 'a noise level', found: 'none', remedy: 'State one for all values, in the units of the state.' }) // prettier-ignore
}
