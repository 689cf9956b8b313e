/** A tfjs function, run once on placeholders, becomes a graph. */
import * as tf from '@tensorflow/tfjs'
import { BACKEND, onnxBackend, registerBackend } from './backend.js'
import { rememberingDoubles } from './doubles.js'
import type { Precision } from './emit.js'
import { mapRecord, type Specs } from './signature.js'
import { placeholder, type Value } from './value.js'

/** A pure function of named tensors. */
export type TensorFunction = (inputs: Record<string, tf.Tensor>) => Readonly<Record<string, tf.Tensor>>

export type Graph = Readonly<Record<string, Value>>

const traces = new WeakMap<TensorFunction, Map<string, Graph>>()

/**
 * The outputs of `f` as values over placeholders named as in `specs`. Tensors that `f` captures become constants of the
 * graph. The same function with the same specs and precision is traced once.
 */
export function trace(f: TensorFunction, specs: Specs, precision: Precision): Graph {
  const known = traces.get(f) ?? new Map<string, Graph>()
  traces.set(f, known)
  const key = JSON.stringify([precision, Object.entries(specs)])
  const graph =
    known.get(key) ?? (precision === 'float64' ? rememberingDoubles(() => record(f, specs)) : record(f, specs))
  known.set(key, graph)
  return graph
}

/** What errors call a function. */
export const titleOf = (f: TensorFunction): string => f.name || 'the compiled function'

function record(f: TensorFunction, specs: Specs): Graph {
  const traced = titleOf(f)
  registerBackend()
  return withBackend(BACKEND, () => {
    const backend = onnxBackend()
    let graph: Graph = {}
    const body = (): void => {
      const tensors = mapRecord(specs, ({ shape, dtype }, name) =>
        tf.engine().makeTensorFromTensorInfo(backend.hold(placeholder(name, shape, dtype, traced)), backend),
      )
      const outputs: unknown = f(tensors)
      graph = mapRecord(named(outputs, traced), (output, name) => {
        if (!(output instanceof tf.Tensor)) throw new Error(`${traced}: output '${name}' is ${kind(output)}, no tensor`)
        return backend.recorded(output)
      })
    }
    backend.whileTracing(() => tf.tidy(body))
    if (Object.keys(graph).length === 0) throw new Error(`${traced}: returns no outputs`)
    return graph
  })
}

const kind = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value)

function named(outputs: unknown, traced: string): Record<string, unknown> {
  if (outputs instanceof Promise) {
    // What it goes on to do with placeholders fails, and matters to nobody any more.
    outputs.catch(() => undefined)
    throw new Error(`${traced}: is asynchronous; a compiled function must return its tensors directly`)
  }
  if (typeof outputs !== 'object' || outputs === null || outputs instanceof tf.Tensor || Array.isArray(outputs))
    throw new Error(`${traced}: must return its outputs by name, as in ({ x }) => ({ y: tf.square(x) })`)
  return outputs as Record<string, unknown>
}

/** Runs `f` with another current backend, and puts the former one back. */
export function withBackend<T>(backend: string, f: () => T): T {
  // Where none is current yet tfjs chooses one now, so that there is one to put back.
  tf.backend()
  const before = tf.getBackend()
  // With a synchronous factory the backend is current when the call returns; the promise only reports that.
  void tf.setBackend(backend)
  try {
    return f()
  } finally {
    if (before !== backend) void tf.setBackend(before)
  }
}
