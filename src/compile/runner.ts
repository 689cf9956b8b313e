/** Runs a model again and again, with state that goes round between two sets of buffers and is never copied. */
import type ort from 'onnxruntime-node'
import { inPrecision, type Precision } from './emit.js'
import { tensorOf } from './tensor.js'
import { mapRecord, type Specs } from './signature.js'
import { openSession, type SessionOptions, type Tensors } from './session.js'
import { sizeOf, type Data, type Shape } from './value.js'

export interface Program {
  /** The model reads inputs and state by their names, and gives each result as `resultOf(name)`. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly precision: Precision
  readonly inputs: Specs
  readonly outputs: Specs
  readonly state: Specs
  /** Shapes that the model gives its results in, of the same elements in the same order. */
  readonly shapes: Readonly<Record<string, Shape>>
  readonly session: SessionOptions
}

export type NamedData = Readonly<Record<string, Data>>

export interface Runner {
  run(inputs: NamedData): Record<string, Data>
  /** The state's current elements: the buffers themselves, which the second run from here overwrites. */
  state(): Record<string, Data>
  setState(state: NamedData): void
  dispose(): void
}

interface Buffered {
  readonly data: Data
  readonly read: ort.Tensor
  readonly written: ort.Tensor
}

/** The name of a result inside the model, where an input (or the state before) may have the same name outside. */
export const resultOf = (name: string): string => `${name}.out`

export function openRunner({ bytes, precision, inputs, outputs, state, ...rest }: Program, initial: NamedData): Runner {
  const session = openSession(bytes, rest.session)
  const tensor = (data: Data, spec: Specs[string]): ort.Tensor => tensorOf(data, spec.shape, spec.dtype)
  const written = (data: Data, { dtype }: Specs[string], name: string): ort.Tensor =>
    tensorOf(data, rest.shapes[name]!, dtype)
  /** One buffer, as the model reads it and as it writes it. */
  const fresh = (spec: Specs[string], name: string): Buffered => {
    const data = newData(spec, precision)
    return { data, read: tensor(data, spec), written: written(data, spec, name) }
  }
  let current = mapRecord(state, fresh)
  let next = mapRecord(state, fresh)
  const setState = (given: NamedData): void => {
    for (const name of Object.keys(state)) (current[name]!.data as Float32Array).set(given[name] as Float32Array)
  }
  setState(initial)
  return {
    run(given) {
      const feeds: Tensors = mapRecord(current, t => t.read)
      for (const [name, spec] of Object.entries(inputs))
        feeds[name] = tensor(inPrecision(given[name]!, spec.dtype, precision), spec)
      const results = mapRecord(outputs, spec => newData(spec, precision))
      const fetches: Tensors = {}
      for (const [name, data] of Object.entries(results)) fetches[resultOf(name)] = written(data, outputs[name]!, name)
      for (const [name, { written }] of Object.entries(next)) fetches[resultOf(name)] = written
      session.run(feeds, fetches)
      ;[current, next] = [next, current]
      return results
    },
    state: () => mapRecord(current, t => t.data),
    setState,
    dispose: () => session.dispose(),
  }
}

function newData({ shape, dtype }: Specs[string], precision: Precision): Data {
  const n = sizeOf(shape)
  if (dtype === 'int32') return new Int32Array(n)
  if (dtype === 'bool') return new Uint8Array(n)
  return precision === 'float64' ? new Float64Array(n) : new Float32Array(n)
}
