/** Runs that are stopped and go on: the weights are, byte for byte, those of a run that was not. */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile, truncate, writeFile, rm } from 'node:fs/promises'
import ndarray from 'ndarray'
import { beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors, writeSafetensors } from '../../src/io/safetensors.js'
import { key, normal } from '../../src/random.js'
import { unet } from '../../src/scores/unet.js'
import { mapSource, type BatchSource } from '../../src/training/data.js'
import { trainable } from '../../src/training/model.js'
import { NonFiniteError } from '../../src/training/non-finite.js'
import type { Progress } from '../../src/training/progress.js'
import { arraySources } from '../../src/training/sources.js'
import { train, type Trained } from '../../src/training/train.js'
import { runModule } from '../compile/child.js'
import { fileErrorOf, temporaryFolder } from '../io/helpers.js'
import { bytesOf, gaussian, smallModel } from '../training/problems.js'

const path = temporaryFolder()
const { data, heldOut } = arraySources({ x: gaussian(400) }, { seed: 2, heldOut: 0.25 })
const model = smallModel()
const options = { data, heldOut, seed: 7, steps: 60, batch: 16, evaluateEvery: 8, engine: { threads: 1 } }
const expected = (): Trained => uninterrupted
let uninterrupted: Trained

beforeAll(async () => {
  uninterrupted = await train(model, options)
})

/** The data, until a step is asked for: then `act`. */
const interrupted = (at: number, act: () => void): BatchSource =>
  mapSource(data, {}, (batch, step) => {
    if (step === at) act()
    return batch
  })

function expectSame(found: Trained): void {
  expect(bytesOf(found.weights).equals(bytesOf(expected().weights))).toBe(true)
  const rows = ({ history }: Trained): unknown[] => history.map(row => ({ ...row, seconds: 0 }))
  expect(rows(found)).toEqual(rows(expected()))
  expect(found.best).toEqual(expected().best)
  expect(found.steps).toBe(60)
}

describe('a checkpoint', () => {
  it('goes on after a stop by signal', async () => {
    const checkpoint = { file: path('abort.safetensors'), resume: true }
    const control = new AbortController()
    const stopping = interrupted(29, () => control.abort())
    const first = await train(model, { ...options, data: stopping, checkpoint, signal: control.signal })
    expect(first.stopped).toBe('aborted')
    // Batches are asked for up to three steps ahead.
    expect([26, 27, 28, 29]).toContain(first.steps)
    expectSame(await train(model, { ...options, checkpoint }))
    // Once finished, there is nothing left to do.
    expectSame(await train(model, { ...options, data: interrupted(60, () => expect.unreachable()), checkpoint }))
  })

  it('does so for a U-Net with channels, on two threads', async () => {
    const network = unet({ shape: [8, 8], channels: 1, widths: [16], groups: 4, blocks: 1 })
    const values = (shape: number[], name: string): ndarray.NdArray<Float32Array> =>
      ndarray(normal(key(1, name), new Float32Array(shape.reduce((a, b) => a * b))), shape)
    const arrays = { x: values([40, 8, 8], 'x'), channels: values([40, 1, 8, 8], 'channels') }
    const { data } = arraySources(arrays, { seed: 1, heldOut: 0 })
    const images = { data, seed: 1, steps: 8, batch: 8, engine: { threads: 2 } }
    const whole = await train(trainable(network), images)
    const checkpoint = { file: path('unet.safetensors'), resume: true }
    const control = new AbortController()
    const onProgress = ({ step }: Progress): void => {
      if (step === 3) control.abort()
    }
    const first = { ...images, checkpoint, evaluateEvery: 3, signal: control.signal, onProgress }
    expect(await train(trainable(network), first)).toMatchObject({ stopped: 'aborted', steps: 3 })
    const rest = await train(trainable(network), { ...images, evaluateEvery: 3, checkpoint })
    expect(bytesOf(rest.weights).equals(bytesOf(whole.weights))).toBe(true)
  })

  it('goes on after a failure, from the last one written', async () => {
    const checkpoint = { file: path('crash.safetensors'), resume: true, everySteps: 10 }
    const failing = interrupted(38, () => {
      throw new Error('the simulator broke')
    })
    await expect(train(model, { ...options, data: failing, checkpoint })).rejects.toThrow('the simulator broke')
    expect((await readSafetensors(checkpoint.file)).tensors.t!.data[0]).toBe(30)
    expectSame(await train(model, { ...options, checkpoint }))
  })

  it('stays when a loss is no number, and the message says so', async () => {
    const checkpoint = { file: path('nan.safetensors'), resume: true, everySteps: 10 }
    const poisoned = mapSource(data, {}, (batch, step) => {
      if (step === 25) batch.x.set(0, 0, Infinity)
      return batch
    })
    const error: unknown = await train(model, { ...options, data: poisoned, checkpoint }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(NonFiniteError)
    expect((error as NonFiniteError).message).toMatch(
      /at step 25, .*The checkpoint of step 20 stays: .*nan\.safetensors/,
    )
    expectSame(await train(model, { ...options, checkpoint }))
  })

  it('survives kills at any moment', async () => {
    const file = path('killed.safetensors')
    const child = `
      import { arraySources } from './dist/src/training/sources.js'
      import { mapSource } from './dist/src/training/data.js'
      import { trainable } from './dist/src/training/model.js'
      import { train } from './dist/src/training/train.js'
      import { mlp } from './dist/src/scores/mlp.js'
      const x = floats([400, 2])
      x.data.set(${JSON.stringify([...gaussian(400).data])})
      const { data, heldOut } = arraySources({ x }, { seed: 2, heldOut: 0.25 })
      let first
      const slow = mapSource(data, {}, async (batch, step) => {
        first ??= step
        await new Promise(resolve => setTimeout(resolve, 3))
        if (step === first + 14) console.log('ready')
        return batch
      })
      await train(trainable(mlp({ shape: [2], width: 16, blocks: 1 })), {
        data: slow, heldOut, seed: 7, steps: 60, batch: 16, evaluateEvery: 8, engine: { threads: 1 },
        checkpoint: { file: ${JSON.stringify(file)}, resume: true, everySteps: 1 },
      })`
    for (let i = 0; i < 2; i++) {
      const { signal, stderr } = await runModule(child, { signal: 'SIGKILL' })
      expect(stderr).toBe('')
      expect(signal).toBe('SIGKILL')
    }
    const at = (await readSafetensors(file)).tensors.t!.data[0] as number
    expect(at).toBeGreaterThan(15)
    expect(at).toBeLessThan(60)
    expectSame(await train(model, { ...options, checkpoint: { file, resume: true } }))
    expect((await readdir(path('.'))).filter(name => name.endsWith('.tmp'))).toEqual([])
  })

  it('keeps count of held-out losses that did not fall', async () => {
    // Trained on zeros, the network does worse and worse on anything else.
    const zeros = arraySources({ x: ndarray(new Float32Array(200), [100, 2]) }, { seed: 1, heldOut: 0 }).data
    const patient = {
      ...options,
      data: zeros,
      steps: 200,
      evaluateEvery: 4,
      patience: 6,
      rate: { peak: 1e-2, warmup: 0 },
    }
    const whole = await train(model, patient)
    expect(whole.stopped).toBe('early')
    const checkpoint = { file: path('patience.safetensors'), resume: true }
    const control = new AbortController()
    const stopping = mapSource(zeros, {}, (batch, step) => {
      if (step === whole.steps - 8) control.abort()
      return batch
    })
    const part = await train(model, { ...patient, data: stopping, checkpoint, signal: control.signal })
    expect(part.stopped).toBe('aborted')
    const { stopped, steps, best } = await train(model, { ...patient, checkpoint })
    expect({ stopped, steps, best }).toEqual({ stopped: 'early', steps: whole.steps, best: whole.best })
  })

  it('is never overwritten by a new run, and refused by another one', async () => {
    const file = path('other.safetensors')
    await train(model, { ...options, steps: 2, checkpoint: { file } })
    const before = await readFile(file)
    const again = await fileErrorOf(train(model, { ...options, steps: 2, checkpoint: { file } }))
    expect(again.message).toMatch(/expected a free name .* Pass resume: true/)
    const other = await fileErrorOf(train(model, { ...options, batch: 8, checkpoint: { file, resume: true } }))
    expect(other.message).toMatch(/\(length \{"steps":60\}; batch 8\), found length \{"steps":2\}; batch 16/)
    expect((await readFile(file)).equals(before)).toBe(true)
  })

  it('that is cut off, foreign or of another version is refused', async () => {
    const file = path('bad.safetensors')
    const resume = { ...options, steps: 2, checkpoint: { file, resume: true } }
    await train(model, resume)
    const { tensors, metadata } = await readSafetensors(file)
    const refusal = async (): Promise<string> => (await fileErrorOf(train(model, resume))).message
    await writeSafetensors(file, tensors)
    expect(await refusal()).toMatch(/expected a training checkpoint, found safetensors of another origin/)
    await writeSafetensors(file, tensors, { checkpoint: metadata.checkpoint!.replace('"version":2', '"version":9') })
    expect(await refusal()).toMatch(/expected version 2 of the format, found version 9/)
    const { 'm/stem.W': moved, ...rest } = tensors
    expect(moved).toBeDefined()
    await writeSafetensors(file, rest, metadata)
    expect(await refusal()).toMatch(/expected the tensor 'm\/stem.W' as float32 \[2, 16\], found none of that name/)
    await writeSafetensors(file, tensors, metadata)
    await truncate(file, 3000)
    expect(await refusal()).toMatch(/bad\.safetensors/)
    await writeFile(file, '')
    expect(await refusal()).toMatch(/bad\.safetensors/)
  })
})

/** Mounts 256 KiB at a folder, or says why that cannot be. */
function mountSmall(folder: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'pipe' })
    return undefined
  } catch (error) {
    return `a small file system cannot be mounted (${String(error).split('\n')[0]})`
  }
}

describe('a full disk', () => {
  it('leaves the checkpoint that was there, to go on from', async context => {
    const folder = path('small')
    await mkdir(folder)
    const reason = mountSmall(folder)
    if (reason) return context.skip(reason)
    try {
      const checkpoint = { file: `${folder}/c.safetensors`, resume: true, everySteps: 10 }
      const filling = interrupted(25, () => {
        try {
          execFileSync('dd', ['if=/dev/zero', `of=${folder}/filler`, 'bs=1k'], { stdio: 'pipe' })
        } catch {
          // dd ends when the disk is full.
        }
      })
      const error = await fileErrorOf(train(model, { ...options, data: filling, checkpoint }))
      expect(error.message).toMatch(/c\.safetensors: expected room on the disk.*that the disk is full/)
      expect((await readSafetensors(checkpoint.file)).tensors.t!.data[0]).toBe(20)
      await rm(`${folder}/filler`)
      expectSame(await train(model, { ...options, checkpoint }))
    } finally {
      execFileSync('umount', [folder])
    }
  })
})
