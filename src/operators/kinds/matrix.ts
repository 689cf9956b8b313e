/** A linear operator from its matrix. */
import { array, elements, shapeText, type NdArray } from '../../io/array.js'
import { defineEntry } from '../entry.js'
import { rowsOperator } from '../linear.js'
import { rowsOfDense } from '../sparse-rows.js'

/** Rows of equal length as an array. Throws RangeError where they are not. */
export function matrixArray(values: NdArray | readonly (readonly number[])[], where: string): NdArray<Float64Array> {
  if (!Array.isArray(values)) {
    const { shape } = values as NdArray
    return array(Float64Array.from(elements(values as NdArray) as Float64Array, Number), shape)
  }
  const rows = values as readonly (readonly number[])[]
  const columns = rows[0]?.length ?? 0
  const odd = rows.findIndex(row => row.length !== columns)
  if (odd >= 0) throw new RangeError(`${where}[${odd}] has ${rows[odd]!.length} entries, the rows before it ${columns}`)
  return array(Float64Array.from(rows.flat()), [rows.length, columns])
}

/** y = H x with x in C order. Output [m], or `shape`. */
export const matrix = defineEntry({
  name: 'matrix',
  description: 'Any linear operator, by its matrix: from a file (NPY, NPZ, HDF5, Zarr, safetensors) or in place',
  parameters: {
    file: {
      description: 'file of the matrix [m, N], N the values of the field in C order; or give `values`',
      type: 'string',
    },
    dataset: { description: 'name of the array in a file that holds several', type: 'string' },
    values: {
      description: 'the rows of the matrix, or (in TypeScript) an ndarray [m, N]; or give `file`',
      type: 'array',
      items: { type: 'array', items: { type: 'number' } },
      minItems: 1,
      rank: 2,
    },
    shape: {
      description: 'shape of the measurement; [m] unless given',
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      minItems: 1,
    },
  },
  create({ values, file, shape }, { domain, path }) {
    if (values === undefined)
      throw new RangeError(
        file === undefined
          ? `${path}: matrix has either file or values`
          : `${path}.file = '${file}' has not been read: take loadOperator, or pass the specification through readOperatorFiles first`,
      )
    const H = matrixArray(values, `${path}.values`)
    const bad = H.data.findIndex(value => !Number.isFinite(value))
    const [m, N] = H.shape as [number, number]
    if (bad >= 0) throw new RangeError(`${path}.values[${Math.floor(bad / N)}][${bad % N}] = ${H.data[bad]!}; wants finite numbers`) // prettier-ignore
    const size = domain.shape.reduce((a, b) => a * b, 1)
    if (N !== size) throw new RangeError(`${path}.values is [${m}, ${N}]; the input ${shapeText(domain.shape)} has ${size} values, one for each column`) // prettier-ignore
    if (shape && shape.reduce((a, b) => a * b, 1) !== m) throw new RangeError(`${path}.shape = ${shapeText(shape)}; the matrix has ${m} rows`) // prettier-ignore
    return rowsOperator('matrix', domain.shape, shape ?? [m], rowsOfDense(H.data, m, N))
  },
})
