/** Engines of tfjs' own, for checking (`cpu`) and for NVIDIA machines (`tensorflow`): nothing is recorded. */
import * as tf from '@tensorflow/tfjs'
import { inPrecision } from './emit.js'
import { soon, type AsyncRunner } from './remote.js'
import type { NamedData } from './runner.js'
import { mapRecord, type Specs } from './signature.js'
import { withBackend, type TensorFunction } from './trace.js'
import type { Data } from './value.js'

export type EagerEngine = 'cpu' | 'tensorflow'

/** Makes an engine's backend available, or says why it is not. Returns the tfjs name of the backend. */
export async function loadEngine(engine: EagerEngine): Promise<string> {
  if (engine === 'cpu') return 'cpu'
  const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']
  const reasons: string[] = []
  for (const name of packages) {
    try {
      await import(name)
      return 'tensorflow'
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message.split(/\n| imported from /)[0]!}`)
    }
  }
  throw new Error(`engine 'tensorflow' is not installed (${reasons.join('; ')}). Use engine 'onnx', the default.`)
}

/** What is run, as `compile` has checked it. */
interface EagerProgram {
  readonly f: TensorFunction
  readonly inputs: Specs
  readonly outputs: Specs
  readonly state: Specs
  readonly constantSpecs: Specs
  readonly constants: NamedData
  readonly initial: NamedData
}

export async function openEagerRunner(program: EagerProgram, engine: EagerEngine): Promise<AsyncRunner> {
  const { f, inputs, outputs, constantSpecs, state: stateSpecs, initial } = program
  const backend = await loadEngine(engine)
  const copy = (data: NamedData): Record<string, Data> => mapRecord(data, d => d.slice())
  const constants = copy(program.constants)
  let state = copy(initial)
  const tensors = (data: NamedData, specs: Specs): Record<string, tf.Tensor> =>
    mapRecord(specs, ({ shape, dtype }, name) =>
      tf.tensor(inPrecision(data[name]!, dtype, 'float32') as Float32Array, [...shape], dtype),
    )
  const run = (given: NamedData): Record<string, Data> =>
    withBackend(backend, () => {
      let results: Record<string, Data> = {}
      tf.tidy(() => {
        const named = { ...tensors(given, inputs), ...tensors(constants, constantSpecs), ...tensors(state, stateSpecs) }
        // An output may be an input's own memory.
        results = mapRecord(f(named), t => t.dataSync().slice() as Data)
      })
      state = mapRecord(stateSpecs, (_, name) => results[name]!)
      return mapRecord(outputs, (_, name) => results[name]!)
    })
  return {
    run: given => soon(() => run(given)),
    state: () => soon(() => state),
    setState: next => soon(() => void (state = copy(next))),
    dispose: () => Promise.resolve(),
  }
}
