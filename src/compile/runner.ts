/** Runs a model again and again, with state that goes round between two sets of buffers and is never copied. */
import type ort from 'onnxruntime-node'
import { inPrecision, type Precision } from './emit.js'
import { tensorOf } from './tensor.js'
import { mapRecord, type Specs } from './signature.js'
import { openSession, type SessionOptions, type Tensors } from './session.js'
import { sizeOf, type Data } from './value.js'

export interface Program {
  readonly bytes: Uint8Array
  readonly precision: Precision
  readonly inputs: Specs
  readonly outputs: Specs
  /** State by name: the model reads `name` and gives the next one as `nextOf(name)`. */
  readonly state: Specs
  readonly session: SessionOptions
}

export interface Runner {
  run(inputs: Readonly<Record<string, Data>>): Record<string, Data>
  /** The state's current elements: the buffers themselves, which the second run from here overwrites. */
  state(): Record<string, Data>
  setState(state: Readonly<Record<string, Data>>): void
  dispose(): void
}

export const nextOf = (name: string): string => `${name}.next`

export function openRunner(program: Program, initial: Readonly<Record<string, Data>>): Runner {
  const session = openSession(program.bytes, program.session)
  const tensor = (data: Data, spec: Specs[string]): ort.Tensor => tensorOf(data, spec.shape, spec.dtype)
  const fresh = (spec: Specs[string]): ort.Tensor => tensor(newData(spec, program.precision), spec)
  let current = mapRecord(program.state, fresh)
  let next = mapRecord(program.state, fresh)
  const setState = (state: Readonly<Record<string, Data>>): void => {
    for (const name of Object.keys(program.state))
      (current[name]!.data as Float32Array).set(state[name] as Float32Array)
  }
  setState(initial)
  return {
    run(inputs) {
      const feeds: Tensors = { ...current }
      for (const [name, spec] of Object.entries(program.inputs))
        feeds[name] = tensor(inPrecision(inputs[name]!, spec.dtype, program.precision), spec)
      const outputs = mapRecord(program.outputs, fresh)
      const fetches: Tensors = { ...outputs }
      for (const name of Object.keys(next)) fetches[nextOf(name)] = next[name]!
      session.run(feeds, fetches)
      ;[current, next] = [next, current]
      return mapRecord(outputs, t => t.data as Data)
    },
    state: () => mapRecord(current, t => t.data as Data),
    setState,
    dispose: () => {
      session.dispose()
    },
  }
}

function newData({ shape, dtype }: Specs[string], precision: Precision): Data {
  const n = sizeOf(shape)
  if (dtype === 'int32') return new Int32Array(n)
  if (dtype === 'bool') return new Uint8Array(n)
  return precision === 'float64' ? new Float64Array(n) : new Float32Array(n)
}
