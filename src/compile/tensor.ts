import ort from 'onnxruntime-node'
import type { Data, DType, Shape } from './value.js'

const types = { float32: 'float32', int32: 'int32', bool: 'bool', int64: 'int64', uint8: 'uint8' } as const

/** Elements as the engine takes them: a view, not a copy. */
export function tensorOf(data: Data, shape: Shape, dtype: DType): ort.Tensor {
  const type = data instanceof Float64Array ? 'float64' : types[dtype]
  return new ort.Tensor(type, data as Float32Array, shape)
}
