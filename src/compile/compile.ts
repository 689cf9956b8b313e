/** `compile`: a tfjs function becomes one ONNX graph, run by ONNX Runtime. */
import { resolveDevice, type DeviceChoice } from './devices.js'
import { openEagerRunner, type EagerEngine } from './eager.js'
import { emit, type Model, type Precision } from './emit.js'
import { lowerForCpu } from './lower/cpu.js'
import { lowerToDouble } from './lower/double.js'
import { lowerPortably } from './lower/portable.js'
import { openLocalRunner, openRemoteRunner, type AsyncRunner } from './remote.js'
import { nextOf, type Program } from './runner.js'
import {
  checked,
  mapRecord,
  normalised,
  specsOf,
  toArray,
  type Arrays,
  type BoundaryArray,
  type Signature,
  type Specs,
} from './signature.js'
import type { Device } from './session.js'
import { trace, type Graph, type TensorFunction } from './trace.js'
import type { Data, Value } from './value.js'

export interface CompileOptions {
  /** Inputs that never change (weights while sampling): written into the graph, where the engine may repack them. */
  readonly constants?: Arrays
  /** Inputs that each run replaces by the output of the same name (weights while training), by their first values. */
  readonly state?: Arrays
  /** `onnx` (default), or tfjs' own eager backends: `tensorflow` (tfjs-node-gpu) and `cpu` (slow, for checking). */
  readonly engine?: 'onnx' | EagerEngine
  /** Default `cpu`. `auto` takes the first device that computes correctly and no slower than the CPU. */
  readonly device?: DeviceChoice
  /** Threads inside one operation; default: one for each processor. */
  readonly threads?: number
  /** `float64` emits the same trace in double precision: CPU, and only operators that have it. Default `float32`. */
  readonly precision?: Precision
  /** Run in a thread of its own, so that timers, signals and other functions go on meanwhile. Default false. */
  readonly worker?: boolean
  /** The beginning of a path where ONNX Runtime writes a profile of the runs, when disposed. */
  readonly profile?: string
}

export interface Executable {
  readonly inputs: Specs
  readonly outputs: Specs
  /** One call of the function: named arrays in, named arrays out. State advances. */
  run(inputs?: Arrays): Promise<Record<string, BoundaryArray>>
  /** A copy of the current state. */
  state(): Promise<Record<string, BoundaryArray>>
  setState(state: Arrays): Promise<void>
  /** Frees the engine's memory (and its thread); running afterwards is an error. */
  dispose(): Promise<void>
}

/**
 * Compiles a pure tfjs function of named tensors.
 *
 * `f` is run once, on placeholders, and recorded: gradients, optimisers and all become one graph and one call.
 *
 * @param f from inputs, constants and state by name to outputs by name; every state needs an output of its name.
 * @param signature the shapes (and types, where not float32) of the inputs that each run brings.
 * @returns an executable; `dispose` it when done, its memory is not JavaScript's.
 * @throws where `f` reads values while traced, uses a kernel that ONNX has not, or names and shapes do not fit.
 */
export async function compile(
  f: TensorFunction,
  signature: Signature,
  options: CompileOptions = {},
): Promise<Executable> {
  const { constants = {}, state = {}, precision = 'float32', engine = 'onnx' } = options
  const where = f.name || 'compile'
  const inputs = normalised(signature)
  const stateSpecs = specsOf(state, where)
  const constantSpecs = specsOf(constants, where)
  const specs = { ...inputs, ...constantSpecs, ...stateSpecs }
  const graph = trace(f, specs, precision)
  checkState(graph, stateSpecs, where)
  const outputs = mapRecord(without(graph, stateSpecs), ({ shape, dtype }) => ({ shape, dtype }) as Specs[string])

  const fixed = checked(constants, constantSpecs, where)
  const initial = checked(state, stateSpecs, where)
  const open = async (): Promise<AsyncRunner> => {
    if (engine !== 'onnx') return openEagerRunner(f, engine, specs, outputs, fixed, initial)
    const device = await resolveDevice(options.device ?? 'cpu')
    const { bytes } = write(graph, stateSpecs, fixed, precision, device)
    const { threads, profile } = options
    const session = {
      device,
      ...(threads === undefined ? {} : { threads }),
      ...(profile === undefined ? {} : { profile }),
    }
    const program: Program = { bytes, precision, inputs, outputs, state: stateSpecs, session }
    return options.worker ? openRemoteRunner(program, initial) : openLocalRunner(program, initial)
  }
  const runner = await open()
  const arrays = (data: Record<string, Data>, of: Specs): Record<string, BoundaryArray> =>
    mapRecord(of, ({ shape }, name) => toArray(data[name]!, shape))
  return {
    inputs,
    outputs,
    run: async (given = {}) => arrays(await runner.run(checked(given, inputs, where)), outputs),
    state: async () =>
      arrays(
        mapRecord(await runner.state(), d => d.slice()),
        stateSpecs,
      ),
    setState: async next => runner.setState(checked(next, stateSpecs, where)),
    dispose: () => runner.dispose(),
  }
}

/** The model of a traced function, its constants written in. Only the CPU's own lowering leaves standard ONNX. */
function write(
  graph: Graph,
  state: Specs,
  constants: Record<string, Data>,
  precision: Precision,
  device: Device,
): Model {
  const names = Object.keys(graph).map(name => (name in state ? nextOf(name) : name))
  const values = Object.values(graph)
  const lowered: readonly Value[] =
    device === 'cpu' && precision === 'float32'
      ? lowerForCpu(values, new Set(Object.keys(constants)))
      : precision === 'float64'
        ? lowerToDouble(lowerPortably(values))
        : lowerPortably(values)
  return emit(Object.fromEntries(names.map((name, i) => [name, lowered[i]!])), { precision, constants })
}

function checkState(graph: Graph, state: Specs, where: string): void {
  for (const [name, { shape, dtype }] of Object.entries(state)) {
    const next = graph[name]
    if (!next) throw new Error(`${where}: state '${name}' has no output of that name to replace it`)
    if (next.dtype !== dtype || next.shape.join() !== shape.join())
      throw new Error(
        `${where}: state '${name}' is ${dtype} [${shape.join(', ')}], its next value is ${next.dtype} [${next.shape.join(', ')}]`,
      )
  }
}

const without = (graph: Graph, names: object): Graph =>
  Object.fromEntries(Object.entries(graph).filter(([name]) => !(name in names)))
