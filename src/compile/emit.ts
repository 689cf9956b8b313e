/** Values written as an ONNX model (https://onnx.ai, IR version 10, opset 21). */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  AttributeProto_AttributeType as AttributeType,
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType as DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './onnx/onnx_pb.js'
import { topological, type Attribute, type Data, type DType, type Node, type Shape, type Value } from './value.js'

export const OPSET = 21
const IR_VERSION = 10n
/** Operators of ONNX Runtime's own that the CPU's lowering uses; an exported model has none of them. */
const PRIVATE_DOMAINS = ['com.microsoft', 'com.microsoft.nchwc']

export type Precision = 'float32' | 'float64'

export interface Model {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Leaves that became inputs, in the order of their names in `inputNames`. */
  readonly leaves: readonly Value[]
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly nodeCount: number
}

export interface EmitOptions {
  readonly precision?: Precision
  /** Whether a leaf with data is an input of the model (true) or written into it (false). */
  readonly asInput?: (leaf: Value) => boolean
  /** Values of placeholders that are written into the model instead of being its inputs. */
  readonly constants?: Readonly<Record<string, Data>>
  /** The model's inputs in this order, also those that nothing reads; default: those that are read. */
  readonly inputs?: Readonly<Record<string, { readonly shape: Shape; readonly dtype: DType }>>
  /** What the file says of itself. */
  readonly about?: About
}

export interface About {
  readonly graph: string
  readonly version: string
  readonly properties: Readonly<Record<string, string>>
}

/** What one protobuf message can hold. */
const MOST_BYTES = 2 ** 31 - 1

function elementType(dtype: DType, precision: Precision): DataType {
  switch (dtype) {
    case 'float32':
      return precision === 'float64' ? DataType.DOUBLE : DataType.FLOAT
    case 'int32':
      return DataType.INT32
    case 'int64':
      return DataType.INT64
    case 'bool':
      return DataType.BOOL
    case 'uint8':
      return DataType.UINT8
    default:
      return dtype satisfies never
  }
}

/** Values of a float leaf in the precision of the graph; a copy only where that differs. */
export function inPrecision(data: Data, dtype: DType, precision: Precision): Data {
  if (dtype !== 'float32') return data
  if (precision === 'float64') return data instanceof Float64Array ? data : new Float64Array(data as Float32Array)
  return data instanceof Float32Array ? data : new Float32Array(data as Float64Array)
}

function tensor(name: string, value: Value, values: Data, precision: Precision): TensorProto {
  const data = inPrecision(values, value.dtype, precision)
  return create(TensorProtoSchema, {
    name,
    dims: value.shape.map(BigInt),
    dataType: elementType(value.dtype, precision),
    rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
  })
}

function attribute(name: string, value: Attribute, precision: Precision): AttributeProto {
  const make = (type: AttributeType, rest: object): AttributeProto =>
    create(AttributeProtoSchema, { name, type, ...rest })
  if (typeof value === 'number') return make(AttributeType.INT, { i: BigInt(value) })
  if (typeof value === 'string') return make(AttributeType.STRING, { s: new TextEncoder().encode(value) })
  if ('float' in value) return make(AttributeType.FLOAT, { f: value.float })
  if ('floats' in value) return make(AttributeType.FLOATS, { floats: [...value.floats] })
  if ('dtype' in value) return make(AttributeType.INT, { i: BigInt(elementType(value.dtype, precision)) })
  return make(AttributeType.INTS, { ints: value.map(BigInt) })
}

function info(name: string, shape: Shape, dtype: DType, precision: Precision): ValueInfoProto {
  const dim = shape.map(d => ({ value: { case: 'dimValue' as const, value: BigInt(d) } }))
  const tensorType = { elemType: elementType(dtype, precision), shape: { dim } }
  return create(ValueInfoProtoSchema, { name, type: { value: { case: 'tensorType', value: tensorType } } })
}

/**
 * One model that computes `outputs` (by name) from its placeholders and from those leaves that `asInput` selects.
 * The names inside are numbers in order, so that equal structures give equal bytes.
 */
export function emit(outputs: Readonly<Record<string, Value>>, options: EmitOptions = {}): Model {
  const { precision = 'float32', asInput = () => false, constants = {}, about } = options
  const order = topological(Object.values(outputs))
  const reserved = new Set(Object.keys(outputs))
  for (const v of order.flatMap(n => n.inputs)) if (v?.placeholder) reserved.add(v.placeholder.name)
  const names = new Map<Value, string>()
  const leaves: Value[] = []
  const inputNames: string[] = []
  const inputs: ValueInfoProto[] = []
  const initializers: TensorProto[] = []
  const protos: NodeProto[] = []
  let numbers = 0

  const freshName = (): string => {
    const name = `_${numbers++}`
    return reserved.has(name) ? freshName() : name
  }
  const nameOf = (value: Value): string => {
    const known = names.get(value)
    if (known !== undefined) return known
    const name = value.placeholder?.name ?? freshName()
    names.set(value, name)
    if (value.node) return name
    const data = value.placeholder ? constants[value.placeholder.name] : value.data
    if (!data || (!value.structural && asInput(value))) {
      leaves.push(value)
      inputNames.push(name)
      inputs.push(info(name, value.shape, value.dtype, precision))
    } else initializers.push(tensor(name, value, data, precision))
    return name
  }
  const write = (node: Node): void => {
    protos.push(
      create(NodeProtoSchema, {
        opType: node.op,
        domain: node.domain,
        input: node.inputs.map(v => (v ? nameOf(v) : '')),
        // An output that has been computed already is a leaf elsewhere; here it needs a name all the same.
        output: node.outputs.map(v => (v.node === node ? nameOf(v) : freshName())),
        attribute: Object.entries(node.attributes).map(([k, v]) => attribute(k, v, precision)),
      }),
    )
  }

  // A result that a node makes takes the output's name; what is an input, a constant or asked for twice is copied.
  for (const [name, value] of Object.entries(outputs)) if (value.node && !names.has(value)) names.set(value, name)
  order.forEach(write)
  for (const [name, value] of Object.entries(outputs))
    if (names.get(value) !== name)
      protos.push(create(NodeProtoSchema, { opType: 'Identity', input: [nameOf(value)], output: [name] }))

  const size = initializers.reduce((sum, t) => sum + t.rawData.length, 0)
  if (size > MOST_BYTES)
    throw new Error(
      `an ONNX model holds at most 2 GiB, its constants are ${(size / 2 ** 30).toFixed(1)} GiB: pass some as inputs or state`,
    )
  const domains = PRIVATE_DOMAINS.filter(d => protos.some(p => p.domain === d))
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'invdiff',
    producerVersion: about?.version ?? '',
    metadataProps: Object.entries(about?.properties ?? {}).map(([key, value]) => ({ key, value })),
    opsetImport: [{ domain: '', version: BigInt(OPSET) }, ...domains.map(domain => ({ domain, version: 1n }))],
    graph: {
      name: about?.graph ?? 'invdiff',
      node: protos,
      initializer: initializers,
      input: options.inputs
        ? Object.entries(options.inputs).map(([name, v]) => info(name, v.shape, v.dtype, precision))
        : inputs,
      output: Object.entries(outputs).map(([name, v]) => info(name, v.shape, v.dtype, precision)),
    },
  })
  return {
    bytes: toBinary(ModelProtoSchema, model),
    leaves,
    inputNames,
    outputNames: Object.keys(outputs),
    nodeCount: protos.length,
  }
}
