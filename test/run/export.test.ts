/** Exported models in other runtimes: the same denoiser and, from the same noise, the same samples. */
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as tf from '@tensorflow/tfjs'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { denoiserOfModel, loadPosterior, type Observation, type Posterior } from '../../src/posterior.js'
import { derive, key, normal } from '../../src/random.js'
import { caseOf } from '../../src/run/case.js'
import { exportModel } from '../../src/run/export.js'
import { fluxShape as shape, writeRandomModel } from './models.js'

const python = process.env.PYTHON ?? 'python3'
const has = (modules: string): Promise<boolean> =>
  promisify(execFile)(python, ['-c', `import ${modules}`]).then(
    () => true,
    () => false,
  )
const [withOnnx, withSafetensors] = [await has('onnxruntime, numpy'), await has('safetensors.numpy')]

type Feeds = Record<string, { data: Float32Array | Int32Array; shape: readonly number[] }>

async function inNode(file: string, feeds: Feeds): Promise<Record<string, Float32Array>> {
  const session = await InferenceSession.create(file)
  const given = Object.entries(feeds).map(([name, { data, shape }]) => [name, new Tensor(data instanceof Int32Array ? 'int32' : 'float32', data, shape)]) // prettier-ignore
  const out = await session.run(Object.fromEntries(given) as Record<string, Tensor>)
  return Object.fromEntries(Object.entries(out).map(([name, { data }]) => [name, data as Float32Array]))
}

const script = `
import json, sys, numpy, onnxruntime
s = onnxruntime.InferenceSession(sys.argv[1], providers=['CPUExecutionProvider'])
feeds = {k: numpy.array(d, dtype=t).reshape(n) for k, t, d, n in json.load(open(sys.argv[2]))}
print(json.dumps({o.name: v.ravel().tolist() for o, v in zip(s.get_outputs(), s.run(None, feeds))}))`

async function inPython(file: string, feeds: Feeds): Promise<Record<string, Float32Array>> {
  const given = Object.entries(feeds).map(([name, { data, shape }]) => [name, data instanceof Int32Array ? 'int32' : 'float32', Array.from(data), shape]) // prettier-ignore
  await writeFile(`${file}.json`, JSON.stringify(given))
  const { stdout } = await promisify(execFile)(python, ['-c', script, file, `${file}.json`])
  const out = Object.entries(JSON.parse(stdout) as Record<string, number[]>)
  return Object.fromEntries(out.map(([name, data]) => [name, Float32Array.from(data)]))
}

/** Largest difference, relative to the largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  let [most, size] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    most = Math.max(most, Math.abs(a[i]! - b[i]!))
    size = Math.max(size, Math.abs(b[i]!))
  }
  expect(size).toBeGreaterThan(0)
  return most / size
}

let folder = ''
let posterior: Posterior
let observation: Observation
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'invdiff-export-model-'))
  await writeRandomModel(folder)
  posterior = await loadPosterior(folder)
  observation = (await caseOf(posterior, {})).observation
}, 120_000)
afterAll(async () => {
  await posterior.dispose()
  await rm(folder, { recursive: true })
})

const runtimes = [
  { name: 'ONNX Runtime in Node', run: inNode, skip: false },
  { name: 'ONNX Runtime in Python', run: inPython, skip: !withOnnx },
]
const n = 16
const steps = 6
const noise = (...path: string[]): Float32Array => normal(key(3, ...path), new Float32Array(n * shape[0]!))
const start = { data: noise('sampler', 'start'), shape: [n, ...shape] }

describe.each(runtimes)('$name', ({ run, skip }) => {
  it.skipIf(skip)('gives the same denoiser', async () => {
    const file = join(folder, 'denoiser.onnx')
    const { inputs, outputs } = await exportModel(posterior.model, file, { what: 'denoiser', batch: n })
    expect(Object.keys(inputs)).toEqual(['x', 'sigma', 'channels', 'embedding'])
    expect(outputs).toEqual(['denoised'])
    const condition = posterior.condition(observation)
    const sigma = Float32Array.from({ length: n }, (_, i) => 0.02 * 1.7 ** i)
    const { denoised } = await run(file, { x: start, sigma: { data: sigma, shape: [n] }, ...condition })
    const D = denoiserOfModel(posterior.model)
    const tensors = Object.entries(condition).map(([name, { data, shape }]) => [name, tf.tensor(data, shape)] as const)
    const own = D(tf.tensor(start.data, start.shape), tf.tensor(sigma), Object.fromEntries(tensors))
    expect(difference(denoised!, own.dataSync())).toBeLessThan(1e-5)
  })

  // Errors of single precision grow from step to step: a factor of ten for each of a few.
  it.skipIf(skip)('gives the same samples for the same noise', async () => {
    const file = join(folder, 'sampler.onnx')
    const { outputs, bytes } = await exportModel(posterior.model, file, { what: 'sampler', batch: n, steps })
    expect(outputs).toEqual(['x'])
    // Weights are written once, not once for each step.
    expect(bytes).toBeLessThan((await stat(join(folder, 'weights.safetensors'))).size + 400_000)
    const { x } = await run(file, { start, ...posterior.condition(observation) })
    const own = await posterior.sample(observation, { draws: n, steps, seed: 3 })
    expect(difference(x!, own.x.data)).toBeLessThan(1e-4)
  })
})

it('carries the surrogate that a model corrects', async () => {
  const own = join(folder, 'surrogate')
  await writeRandomModel(own, true)
  const other = await loadPosterior(own)
  const file = join(own, 'sampler.onnx')
  const { inputs } = await exportModel(other.model, file, { what: 'sampler', batch: n, steps })
  expect(Object.keys(inputs)).toEqual(expect.arrayContaining(['surrogateRotation', 'surrogateVariances']))
  const { x } = await inNode(file, { start, ...other.condition(observation) })
  const drawn = await other.sample(observation, { draws: n, steps, seed: 3 })
  await other.dispose()
  expect(difference(x!, drawn.x.data)).toBeLessThan(1e-4)
})

it('takes noise at every step where the sampler does', async () => {
  const file = join(folder, 'stochastic.onnx')
  const options = { sampler: 'exponential', alpha: 1, steps }
  const { inputs } = await exportModel(posterior.model, file, { what: 'sampler', batch: n, ...options })
  expect(inputs.noise).toEqual([steps, n, ...shape])
  const size = n * shape[0]!
  const all = new Float32Array(steps * size)
  for (let k = 0; k < steps; k++)
    normal(derive(key(3, 'sampler', 'noise'), k, 0), all.subarray(k * size, (k + 1) * size))
  const { x } = await inNode(file, { start, noise: { data: all, shape: inputs.noise! }, ...posterior.condition(observation) }) // prettier-ignore
  const own = await posterior.sample(observation, { draws: n, seed: 3, ...options })
  expect(difference(x!, own.x.data)).toBeLessThan(1e-4)
})

it('gives by single steps, and the denoiser at the end, what the whole sampler gives', async () => {
  const [stepFile, samplerFile, endFile] = ['step', 'whole', 'end'].map(name => join(folder, `${name}.onnx`)) as [string, string, string] // prettier-ignore
  const { start: factor, levels } = await exportModel(posterior.model, stepFile, { what: 'step', batch: n, steps })
  await exportModel(posterior.model, samplerFile, { what: 'sampler', batch: n, steps })
  await exportModel(posterior.model, endFile, { what: 'denoiser', batch: n })
  expect(levels).toHaveLength(steps + 1)
  const condition = posterior.condition(observation)
  let z: Float32Array = start.data.map(v => v * factor!)
  let memory: Float32Array = new Float32Array(z.length)
  for (let k = 0; k < steps; k++) {
    const state = { z: { data: z, shape: start.shape }, memory0: { data: memory, shape: start.shape } }
    const next = await inNode(stepFile, { k: { data: Int32Array.of(k), shape: [1] }, ...state, ...condition })
    z = next['z.next']!
    memory = next['memory0.next']!
  }
  // The vp path: z = m x~ with m = 1/sqrt(1 + sigma^2).
  const last = levels!.at(-1)!
  const x = { data: z.map(v => v * Math.sqrt(1 + last ** 2)), shape: start.shape }
  const sigma = { data: new Float32Array(n).fill(last), shape: [n] }
  const { denoised } = await inNode(endFile, { x, sigma, ...condition })
  const whole = await inNode(samplerFile, { start, ...condition })
  const { mean, std } = posterior.model.spec.view
  const [centre, scale] = [0, 1].map(c => condition.channels.data.subarray(c * shape[0]!, (c + 1) * shape[0]!)) as [Float32Array, Float32Array] // prettier-ignore
  const N = shape[0]!
  const physical = denoised!.map((u, i) => centre[i % N]! * std + mean + Math.max(scale[i % N]!, 0.1) * std * u)
  expect(difference(whole.x!, physical)).toBeLessThan(1e-4)
})

it('refuses a sampler that chooses its own levels, and a batch of none', async () => {
  const file = join(folder, 'none.onnx')
  const ask = (options: object): Promise<unknown> => exportModel(posterior.model, file, { what: 'sampler', ...options })
  await expect(ask({ sampler: 'dormand-prince' })).rejects.toThrow(/'dormand-prince' chooses levels/)
  await expect(ask({ batch: 0 })).rejects.toThrow(/a batch of 0/)
  await expect(readFile(file)).rejects.toThrow(/ENOENT/)
})

it.skipIf(!withSafetensors)('weights open in Python', async () => {
  const file = join(folder, 'weights.safetensors')
  const { stdout } = await promisify(execFile)(python, ['-c', `import json, sys
from safetensors.numpy import load_file
print(json.dumps({k: [list(v.shape), float(v.astype('float64').sum())] for k, v in load_file(sys.argv[1]).items()}))`, file]) // prettier-ignore
  const found = JSON.parse(stdout) as Record<string, [number[], number]>
  const { weights } = posterior.model
  expect(Object.keys(found).sort()).toEqual(Object.keys(weights).sort())
  for (const [name, { shape, data }] of Object.entries(weights)) {
    expect(found[name]![0]).toEqual(shape)
    expect(found[name]![1]).toBeCloseTo(
      data.reduce((a, b) => a + b, 0),
      6,
    )
  }
})
