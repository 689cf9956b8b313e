/** tfjs functions as ONNX graphs: see compile.ts for one function, backend.ts for lazy evaluation. */
import { registerBackend } from './backend.js'

export { compile, type CompileOptions, type Executable } from './compile.js'
export { devices, probeDevice, resolveDevice, type DeviceChoice, type DeviceReport } from './devices.js'
export { loadEngine, type EagerEngine } from './eager.js'
export { exportOnnx, writeOnnx, type ExportOptions } from './export.js'
export type { Precision } from './emit.js'
export type { Device } from './session.js'
export type { Arrays, BoundaryArray, Signature, Specs, TensorSpec, TensorType } from './signature.js'
export type { TensorFunction } from './trace.js'

registerBackend()
