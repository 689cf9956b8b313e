/** A tfjs function as a standard `.onnx` file, for any runtime that reads one. */
import { environment } from '../io/environment.js'
import { writeFileAtomic } from '../io/atomic.js'
import { emit, OPSET, type Precision } from './emit.js'
import { lowerToDouble } from './lower/double.js'
import { lowerPortably } from './lower/portable.js'
import { simplify } from './lower/simplify.js'
import { checked, normalised, specsOf, union, type Arrays, type Signature } from './signature.js'
import { titleOf, trace, type TensorFunction } from './trace.js'
import type { Value } from './value.js'

export interface ExportOptions {
  /** Inputs that never change (weights): written into the file. */
  readonly constants?: Arrays
  /** `float64` writes a graph of double precision; it brings single-precision operators apart into those that have it. */
  readonly precision?: Precision
}

/** The graph in standard ONNX operators that ONNX Runtime computes in that precision. */
export const standard = (values: readonly Value[], precision: Precision): readonly Value[] =>
  precision === 'float64' ? lowerToDouble(lowerPortably(values)) : lowerPortably(values)

/**
 * A pure tfjs function as the bytes of an `.onnx` file: standard operators of opset 21 (IR version 10) only, inputs in
 * the order of the signature and outputs in that of `f`, by their names. The file states producer, version, function and
 * precision.
 *
 * @param f from inputs and constants by name to outputs by name.
 * @param signature the shapes (and types, where not float32) of the inputs.
 * @throws as `compile` does where `f` cannot be traced; where an output has the name of an input; above 2 GiB.
 */
export function exportOnnx(f: TensorFunction, signature: Signature, options: ExportOptions = {}): Uint8Array {
  const { constants = {}, precision = 'float32' } = options
  const where = titleOf(f)
  const inputs = normalised(signature, where)
  const constantSpecs = specsOf(constants, 'constant', where)
  const specs = union({ input: inputs, constant: constantSpecs }, where)
  const graph = trace(f, specs, precision)
  const names = Object.keys(graph)
  const twice = names.find(name => name in specs)
  if (twice !== undefined)
    throw new Error(
      `${where}: '${twice}' is an input and an output; in an .onnx file a name is one value: rename the output`,
    )
  const written = checked(constants, constantSpecs, 'constant', where)
  const values = standard(simplify(Object.values(graph), written), precision)
  const outputs = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
  const about = {
    graph: f.name || 'invdiff',
    version: environment().versions.invdiff!,
    properties: { function: where, precision, opset: String(OPSET) },
  }
  return emit(outputs, { precision, inputs, about, constants: written }).bytes
}

/** `exportOnnx` into a file: written aside and renamed, so that it is whole at any moment. */
export const writeOnnx = (
  path: string,
  f: TensorFunction,
  signature: Signature,
  options: ExportOptions = {},
): Promise<void> => writeFileAtomic(path, exportOnnx(f, signature, options))
