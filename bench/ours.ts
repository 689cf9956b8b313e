/** The networks compiled: what one training step and one forward pass take. */
import * as tf from '@tensorflow/tfjs'
import ndarray, { type NdArray } from 'ndarray'
import { compile, type Executable } from '../src/compile/index.js'
import { key, normal } from '../src/random.js'
import { adamw, packing } from '../src/training/adamw.js'
import type { Device } from '../src/compile/index.js'
import type { Network } from './networks.js'

export interface Setting {
  readonly threads: number
  readonly device: Device
}

export interface Timed {
  /** Tracing, writing and loading. */
  readonly compileMilliseconds: number
  milliseconds(repeats: number): Promise<number[]>
  dispose(): Promise<void>
}

type Floats = NdArray<Float32Array>
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Normals of the usual scale: 1 / sqrt(inputs) for weights, ones and zeros in turn for vectors. */
function initial({ parameters }: Network): Float32Array[] {
  return parameters.map((shape, i) => {
    const values = new Float32Array(size(shape))
    if (shape.length === 1) return values.fill(parameters[i - 1]?.length === 1 ? 0 : 1)
    const scale = Math.sqrt(shape.at(-1)! / values.length)
    return normal(key(1, 'bench', i), values).map(v => v * scale)
  })
}

const random = (shape: readonly number[], stream: string): Floats =>
  ndarray(normal(key(1, stream), new Float32Array(size(shape))), [...shape])

const randomInputs = (signature: Readonly<Record<string, readonly number[]>>): Record<string, Floats> =>
  Object.fromEntries(Object.entries(signature).map(([name, shape]) => [name, random(shape, name)]))

/** Numbered names, as the arrays of a compiled function need. */
const numbered = <T>(name: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((v, i) => [`${name}${i}`, v]))

export function trainingStep(network: Network, setting: Setting): Promise<Timed> {
  const { parameters, x, y, condition = {} } = network
  const { lengths, pack, unpack } = packing(parameters)
  const vectors = (): Floats[] => lengths.map(n => ndarray(new Float32Array(n), [n]))
  const theta = tf.tidy(() =>
    pack(initial(network).map((p, i) => tf.tensor(p, [...parameters[i]!]))).map(v => v.dataSync() as Float32Array),
  )
  const state = {
    ...numbered('theta', theta.map(v => ndarray(v, [v.length]))), // prettier-ignore
    ...numbered('m', vectors()),
    ...numbered('v', vectors()),
    t: ndarray(new Float32Array(1), []),
  }
  const loss = (p: tf.Tensor[], { x, y, ...rest }: Record<string, tf.Tensor>): tf.Scalar =>
    tf.mean(tf.squaredDifference(network.forward(p, x!, rest), y!))
  const step = (inputs: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const all = (name: string): tf.Tensor[] => lengths.map((_, i) => inputs[`${name}${i}`]!)
    const theta = all('theta')
    const { value, grads } = tf.valueAndGrads((...p: tf.Tensor[]) => loss(p, inputs))(unpack(theta))
    const next = adamw({ theta, m: all('m'), v: all('v'), t: inputs.t! }, pack(grads), inputs.rate!)
    const vectors = { ...numbered('theta', next.theta), ...numbered('m', next.m), ...numbered('v', next.v) }
    return { loss: value, t: next.t, ...vectors }
  }
  const signature = { x, y, ...condition }
  const inputs = { ...randomInputs(signature), rate: ndarray(Float32Array.of(1e-3), []) }
  return timed(() => compile(step, { ...signature, rate: [] }, { state, ...setting }), inputs)
}

export function forwardPass(network: Network, setting: Setting): Promise<Timed> {
  const weights = initial(network)
  const names = network.parameters.map((_, i) => `p${i}`)
  const constants = Object.fromEntries(names.map((n, i) => [n, ndarray(weights[i]!, [...network.parameters[i]!])]))
  const forward = ({ x, ...rest }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({
    y: network.forward(names.map(n => rest[n]!), x!, rest), // prettier-ignore
  })
  const signature = { x: network.x, ...network.condition }
  return timed(() => compile(forward, signature, { constants, ...setting }), randomInputs(signature))
}

/** C = A B for square matrices: the machine's peak, as far as one can ask for it. */
export function matrixProduct(n: number, setting: Setting): Promise<Timed> {
  const product = ({ a, b }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => ({ c: tf.matMul(a!, b!) })
  const inputs = { a: random([n, n], 'a'), b: random([n, n], 'b') }
  return timed(() => compile(product, { a: [n, n], b: [n, n] }, setting), inputs)
}

async function timed(open: () => Promise<Executable>, inputs: Record<string, Floats>): Promise<Timed> {
  const start = performance.now()
  const executable = await open()
  const compileMilliseconds = performance.now() - start
  const once = async (): Promise<number> => {
    const start = performance.now()
    await executable.run(inputs)
    return performance.now() - start
  }
  for (let i = 0; i < 3; i++) await once()
  return {
    compileMilliseconds,
    async milliseconds(repeats) {
      const all: number[] = []
      for (let i = 0; i < repeats; i++) all.push(await once())
      return all
    },
    dispose: () => executable.dispose(),
  }
}
