import { cpus } from 'node:os'
import { describe, expect, it } from 'vitest'
import { deviceRemedy } from '../../src/cli/doctor/remedies.js'
import type { Examination } from '../../src/cli/doctor/examine.js'
import { toText } from '../../src/cli/doctor/print.js'
import { devices } from '../../src/compile/index.js'
import { invoke } from './invoke.js'

describe('invdiff doctor', async () => {
  const { code, out, err } = await invoke(['doctor', '--json', '--threads', '1'])
  const found = JSON.parse(out) as Examination

  it('prints one JSON document and keeps everything else off stdout', () => {
    expect(code).toBe(0)
    expect(err).not.toContain('looks like you are running TensorFlow.js') // tfjs' advice is not ours
    expect(found.healthy).toBe(true)
    expect(found.versions.node).toBe(process.versions.node)
    for (const name of ['invdiff', '@tensorflow/tfjs', 'onnxruntime-node'])
      expect(found.versions[name]).toMatch(/^\d+\./)
    expect(found.hardware.cpu).toBe(cpus()[0]!.model.trim())
  })

  it('reports every engine and device, and why one is not there', () => {
    expect(found.engines.map(({ engine }) => engine)).toEqual(['onnx', 'tensorflow', 'cpu'])
    expect(found.devices.map(({ device }) => device)).toEqual(devices)
    for (const { usable, reason } of [...found.engines, ...found.devices])
      if (!usable) expect(reason.length).toBeGreaterThan(10)
    expect(found.engines.find(({ engine }) => engine === 'cpu')).toMatchObject({ usable: true })
    const auto = found.devices.find(({ device }) => device === found.auto)!
    expect(auto.usable).toBe(true)
  })

  it('measures a product and a convolution, on the CPU at least', () => {
    const onCpu = found.speeds.filter(({ device }) => device === 'cpu')
    expect(onCpu.map(({ work }) => work)).toEqual(['matrix product', '3x3 convolution'])
    for (const { gflops, threads, milliseconds, work } of onCpu) {
      expect(threads).toBe(1)
      // One core: more than plain JavaScript's 1 GFLOP/s, less than any core's peak (64 float32 operations a cycle, twice).
      expect(gflops).toBeGreaterThan(1)
      expect(gflops).toBeLessThan(1000)
      const flops = work === 'matrix product' ? 2 * 1024 ** 3 : 2 * 16 * 32 * 32 * 64 * 64 * 9
      expect(gflops).toBeCloseTo(flops / milliseconds / 1e6, 6)
    }
  })

  it('says the same to people', () => {
    const text = toText(found)
    for (const word of [
      'onnx',
      'tensorflow',
      ...devices,
      `auto = ${found.auto}`,
      'GFLOP/s',
      '1 of ',
      'invdiff is ready',
    ])
      expect(text).toContain(word)
    for (const { remedy } of found.devices) if (remedy !== undefined) expect(text).toContain(`-> ${remedy}`)
    expect(toText({ ...found, healthy: false })).toContain('cannot compute here')
  })

  it('fails where the device asked for cannot be used', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml'
    const outcome = await invoke(['doctor', '--device', absent, '--threads', '1'])
    expect(outcome.code).toBe(1)
    expect(outcome.err).toContain(`device '${absent}' cannot be used: exists on`)
  })
})

describe('remedies', () => {
  it('say how CUDA is turned on where it can be, and nothing where it cannot', () => {
    expect(deviceRemedy('cuda', { platform: 'linux', arch: 'x64' })).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12')
    expect(deviceRemedy('cuda', { platform: 'linux', arch: 'arm64' })).toBeUndefined()
    expect(deviceRemedy('cuda', { platform: 'darwin', arch: 'arm64' })).toBeUndefined()
    expect(deviceRemedy('webgpu', { platform: 'linux', arch: 'x64' })).toContain('libvulkan1')
    expect(deviceRemedy('dml', { platform: 'win32', arch: 'x64' })).toContain('Windows')
  })
})
