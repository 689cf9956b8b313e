/** Simulated examples as an HDF5 file: one block, in physical units and as training takes it. */
import { array, sizeOf, type NdArray } from '../io/array.js'
import { FileError } from '../io/error.js'
import { openHdf5 } from '../io/hdf5.js'
import { createHdf5 } from '../io/hdf5-write.js'
import type { Block } from './block.js'

/** Where training finds its arrays in a shard: see `hdf5Sources`, and stored-surrogates.ts for `operator`. */
export const trainingDatasets = { x: 'u', channels: 'channels', embedding: 'embedding' }
export const operatorDataset = 'block_operator'

const format = 'invdiff-simulations'
const version = 1

export const shardName = (index: number): string => `block-${String(index).padStart(6, '0')}.h5`
export const blockOfShard = (name: string): number => Number(name.slice('block-'.length, -'.h5'.length))
export const isShardName = (name: string): boolean => /^block-\d{6,}\.h5$/.test(name)

/** Attributes of the file, beside the format. */
export interface ShardOrigin {
  readonly problem: string
  readonly seed: number
  readonly block: number
}

/**
 * Writes the first `rows` examples of a block; the file appears when it is whole. Datasets, all with a row for each example:
 *
 *   x [n, ...shape]      the unknown, in its units         u [n, ...shape]             the same as training takes it
 *   y [n, m]             the measurements, then NaN        channels [n, c, ...shape]   what the network sees of y
 *   size [n]             values in y                       embedding [n, e]            numbers that describe the setting
 *   noise [n]            standard deviation                operator [n]                place in the attribute `operators`
 *   parameters [n, p]    physical; named by the attribute `parameters`
 *
 * For a model with a surrogate of r axes also block_operator [n, 2], the numbers of the block and the operator, and, with a row
 * for each operator, rotations [operators, r, r] and variances [operators, r + 1].
 *
 * Fields are float32. The attribute `operators` holds the operators as JSON. The file's header tells when it was written;
 * all else is a function of problem, seed and block.
 *
 * @throws FileError where the file cannot be written.
 */
export async function writeShard(file: string, block: Block, rows: number, origin: ShardOrigin): Promise<void> {
  const { measured } = block
  const names = Object.keys(measured[0]!.setting.parameters)
  const writer = await createHdf5(file)
  try {
    writer.attributes('/', {
      ...{ format, version, ...origin },
      operators: measured.map(({ setting }) => JSON.stringify(setting.operator)),
      ...(names.length > 0 && { parameters: names }),
    })
    const datasets = {
      ...fieldsOf(block, rows),
      ...settingsOf(block, rows, names),
      ...surrogatesOf(block, rows, origin),
    }
    for (const [name, values] of Object.entries(datasets)) writer.dataset(name, values)
    await writer.close()
  } catch (error) {
    await writer.abort()
    throw error
  }
}

function fieldsOf({ x, channels, embedding, unknowns }: Block, rows: number): Record<string, NdArray> {
  const whole = { x: array(Float32Array.from(unknowns.data), unknowns.shape), u: x, channels, embedding }
  return Object.fromEntries(Object.entries(whole).map(([name, a]) => [name, first(a, rows)]))
}

function first({ data, shape }: NdArray<Float32Array>, rows: number): NdArray {
  const tail = shape.slice(1)
  return array(data.subarray(0, rows * sizeOf(tail)), [rows, ...tail])
}

/** The surrogate of each operator, and which example has which. */
function surrogatesOf(
  { rotations, variances, measured }: Block,
  rows: number,
  origin: ShardOrigin,
): Record<string, NdArray> {
  // prettier-ignore
  if (variances.size === 0) return {}
  const pairs = measured[0]!.y.shape[0]!
  const places = Float32Array.from({ length: 2 * rows }, (_, i) => i % 2 === 0 ? origin.block : Math.floor(i / 2 / pairs)) // prettier-ignore
  return { rotations, variances, [operatorDataset]: array(places, [rows, 2]) }
}

/** Measurements and settings of each example. */
function settingsOf({ measured }: Block, rows: number, names: readonly string[]): Record<string, NdArray> {
  const width = Math.max(...measured.map(({ y }) => y.shape[1]!))
  const pairs = measured[0]!.y.shape[0]!
  const y = new Float32Array(rows * width).fill(NaN)
  const [size, operator] = [new Int32Array(rows), new Int32Array(rows)]
  const [noise, parameters] = [new Float64Array(rows), new Float64Array(rows * names.length)]
  for (let i = 0; i < rows; i++) {
    const j = Math.floor(i / pairs)
    const { setting, y: values } = measured[j]!
    const m = values.shape[1]!
    y.set(values.data.subarray((i % pairs) * m, ((i % pairs) + 1) * m), i * width)
    size[i] = m
    operator[i] = j
    noise[i] = setting.noise.std as number
    names.forEach((name, k) => (parameters[i * names.length + k] = setting.parameters[name]!))
  }
  return {
    ...{ y: array(y, [rows, width]), size: array(size), operator: array(operator), noise: array(noise) },
    ...(names.length > 0 && { parameters: array(parameters, [rows, names.length]) }),
  }
}

/** How many examples a shard holds; 0 where it is missing, damaged or another kind of file. */
export async function shardRows(file: string): Promise<number> {
  try {
    const reader = await openHdf5(file)
    try {
      return reader.attributes().format === format ? reader.info('x').shape[0]! : 0
    } finally {
      reader.close()
    }
  } catch (error) {
    if (error instanceof FileError) return 0
    throw error
  }
}
