/** `compile`: a tfjs function becomes one ONNX graph, run by ONNX Runtime. */
import { devices, resolveDevice, type DeviceChoice } from './devices.js'
import { openEagerRunner, type EagerEngine } from './eager.js'
import { emit, type Precision } from './emit.js'
import { standard } from './export.js'
import { lowerForCpu } from './lower/cpu.js'
import { simplify } from './lower/simplify.js'
import { openLocalRunner, openRemoteRunner, type AsyncRunner } from './remote.js'
import { resultOf, type NamedData } from './runner.js'
import type { Device } from './session.js'
import {
  checked,
  mapRecord,
  normalised,
  specsOf,
  specText,
  toArray,
  union,
  type Arrays,
  type BoundaryArray,
  type Signature,
  type Specs,
} from './signature.js'
import { titleOf, trace, type Graph, type TensorFunction } from './trace.js'
import { elementsMade, type Shape, type Value } from './value.js'

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
  /** What `run` gives: the outputs of the function without its state. */
  readonly outputs: Specs
  /**
   * One call of the function: named arrays in, named arrays out. State advances, once for each call, in their order.
   * Inputs are read, not copied, while the call runs: leave them as they are until it has resolved.
   */
  run(inputs?: Arrays): Promise<Record<string, BoundaryArray>>
  /** A copy of the current state. */
  state(): Promise<Record<string, BoundaryArray>>
  /** Replaces the state, all of it, by a copy of what is given. */
  setState(state: Arrays): Promise<void>
  /** Frees the engine's memory (and its thread), after the calls made so far; calls from now on are errors. */
  dispose(): Promise<void>
}

/** All that is needed to open a runner, checked. */
interface Plan {
  readonly f: TensorFunction
  readonly graph: Graph
  readonly inputs: Specs
  readonly outputs: Specs
  readonly constantSpecs: Specs
  readonly constants: NamedData
  readonly state: Specs
  readonly initial: NamedData
}

/**
 * Compiles a pure tfjs function of named tensors.
 *
 * `f` is run once, on placeholders, and recorded: gradients, optimisers and all become one graph and one call. Tensors
 * that it captures become constants. The same function with the same signature is recorded once and then remembered.
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
  const where = titleOf(f)
  checkOptions(options, where)
  const { constants = {}, state = {}, precision = 'float32' } = options
  const inputs = normalised(signature, where)
  const constantSpecs = specsOf(constants, 'constant', where)
  const stateSpecs = specsOf(state, 'state', where)
  const specs = union({ input: inputs, constant: constantSpecs, state: stateSpecs }, where)
  const graph = trace(f, specs, precision)
  checkState(graph, stateSpecs, where)
  const results = Object.entries(graph).filter(([name]) => !(name in stateSpecs))
  const outputs = mapRecord(Object.fromEntries(results), ({ shape, dtype }) => ({ shape, dtype }) as Specs[string])
  const runner = await open(
    {
      f,
      graph,
      inputs,
      outputs,
      constantSpecs,
      constants: checked(constants, constantSpecs, 'constant', where),
      state: stateSpecs,
      initial: checked(state, stateSpecs, 'state', where),
    },
    options,
  )
  return executable(runner, inputs, outputs, stateSpecs, where)
}

/**
 * Graphs that make more elements than this run faster (by 4 % in a convolutional training step, on 2 cores) when each
 * result takes memory that was just left, warm in the cache, than in one layout planned ahead.
 */
const LARGE = 2 ** 25

async function open(plan: Plan, options: CompileOptions): Promise<AsyncRunner> {
  const { engine = 'onnx', precision = 'float32', threads, profile, worker } = options
  if (engine !== 'onnx') return openEagerRunner(plan, engine)
  const device = precision === 'float64' ? 'cpu' : await resolveDevice(options.device ?? 'cpu')
  const { bytes, elements, shapes } = model(plan, precision, device)
  const session = {
    device,
    planMemory: elements < LARGE,
    ...(threads === undefined ? {} : { threads }),
    ...(profile === undefined ? {} : { profile }),
  }
  const { inputs, outputs, state } = plan
  const program = { bytes, precision, inputs, outputs, state, shapes, session }
  try {
    return await (worker ? openRemoteRunner(program, plan.initial) : openLocalRunner(program, plan.initial))
  } catch (error) {
    const which = precision === 'float64' ? ' in double precision' : ''
    throw new Error(`${titleOf(plan.f)}: ONNX Runtime refuses its graph${which}: ${(error as Error).message}`, { cause: error }) // prettier-ignore
  }
}

/** The model of a traced function, its constants written in. Only the CPU's own lowering leaves standard ONNX. */
function model(
  { graph, constants }: Plan,
  precision: Precision,
  device: Device,
): { bytes: Uint8Array<ArrayBuffer>; elements: number; shapes: Record<string, Shape> } {
  const values = simplify(Object.values(graph), constants)
  const lowered = device === 'cpu' && precision === 'float32' ? lowerForCpu(values) : standard(values, precision)
  const results = Object.fromEntries(Object.keys(graph).map((name, i) => [name, unshaped(lowered[i]!)]))
  const outputs = Object.fromEntries(Object.entries(results).map(([name, v]) => [resultOf(name), v]))
  return {
    bytes: emit(outputs, { precision, constants }).bytes,
    elements: elementsMade(lowered),
    shapes: mapRecord(results, ({ shape }) => shape),
  }
}

/** A result before its last Reshape, which would copy it: the runner states the shape. */
const unshaped = (v: Value): Value =>
  v.node?.op === 'Reshape' && v.node.domain === '' && v.node.inputs[0]!.node ? unshaped(v.node.inputs[0]!) : v

function executable(runner: AsyncRunner, inputs: Specs, outputs: Specs, state: Specs, where: string): Executable {
  const arrays = (data: NamedData, of: Specs): Record<string, BoundaryArray> =>
    mapRecord(of, ({ shape }, name) => toArray(data[name]!, shape))
  let disposed: Promise<void> | undefined
  const live = (): AsyncRunner => {
    if (disposed) throw new Error(`${where}: this compiled function has been disposed: compile it again`)
    return runner
  }
  return {
    inputs,
    outputs,
    run: async (given = {}) => arrays(await live().run(checked(given, inputs, 'input', where)), outputs),
    state: async () => arrays(mapRecord(await live().state(), d => d.slice()), state), // prettier-ignore
    setState: async next => live().setState(checked(next, state, 'state', where)),
    dispose: () => (disposed ??= runner.dispose()),
  }
}

function checkOptions(
  { engine = 'onnx', device = 'cpu', precision, worker, threads }: CompileOptions,
  where: string,
): void {
  const refuse = (what: string): never => {
    throw new Error(`${where}: ${what}`)
  }
  if (!['onnx', 'tensorflow', 'cpu'].includes(engine)) refuse(`there is no engine '${engine}': onnx, tensorflow or cpu`)
  if (device !== 'auto' && !devices.includes(device))
    refuse(`there is no device '${device as string}': auto, ${devices.join(', ')}`)
  if (threads !== undefined && !(Number.isSafeInteger(threads) && threads > 0))
    refuse(`threads must be a whole number from 1, not ${threads}`)
  if (precision === 'float64' && (engine !== 'onnx' || !['cpu', 'auto'].includes(device)))
    refuse(`float64 is computed by engine 'onnx' on device 'cpu' only`)
  if (engine !== 'onnx' && (worker || !['cpu', 'auto'].includes(device)))
    refuse(`engine '${engine}' runs in this thread and chooses its device itself: leave out worker and device`)
}

function checkState(graph: Graph, state: Specs, where: string): void {
  for (const [name, spec] of Object.entries(state)) {
    const next = graph[name]
    if (!next) throw new Error(`${where}: state '${name}' has no output of that name to replace it`)
    if (specText(next) !== specText(spec))
      throw new Error(`${where}: state '${name}' is ${specText(spec)}, its next value is ${specText(next)}`)
  }
}
