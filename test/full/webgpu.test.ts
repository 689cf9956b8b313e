/**
 * Training on ONNX Runtime's WebGPU engine agrees with its CPU engine. Without a GPU it runs on SwiftShader, the software
 * Vulkan driver that comes with Debian's `chromium`; where that is missing too the tests are skipped, and say so.
 */
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compile, type Arrays, type Device, type DeviceReport } from '../../src/compile/index.js'
import { runProcess } from '../compile/child.js'
import { adamState, adamStep, convolutional, floats, mlp, relativeDifference, type Net } from '../compile/steps.js'

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json'

async function probe(env: Record<string, string>): Promise<DeviceReport> {
  const { stdout } = await runProcess(process.execPath, ['dist/src/compile/probe.js', 'webgpu'], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as DeviceReport
}

let report = await probe({})
if (!report.usable && existsSync(swiftShader)) {
  process.env.VK_DRIVER_FILES = swiftShader
  report = await probe({})
}
if (!report.usable)
  console.warn(`WebGPU tests are skipped: ${report.reason} (without a GPU: apt-get install chromium libvulkan1)`)

async function train(net: Net, device: Device): Promise<Arrays> {
  const step = await compile(adamStep(net), { x: net.x, y: net.y }, { state: adamState(net), device })
  const losses: number[] = []
  for (let i = 0; i < 3; i++) losses.push((await step.run({ x: floats(net.x, 7), y: floats(net.y, 8) })).loss!.data[0]!)
  const state = await step.state()
  await step.dispose()
  expect(losses[2]).toBeLessThan(losses[0]!)
  return state
}

it.skipIf(!report.usable).each([
  ['an MLP', mlp],
  ['convolutions with GroupNorm', convolutional],
])('three steps of Adam of %s agree with the CPU', async (_, net) => {
  const [actual, expected] = [await train(net, 'webgpu'), await train(net, 'cpu')]
  for (const [name, array] of Object.entries(expected))
    // The same sums in another order, through three steps; measured 5e-7.
    expect(relativeDifference({ [name]: actual[name]! }, { [name]: array }), name).toBeLessThan(1e-4)
})
