import * as tf from '@tensorflow/tfjs'
import { describe, expect, it } from 'vitest'
import { compile, devices, loadEngine, probeDevice, resolveDevice, type TensorFunction } from '../../src/compile/index.js' // prettier-ignore
import { adamState, adamStep, convolutional, floats, relativeDifference } from './steps.js'

const square: TensorFunction = ({ x }) => ({ y: tf.square(x!) })

describe('devices', () => {
  it('are each tried once, and say what was found', async () => {
    const reports = await Promise.all(devices.map(probeDevice))
    for (const { device, usable, reason, milliseconds } of reports) {
      expect(reason, device).toMatch(usable ? /product in [\d.]+ ms, error/ : /./)
      expect(milliseconds !== undefined).toBe(usable)
    }
    expect(reports.find(r => r.device === 'cpu')!.usable).toBe(true)
    expect(probeDevice('cpu')).toBe(probeDevice('cpu'))
  })

  it('auto is one that can be used', async () => {
    const device = await resolveDevice('auto')
    expect((await probeDevice(device)).usable).toBe(true)
    const e = await compile(square, { x: [2] }, { device: 'auto' })
    expect((await e.run({ x: floats([2]) })).y!.data[1]).toBeCloseTo(floats([2]).data[1]! ** 2, 6)
    await e.dispose()
  })

  it('that cannot be used say why, and what to do', async () => {
    const elsewhere = process.platform === 'win32' ? 'coreml' : 'dml'
    const report = await probeDevice(elsewhere)
    expect(report.usable).toBe(false)
    expect(report.reason).toMatch(/exists on/)
    await expect(compile(square, { x: [2] }, { device: elsewhere })).rejects.toThrow(
      new RegExp(`device '${elsewhere}' cannot be used: exists on .* only.*invdiff doctor.*'cpu'`),
    )
    for (const device of ['webgpu', 'cuda'] as const) {
      const { usable, reason } = await probeDevice(device)
      if (!usable) await expect(resolveDevice(device)).rejects.toThrow(`device '${device}' cannot be used: ${reason}`)
    }
  })
})

describe('engines', () => {
  it('cpu agrees with onnx on a training step', async () => {
    const batch = { x: floats(convolutional.x, 3), y: floats(convolutional.y, 4) }
    const signature = { x: convolutional.x, y: convolutional.y }
    const results = await Promise.all(
      (['onnx', 'cpu'] as const).map(async engine => {
        const e = await compile(adamStep(convolutional), signature, { state: adamState(convolutional), engine })
        for (let i = 0; i < 3; i++) await e.run(batch)
        const state = await e.state()
        await e.dispose()
        return state
      }),
    )
    // Three steps; sums of up to 300 products in float32 (6e-8 each).
    expect(relativeDifference(results[0]!, results[1]!)).toBeLessThan(1e-5)
  })

  it('tensorflow says how it is missing, or works', async () => {
    const missing = await loadEngine('tensorflow').then(
      () => null,
      (error: unknown) => (error as Error).message,
    )
    if (missing !== null) {
      expect(missing).toMatch(/^engine 'tensorflow' is not installed \(@tensorflow\/tfjs-node-gpu: .*Use engine 'onnx'/)
      await expect(compile(square, { x: [2] }, { engine: 'tensorflow' })).rejects.toThrow(missing)
      return
    }
    const e = await compile(square, { x: [2] }, { engine: 'tensorflow' })
    expect((await e.run({ x: floats([2]) })).y!.data[1]).toBeCloseTo(floats([2]).data[1]! ** 2, 6)
  })
})
