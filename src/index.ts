/** The public surface: everything a user imports from 'invdiff'. */

// Random numbers as a function of a key and an index.
export { derive as subkey, integers, key, normal, normalQuantile, permutation, uniform, type Key } from './random.js'

// Formulas in text.
export { formula, FormulaError, type Formula } from './expression.js'

// tfjs functions as one ONNX graph.
export {
  compile,
  exportOnnx,
  probeDevice,
  resolveDevice,
  writeOnnx,
  type Arrays,
  type BoundaryArray,
  type CompileOptions,
  type Device,
  type DeviceChoice,
  type DeviceReport,
  type Executable,
  type ExportOptions,
  type Precision,
  type Signature,
  type TensorFunction,
  type TensorSpec,
  type TensorType,
} from './compile/index.js'

// Arrays and files.
export { array, assertShape, zeros, type NdArray } from './io/array.js'
export { FileError } from './io/error.js'
export { openHdf5, readHdf5 } from './io/hdf5.js'
export { createHdf5, writeHdf5 } from './io/hdf5-write.js'
export { readNpy, writeNpy } from './io/npy.js'
export { listNpz, readNpz, writeNpz } from './io/npz.js'
export { readArray } from './io/read.js'
export { openRun, readRunConfig, runState, type Run, type RunSpec } from './io/run-folder.js'
export { readSafetensors, writeSafetensors, type Safetensors } from './io/safetensors.js'
export { openZarr, readZarr } from './io/zarr.js'
export { createZarr, writeZarr } from './io/zarr-write.js'

// Problems that come with the package.
export { shippedProblems, type ShippedProblem } from './run/problems.js'
