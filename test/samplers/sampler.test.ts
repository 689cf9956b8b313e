/** The loop: chunks, resuming, stopping, starts and ends. Values are compared byte for byte. */
import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { array } from '../../src/io/array.js'
import { key, normal } from '../../src/random.js'
import { defineStep, openSampler, sample, steps, timeGrids, type Samples } from '../../src/samplers/index.js'
import { reverseFamily } from '../../src/pde/reverse.js'
import { densityDenoisers, mixtureDenoiser } from '../../src/scores/exact/index.js'
import { smaller } from '../../src/samplers/chunk.js'
import { levelsBetween, processes } from './processes.js'

const process = processes[1]!.process
const levels = levelsBetween(20, 0.05, 12)
const denoise = mixtureDenoiser([
  { weight: 0.4, mean: [-1, 0.5], covariance: [[0.3, 0.1], [0.1, 0.2]] }, // prettier-ignore
  { weight: 0.3, mean: [1, -1], covariance: 0.05 },
  { weight: 0.3, mean: [1, 1], covariance: [0.02, 0.1] },
])
const all = steps.list().map(({ name }) => ({ name, step: steps.create(name) }))
const bytes = ({ x }: Samples): Buffer => Buffer.from(x.data.buffer, x.data.byteOffset, x.data.byteLength)

describe.each(all)('$name', ({ step }) => {
  const run = (n: number, chunk?: number): Promise<Samples> =>
    sample({ denoise, shape: [2], step, process, levels, n, seed: 3, ...(chunk === undefined ? {} : { chunk }) })

  it('gives the same bytes whatever the chunk, and for fewer samples', async () => {
    const whole = await run(300)
    expect(whole.x.shape).toEqual([300, 2])
    for (const chunk of [16, 48, 64, 256])
      expect(bytes(await run(300, chunk)).equals(bytes(whole)), `chunk ${chunk}`).toBe(true)
    expect(bytes(await run(7)).equals(bytes(whole).subarray(0, 7 * 8))).toBe(true)
  })

  it('gives any part of a longer run, byte for byte', async () => {
    const whole = await run(112)
    const part = await sample({ denoise, shape: [2], step, process, levels, n: 64, seed: 3, first: 48 })
    expect(bytes(part).equals(bytes(whole).subarray(48 * 8))).toBe(true)
  })

  it('goes on to the same bytes from wherever it was stopped', async () => {
    const sampler = openSampler({ denoise, shape: [2], step, chunk: 32 })
    const request = { process, levels, n: 80, seed: 3 }
    const whole = await sampler.sample(request)
    let calls = 0
    await sampler.sample({ ...request, progress: () => calls++ })
    for (const stop of [1, Math.floor(calls / 2), calls - 1]) {
      const controller = new AbortController()
      let made = 0
      const part = await sampler.sample({
        ...request,
        signal: controller.signal,
        progress: () => ++made === stop && controller.abort(),
      })
      expect(part.stopped).toBe('aborted')
      const done = part.x.shape[0]!
      expect(done).toBeLessThan(80)
      expect(bytes(part).equals(bytes(whole).subarray(0, done * 8))).toBe(true)
      const rest = await sampler.sample({ ...request, resume: part.checkpoint! })
      expect(bytes(rest).equals(bytes(whole)), `stopped after ${stop} calls`).toBe(true)
    }
    await sampler.dispose()
  })
})

const heun = steps.create('heun')

it('another seed gives other samples; the same one in another run the same', async () => {
  const run = (seed: number): Promise<Samples> =>
    sample({ denoise, shape: [2], step: heun, process, levels, n: 20, seed })
  const [a, b, c] = [await run(1), await run(1), await run(2)]
  expect(bytes(a).equals(bytes(b))).toBe(true)
  expect(bytes(a).equals(bytes(c))).toBe(false)
})

it('starts from N(m xbar, m^2 C + s^2 I), low-rank part included, for a path whose s is not 1', async () => {
  const path = processes[2]!.process
  const n = 40_000
  const data = { mean: [3, -1], variance: [4, 0.25], factor: array(Float64Array.of(10, 20), [2, 1]) }
  const { trajectory } = await sample({
    denoise,
    shape: [2],
    step: heun,
    process: path,
    levels: [20, 10],
    n,
    data,
    trajectory: true,
    finish: 'rescale',
    precision: 'float64', // prettier-ignore
  })
  const at = (i: number, j: number): number => trajectory!.get(0, i, j)
  const mean = [0, 1].map(j => Array.from({ length: n }, (_, i) => at(i, j)).reduce((a, b) => a + b) / n)
  const C = (a: number, b: number): number =>
    Array.from({ length: n }, (_, i) => (at(i, a) - mean[a]!) * (at(i, b) - mean[b]!)).reduce((x, y) => x + y) / n
  // x~ = z/m has covariance C + sigma^2 I. Tolerances: 5 standard errors.
  const wanted = [[4 + 100 + 400, 200], [200, 0.25 + 400 + 400]] // prettier-ignore
  for (const j of [0, 1]) expect(Math.abs(mean[j]! - data.mean[j]!)).toBeLessThan(5 * Math.sqrt(wanted[j]![j]! / n))
  for (const [a, b] of [
    [0, 0],
    [0, 1],
    [1, 1],
  ] as const)
    // prettier-ignore
    expect(Math.abs(C(a, b) - wanted[a]![b]!)).toBeLessThan(
      5 * Math.sqrt((wanted[a]![a]! * wanted[b]![b]! + wanted[a]![b]! ** 2) / n),
    )
})

it('ends with E[x0 | x~] at the last level, or with z/m', async () => {
  const request = { denoise, shape: [2], step: heun, process, levels, n: 16, precision: 'float64' } as const
  const [end, plain] = [await sample(request), await sample({ ...request, finish: 'rescale' })]
  expect(end.calls).toBe(2 * 12 + 1)
  expect(plain.calls).toBe(2 * 12)
  const D = tf.tidy(() => denoise(tf.tensor(Array.from(plain.x.data), [16, 2]), tf.fill([16], 0.05)).dataSync())
  end.x.data.forEach((v, i) => expect(Math.abs(v - D[i]!)).toBeLessThan(1e-5)) // D in float32
})

it('passes one condition to all samples, or one to each', async () => {
  const step = steps.create('dpm-solver++2m')
  const y = Float64Array.from({ length: 40 }, (_, i) => (i % 4) - 1.5)
  const sampler = openSampler({ denoise: densityDenoisers.tanh!, shape: [1], step, chunk: 16 })
  const each = await sampler.sample({ process, levels, n: 40, condition: { y: array(y, [40, 1]) } })
  for (const value of [-1.5, -0.5, 0.5, 1.5]) {
    const one = await sampler.sample({
      process,
      levels,
      n: 40,
      condition: { y: array(Float64Array.of(value), [1, 1]) },
    })
    y.forEach((v, i) => v === value && expect(one.x.data[i]).toBeCloseTo(each.x.data[i] as number, 5))
  }
  await expect(
    sampler.sample({ process, levels, n: 40, condition: { y: array(y.slice(0, 3), [3, 1]) } }),
  ).rejects.toThrow(/condition 'y' is \[3, 1\]; its leading axis must be 1 \(all samples\) or 40/)
  await sampler.dispose()
})

describe('the time limit', () => {
  it('leaves the samples that are finished, and goes on to the same bytes', async () => {
    const sampler = openSampler({ denoise, shape: [2], step: heun, chunk: 16 })
    const request = { process, levels }
    await sampler.sample({ ...request, n: 16 }) // compiled
    const n = 200_000
    const part = await sampler.sample({ ...request, n, timeLimit: 0.3 })
    expect(part.stopped).toBe('time limit')
    expect(part.seconds).toBeLessThan(2) // one call is below a millisecond; the rest is a busy machine's
    const done = part.x.shape[0]!
    expect(done).toBeGreaterThan(0)
    expect(done).toBeLessThan(n)
    const whole = await sampler.sample({ ...request, n: done + 40 })
    expect(bytes(part).equals(bytes(whole).subarray(0, done * 8))).toBe(true)
    const rest = await sampler.sample({ ...request, n: done + 40, resume: part.checkpoint! })
    expect(bytes(rest).equals(bytes(whole))).toBe(true)
    await sampler.dispose()
  })

  it('acts within a chunk too, and on adaptive steps', async () => {
    for (const step of [heun, steps.create('dormand-prince', { rtol: 1e-13, atol: 1e-13 })]) {
      const slow = { process, n: 4096, levels: levelsBetween(20, 0.05, 5000) } // seconds
      const part = await sample({ ...slow, denoise, shape: [2], step, chunk: 4096, precision: 'float64', timeLimit: 0.3 }) // prettier-ignore
      expect(part.stopped).toBe('time limit')
      expect(part.x.shape).toEqual([0, 2])
    }
  })

  it('makes a chunk smaller whose calls are longer than a second', () => {
    expect(smaller(4096, 0.9)).toBe(4096)
    expect(smaller(4096, 2)).toBe(1024)
    expect(smaller(16, 30)).toBe(16)
  })
})

it('keeps the trajectory where asked for', async () => {
  const request = { denoise, shape: [2], step: heun, process, levels, n: 40 } as const
  const { x, trajectory } = await sample({ ...request, chunk: 16, trajectory: true, finish: 'rescale' })
  expect(trajectory!.shape).toEqual([13, 40, 2])
  expect(trajectory!.data.slice(12 * 80)).toEqual(x.data)
  const spread = (k: number): number => {
    const values = Array.from(trajectory!.data.subarray(k * 80, k * 80 + 80))
    return Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / 80)
  }
  expect(spread(0) / 20).toBeGreaterThan(0.7) // 80 normal numbers: within 0.3 with probability 1 - 1e-4
  expect(spread(12)).toBeLessThan(2)
})

describe('extension and refusals', () => {
  it('a step registered from outside runs like the others', async () => {
    steps.register({
      name: 'test-euler',
      description: 'the denoiser-frozen step without noise',
      parameters: {},
      create: () =>
        defineStep({
          name: 'test-euler',
          order: 1,
          calls: 1,
          coefficients: ({ reverse, from, to }) => ({
            ...reverseFamily(reverse.process, 0).denoiserFrozen(from.sigma, to.sigma),
          }),
          advance: ({ z, from, c, denoise }) => [tf.add(tf.mul(c.z, z), tf.mul(c.denoised, denoise(z, from)))],
        }),
    })
    const run = (name: string): Promise<Samples> =>
      sample({ denoise, shape: [2], step: steps.create(name), process, levels, n: 16, alpha: 0, precision: 'float64' })
    const [mine, theirs] = [await run('test-euler'), await run('exponential')]
    mine.x.data.forEach((v, i) => expect(Math.abs(v - theirs.x.data[i]!)).toBeLessThan(1e-13))
  })

  const request = { denoise, shape: [2], step: heun, process, levels, n: 16 }
  it.each([
    [{ n: 0 }, /n = 0; wants an integer >= 1/],
    [{ levels: [1] }, /two levels or more/],
    [{ levels: [1, 2] }, /level 1 is 2, after 1/],
    [{ levels: [1, 0] }, /stay above 0/],
    [{ alpha: 1 }, /step 'heun' solves the probability-flow ODE: alpha = 1/],
    [{ chunk: 0.5 }, /a chunk of 0.5 samples/],
    [{ data: { mean: [1] } }, /the mean has 1 numbers; a sample has 2 elements/],
    [{ data: { variance: -1 } }, /variance -1/],
    [{ step: steps.create('exponential'), alpha: -1 }, /alpha = -1/],
    [{ denoise: (x: tf.Tensor) => tf.mul(x, NaN) }, /a sample became NaN/],
  ])('refuses %j', async (wrong, message) => {
    await expect(sample({ ...request, ...wrong })).rejects.toThrow(message)
  })

  it('refuses a checkpoint of another request', async () => {
    const controller = new AbortController()
    controller.abort()
    const { checkpoint } = await sample({ ...request, signal: controller.signal })
    await expect(sample({ ...request, seed: 5, resume: checkpoint! })).rejects.toThrow(/belongs to another request/)
  })

  it('time grids end where they say', () => {
    const { schedule } = process
    for (const { name } of timeGrids.list()) {
      const grid = timeGrids.create(name)(schedule, 20)
      expect([grid.length, grid[0], grid[20]]).toEqual([21, 20, 0.01])
      grid.slice(1).forEach((sigma, i) => expect(sigma).toBeLessThan(grid[i]!))
    }
    expect(() => timeGrids.create('karras')(schedule, 0)).toThrow(/0 steps/)
  })
})

it('noise is keyed by sample: the stream that a chunk reads begins at its first sample', () => {
  const k = key(3, 'sampler', 'noise', 5, 0)
  const [whole, part] = [normal(k, new Float32Array(64)), normal(k, new Float32Array(32), 32)]
  expect(part).toEqual(whole.slice(32))
})
