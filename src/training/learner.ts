/** The engine's side of training: the compiled step with its state, and the compiled held-out loss. */
import ndarray from 'ndarray'
import { compile, type Arrays, type CompileOptions, type Executable } from '../compile/index.js'
import { sizeOf } from '../io/array.js'
import { packing } from './adamw.js'
import type { Batch, Floats } from './data.js'
import type { Trainable } from './model.js'
import type { Noise } from './noise.js'
import { heldOutLoss, kinds, numbered, trainingStep, type Kind, type StepRule } from './step.js'

export type NamedArrays = Readonly<Record<string, Floats>>

/** Everything that a step changes: by kind, parameters by name. */
export interface LearnerState {
  readonly arrays: Readonly<Record<Kind, NamedArrays>>
  /** Steps taken. */
  readonly t: number
}

export interface StepResult {
  readonly loss: number
  readonly gradientNorm: number
  /** Of each sample. */
  readonly losses: Float32Array
}

export interface Learner {
  step(batch: Batch, noise: Noise, rate: number, decay: number): Promise<StepResult>
  /** The loss of given weights on a batch. */
  loss(weights: NamedArrays, batch: Batch, noise: Noise): Promise<{ loss: number; losses: Float32Array }>
  /** A copy. */
  state(): Promise<LearnerState>
  dispose(): Promise<void>
}

export interface LearnerOptions {
  readonly rule: StepRule
  readonly batch: number
  /** Shape of one example of each array of a batch. */
  readonly shapes: Readonly<Record<string, readonly number[]>>
  readonly engine: Pick<CompileOptions, 'worker' | 'threads' | 'device' | 'engine'>
}

/** The state in which training begins: moments 0, the average at the weights. */
export function firstState(weights: NamedArrays): LearnerState {
  const zeros = (): NamedArrays => mapArrays(weights, ({ data, shape }) => floats(new Float32Array(data.length), shape))
  return { arrays: { theta: weights, m: zeros(), v: zeros(), average: weights }, t: 0 }
}

export async function openLearner(
  model: Trainable,
  first: LearnerState,
  { rule, batch, shapes, engine }: LearnerOptions,
): Promise<Learner> {
  const packed = packer(model)
  const signature = {
    ...Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [batch, ...shape]])),
    noise: [batch, ...model.shape],
    sigma: [batch],
    scale: [batch],
  }
  const state: Record<string, Floats> = { t: scalar(first.t) }
  for (const kind of kinds) Object.assign(state, packed.pack(kind, first.arrays[kind]))
  const training = await compile(
    trainingStep(model, packed.layout, rule),
    { ...signature, rate: [], decay: [] },
    { ...engine, state },
  )
  // Most runs hold some data out, but not all: compiled when first needed.
  let heldOut: Promise<Executable> | undefined
  const openHeldOut = (): Promise<Executable> => {
    const vectors = numbered('theta', packed.layout.lengths.map(n => [n])) // prettier-ignore
    return compile(heldOutLoss(model, packed.layout, rule.loss), { ...signature, ...vectors }, engine)
  }
  return {
    async step(data, noise, rate, decay) {
      const out = await training.run({ ...inputsOf(data, noise), rate: scalar(rate), decay: scalar(decay) })
      const { loss, gradientNorm, losses } = out as NamedArrays
      return { loss: loss!.data[0]!, gradientNorm: gradientNorm!.data[0]!, losses: losses!.data }
    },
    async loss(weights, data, noise) {
      heldOut ??= openHeldOut()
      const out = await (await heldOut).run({ ...inputsOf(data, noise), ...packed.pack('theta', weights) })
      const { loss, losses } = out as NamedArrays
      return { loss: loss!.data[0]!, losses: losses!.data }
    },
    async state() {
      const vectors = (await training.state()) as NamedArrays
      const arrays = Object.fromEntries(kinds.map(kind => [kind, packed.unpack(kind, vectors)]))
      return { arrays: arrays as Record<Kind, NamedArrays>, t: vectors.t!.data[0]! }
    },
    async dispose() {
      await training.dispose()
      await (await heldOut)?.dispose()
    },
  }
}

/** Parameters by name as the vectors of a kind, and back. */
function packer({ parameters }: Trainable) {
  const names = Object.keys(parameters)
  const layout = packing(names.map(name => parameters[name]!))
  return {
    layout,
    pack(kind: string, arrays: NamedArrays): NamedArrays {
      const vectors = layout.groups.map((group, k) => {
        const vector = new Float32Array(layout.lengths[k]!)
        let at = 0
        for (const i of group) {
          const { data } = arrays[names[i]!]!
          vector.set(data, at)
          at += data.length
        }
        return floats(vector, [vector.length])
      })
      return numbered(kind, vectors)
    },
    unpack(kind: string, vectors: NamedArrays): NamedArrays {
      const found: Record<string, Floats> = {}
      layout.groups.forEach((group, k) => {
        let at = 0
        for (const i of group) {
          const shape = parameters[names[i]!]!
          const end = at + sizeOf(shape)
          found[names[i]!] = floats(vectors[`${kind}${k}`]!.data.subarray(at, end), shape)
          at = end
        }
      })
      // In the parameters' own order.
      return Object.fromEntries(names.map(name => [name, found[name]!]))
    },
  }
}

const floats = (data: Float32Array, shape: readonly number[]): Floats => ndarray(data, [...shape])
const scalar = (value: number): Floats => floats(Float32Array.of(value), [])
const inputsOf = (batch: Batch, noise: Noise): Arrays => ({ ...(batch as NamedArrays), ...noise })

export const mapArrays = (arrays: NamedArrays, f: (a: Floats, name: string) => Floats): NamedArrays =>
  Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, f(a, name)]))
