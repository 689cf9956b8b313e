/**
 * The tfjs backend `onnx`: its kernels record nodes (src/compile/value.ts) instead of computing.
 *
 * Used eagerly it is lazy: reading a tensor (`data()`, `dataSync()`) runs, as one ONNX graph, what has been recorded up
 * to there and is still held: reading a loss computes its optimiser's step too. A program that reads nothing is run all the
 * same after so many nodes, at the end of a `tidy`. Used under `trace` (src/compile/trace.ts) nothing is run: inputs are
 * placeholders, and reading what depends on one is an error.
 */
import * as tf from '@tensorflow/tfjs'
import { computable, evaluate } from './evaluate.js'
import { originalOf } from './doubles.js'
import { aboutStrings, hostKernels, runOnHost } from './kernels/host.js'
import { kernels, type Kernel } from './kernels/index.js'
import { leaf, type Data, type DType, type Value } from './value.js'

export const BACKEND = 'onnx'

type Stored = { readonly value: Value; references: number } | { readonly strings: Uint8Array[]; references: number }

/** Enough for a training step of a large network, which then remains one graph. */
const MOST_PENDING = 2000

const recordable: readonly string[] = ['float32', 'int32', 'bool'] satisfies DType[]

export class OnnxBackend extends tf.KernelBackend {
  private readonly storage = new tf.DataStorage<Stored>(this, tf.engine())
  /** How many tensors hold a value: those are worth computing and keeping. */
  private readonly holders = new Map<Value, number>()
  /** Values recorded since something has been computed. */
  private pending = 0
  private tracing = false

  /** A new data id for a value; whoever asks owns one reference. */
  hold(value: Value): tf.TensorInfo {
    const dataId = {}
    this.storage.set(dataId, { value, references: 1 })
    this.holders.set(value, (this.holders.get(value) ?? 0) + 1)
    this.pending++
    return { dataId, shape: [...value.shape], dtype: value.dtype as tf.DataType }
  }

  /** Runs `f`, in which nothing is computed unless it is read. */
  whileTracing<T>(f: () => T): T {
    this.tracing = true
    try {
      return f()
    } finally {
      this.tracing = false
    }
  }

  /** Another reference to a tensor's data. */
  share({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo {
    this.incRef(dataId)
    return { dataId, shape, dtype }
  }

  /** The recorded value of a tensor. */
  recorded({ dataId, shape, dtype }: tf.TensorInfo): Value {
    const stored = this.storage.get(dataId)
    if ('strings' in stored) throw new Error(`the onnx backend stores ${dtype} tensors but computes nothing with them`)
    // tfjs shares one data id between reshaped views of a tensor.
    return stored.value.shape.length === shape.length && stored.value.shape.every((d, i) => d === shape[i])
      ? stored.value
      : this.view(stored.value, shape)
  }

  private view(value: Value, shape: number[]): Value {
    if (value.data) return { ...value, shape }
    return kernels.Reshape!({ x: value }, { shape }) as Value
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {}
    this.move(dataId, values, shape, dtype, 1)
    return dataId
  }

  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    if (dtype === 'string') {
      this.storage.set(dataId, { strings: values as Uint8Array[], references })
      return
    }
    if (!recordable.includes(dtype)) throw new Error(`the onnx backend has no ${dtype} tensors: float32, int32 or bool`)
    const value = leaf(typed(values, dtype as DType), shape, dtype as DType)
    this.storage.set(dataId, { value, references })
    this.holders.set(value, references)
  }

  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const stored = this.storage.get(dataId)
    if ('strings' in stored) return stored.strings
    const { value } = stored
    if (!value.data) this.compute(value)
    return (value.data instanceof Float64Array ? Float32Array.from(value.data) : value.data) as tf.TypedArray
  }

  override read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return new Promise(resolve => {
      resolve(this.readSync(dataId))
    })
  }

  /**
   * Computes a value and all else that is held. Left for later, what they share would be computed twice; in a training
   * loop, where a loss is read after its weights have been replaced, that would be all steps so far.
   */
  private compute(value: Value): void {
    const others = computable(this.holders.keys()).filter(v => v !== value)
    this.pending = 0
    try {
      evaluate([value, ...others])
    } catch (error) {
      if (others.length === 0) throw error
      // The fault of another is for its own reader.
      evaluate([value])
    }
  }

  /** Computes all that is held, so that a loop which reads nothing does not grow without end. */
  private flush(): void {
    const [first] = computable(this.holders.keys())
    this.pending = 0
    if (first) this.compute(first)
  }

  override refCount(dataId: tf.DataId): number {
    return this.storage.has(dataId) ? this.storage.get(dataId).references : 0
  }

  override incRef(dataId: tf.DataId): void {
    this.storage.get(dataId).references++
  }

  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.storage.has(dataId)) return true
    const stored = this.storage.get(dataId)
    stored.references--
    if (stored.references > 0 && !force) return false
    this.storage.delete(dataId)
    if ('value' in stored) this.release(stored.value)
    if (this.pending > MOST_PENDING && !this.tracing) this.flush()
    return true
  }

  private release(value: Value): void {
    const left = (this.holders.get(value) ?? 1) - 1
    if (left > 0) this.holders.set(value, left)
    else this.holders.delete(value)
  }

  override numDataIds(): number {
    return this.storage.numDataIds()
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override timerAvailable(): boolean {
    return true
  }

  override async time(f: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now()
    f()
    return Promise.resolve({ kernelMs: performance.now() - start })
  }

  override dispose(): void {
    this.holders.clear()
  }
}

/** A copy, since what is computed later must not see what a program writes into its array meanwhile. */
function typed(values: tf.backend_util.BackendValues, dtype: DType): Data {
  const data = values as Float32Array | Int32Array | Uint8Array | number[]
  if (dtype === 'float32') return originalOf(data) ?? new Float32Array(data)
  return dtype === 'int32' ? new Int32Array(data) : new Uint8Array(data)
}

/** Makes `tf.setBackend('onnx')` possible. Called once, when src/compile is imported. */
export function registerBackend(): void {
  if (tf.engine().registryFactory[BACKEND]) return
  tf.registerBackend(BACKEND, () => new OnnxBackend(), 0)
  const row = (kernelName: string, kernelFunc: tf.KernelFunc): void =>
    tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc })
  for (const [name, kernel] of Object.entries(kernels))
    row(name, ({ inputs, attrs = {}, backend }) =>
      aboutStrings(inputs, attrs)
        ? runOnHost(name, inputs, attrs, backend as OnnxBackend)
        : record(kernel, inputs, attrs, backend as OnnxBackend),
    )
  for (const name of hostKernels)
    row(name, ({ inputs, attrs = {}, backend }) => runOnHost(name, inputs, attrs, backend as OnnxBackend))
  for (const { kernelName } of tf.getKernelsForBackend('cpu'))
    if (!(kernelName in kernels) && !hostKernels.includes(kernelName)) row(kernelName, missing(kernelName))
}

function record(
  kernel: Kernel,
  inputs: tf.NamedTensorInfoMap,
  attributes: tf.NamedAttrMap,
  backend: OnnxBackend,
): tf.TensorInfo | tf.TensorInfo[] {
  // Inputs that tfjs leaves out (a fused kernel's bias) come as undefined or null.
  const given = Object.entries(inputs).filter((entry): entry is [string, tf.TensorInfo] => Boolean(entry[1]))
  const values = given.map(([k, t]) => [k, backend.recorded(t)] as const)
  const result = kernel(Object.fromEntries(values), attributes)
  if (!('shape' in result)) return result.map(v => backend.hold(v))
  // What changes nothing shares its input's data, as tfjs expects of a clone.
  const same = values.findIndex(([, value]) => value === result)
  return same >= 0 ? backend.share(given[same]![1]) : backend.hold(result)
}

/** A kernel that tfjs' `cpu` backend has and the table has not. */
function missing(kernelName: string): tf.KernelFunc {
  return () => {
    throw new Error(
      `the onnx backend has no kernel '${kernelName}'. Write it with other tensor operations, or compute it with tfjs' ` +
        `own backend (tf.setBackend('cpu')) and pass the result as an input.`,
    )
  }
}

/** The backend, made current where it is not. */
export function onnxBackend(): OnnxBackend {
  return tf.engine().findBackend(BACKEND) as OnnxBackend
}
