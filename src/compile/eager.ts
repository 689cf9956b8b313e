/** Engines of tfjs' own, for checking (`cpu`) and for NVIDIA machines (`tensorflow`): nothing is recorded. */
import * as tf from '@tensorflow/tfjs'
import { mapRecord, type Specs } from './signature.js'
import type { AsyncRunner } from './remote.js'
import type { TensorFunction } from './trace.js'
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
      reasons.push(`${name}: ${(error as Error).message.split('\n')[0]!}`)
    }
  }
  throw new Error(`engine 'tensorflow' is not installed (${reasons.join('; ')}). Use engine 'onnx', the default.`)
}

export async function openEagerRunner(
  f: TensorFunction,
  engine: EagerEngine,
  specs: Specs,
  outputs: Specs,
  fixed: Readonly<Record<string, Data>>,
  initial: Readonly<Record<string, Data>>,
): Promise<AsyncRunner> {
  const backend = await loadEngine(engine)
  let state = initial
  const run = (inputs: Readonly<Record<string, Data>>): Record<string, Data> => {
    const before = tf.getBackend()
    void tf.setBackend(backend)
    try {
      let results: Record<string, Data> = {}
      tf.tidy(() => {
        const given = { ...fixed, ...state, ...inputs }
        const tensors = mapRecord(specs, ({ shape, dtype }, name) =>
          tf.tensor(given[name] as Float32Array, [...shape], dtype),
        )
        results = mapRecord(f(tensors), t => t.dataSync() as Data)
      })
      state = mapRecord(initial, (_, name) => results[name]!)
      return mapRecord(outputs, (_, name) => results[name]!)
    } finally {
      if (before && before !== backend) void tf.setBackend(before)
    }
  }
  return {
    run: inputs => new Promise(resolve => setImmediate(() => resolve(run(inputs)))),
    state: () => Promise.resolve({ ...state }),
    setState: next => {
      state = next
      return Promise.resolve()
    },
    dispose: () => Promise.resolve(),
  }
}
