/**
 * Kernels that no graph of fixed shapes holds: the shape of their result depends on values, or they are about strings or
 * random numbers. Used lazily, these read their inputs and run tfjs' `cpu` kernel; while a function is being traced, that
 * is the error of reading a value.
 */
import * as tf from '@tensorflow/tfjs'

export const hostKernels: readonly string[] = [
  'BroadcastArgs',
  'Multinomial',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'RaggedGather',
  'RaggedRange',
  'RaggedTensorToTensor',
  'SparseFillEmptyRows',
  'SparseReshape',
  'SparseSegmentMean',
  'SparseSegmentSum',
  'StaticRegexReplace',
  'StringNGrams',
  'StringSplit',
  'StringToHashBucketFast',
  'Unique',
]

/** A kernel's inputs: tensors by name, or a list of them; some are lists in turn, and some are left out. */
type Inputs = tf.NamedTensorInfoMap | tf.TensorInfo[]
type Input = tf.TensorInfo | tf.TensorInfo[] | undefined

/** What is needed of the `cpu` backend beyond tfjs' interface. */
interface CpuBackend extends tf.KernelBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.backend_util.BackendValues): tf.TensorInfo
}

/** Whether a kernel's inputs or attributes are strings, which only the host computes with. */
export const aboutStrings = (inputs: Inputs, attributes: tf.NamedAttrMap): boolean =>
  attributes.dtype === 'string' ||
  typeof attributes.value === 'string' ||
  Object.values(inputs).some((t: Input) => t && !Array.isArray(t) && t.dtype === 'string')

/** Runs tfjs' `cpu` kernel on tensors of `backend`, and writes the results there. */
export function runOnHost(
  kernelName: string,
  inputs: Inputs,
  attrs: tf.NamedAttrMap,
  backend: tf.KernelBackend,
): tf.TensorInfo | tf.TensorInfo[] {
  const cpu = tf.engine().findBackend('cpu') as CpuBackend
  const kernel = tf.getKernel(kernelName, 'cpu')
  const copies: tf.TensorInfo[] = []
  const there = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => {
    copies.push(cpu.makeTensorInfo(shape, dtype, read(backend, dataId, kernelName)))
    return copies[copies.length - 1]!
  }
  const here = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => {
    const made = { dataId: backend.write(cpu.readSync(dataId), shape, dtype), shape, dtype }
    cpu.disposeData(dataId)
    return made
  }
  const moved = (t: Input): Input => t && (Array.isArray(t) ? t.map(there) : there(t))
  const given = Array.isArray(inputs)
    ? inputs.map(there)
    : Object.fromEntries(Object.entries(inputs).map(([k, t]) => [k, moved(t)]))
  try {
    const results = kernel.kernelFunc({ inputs: given as tf.NamedTensorInfoMap, attrs, backend: cpu })
    return Array.isArray(results) ? results.map(here) : here(results)
  } finally {
    for (const { dataId } of copies) cpu.disposeData(dataId)
  }
}

function read(backend: tf.KernelBackend, dataId: tf.DataId, kernelName: string): tf.backend_util.BackendValues {
  try {
    return backend.readSync(dataId)
  } catch (error) {
    throw new Error(`${kernelName} needs the values of its inputs. ${(error as Error).message}`, { cause: error })
  }
}
